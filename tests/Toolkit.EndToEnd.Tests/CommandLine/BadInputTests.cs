namespace Toolkit.EndToEnd.Tests.CommandLine;

/// <summary>Every command that reads a file meets the files that users really give it by mistake.</summary>
public sealed class BadInputTests
{
    public static TheoryData<string, string[]> CommandsThatReadAFile => new()
    {
        { "train", ["run", "{file}", "--out", "{out}"] },
        { "train", ["sweep", "{file}", "--out", "{out}"] },
        { "inspect", ["model", "{file}"] },
        { "inspect", ["import", "{file}", "--config", "{file}", "--out", "{out}"] },
        { "inspect", ["weights", "{file}"] },
        { "inspect", ["convert", "{file}", "{out}.npz"] },
        { "inspect", ["capture", "{file}", "--inputs", "random:1:4", "--out", "{out}"] },
        { "inspect", ["svd", "{file}"] },
        { "inspect", ["compare", "{file}", "{file}"] },
        { "inspect", ["diff", "{file}", "{file}"] },
        { "inspect", ["group", "{file}", "--config", "{file}"] },
        { "inspect", ["notebook", "{file}"] },
        { "inspect", ["report", "{file}", "--out", "{out}.html"] },
        { "inspect", ["chart", "{file}", "--spec", "training", "--out", "{out}.png"] },
        { "inspect", ["sql", "{file}", "SELECT 1"] },
        { "inspect", ["verify", "{file}"] },
        { "inspect", ["merge", "{file}"] },
        { "inspect", ["view", "{file}"] },
        { "inspect", ["universality", "{file}"] },
    };

    [Theory]
    [MemberData(nameof(CommandsThatReadAFile))]
    public async Task A_file_that_is_not_there_is_bad_input(string program, string[] command) =>
        await FailsClearly(program, command, path: "missing.bin", content: null);

    [Theory]
    [MemberData(nameof(CommandsThatReadAFile))]
    public async Task An_empty_file_is_bad_input(string program, string[] command) =>
        await FailsClearly(program, command, path: "empty.bin", content: []);

    [Theory]
    [MemberData(nameof(CommandsThatReadAFile))]
    public async Task Noise_is_bad_input(string program, string[] command)
    {
        var noise = new byte[4096];
        new Random(1).NextBytes(noise);
        await FailsClearly(program, command, path: "noise [red]'\"\n.bin", noise);
    }

    [Theory]
    [InlineData("--threads", "100000")]
    [InlineData("--threads", "-1")]
    [InlineData("--time-limit", "NaN")]
    [InlineData("--time-limit", "1e300")]
    [InlineData("--time-limit", "0")]
    [InlineData("--planning-limit", "-1")]
    [InlineData("--memory-limit", "-1")]
    [InlineData("--memory-limit", "9223372036854775807")]
    [InlineData("--sample-axis", "x")]
    [InlineData("--sample-axis", "x=first")]
    [InlineData("--batch", "99999999999")]
    [InlineData("--bach", "9")]
    [InlineData("--by-channel", "--stats-only")]
    [InlineData("--dim", "seq=-1")]
    [InlineData("--dim", "seq=8 --dim seq=9")]
    public async Task An_option_that_makes_no_sense_is_wrong_usage(string option, string value)
    {
        using var folder = new TemporaryFolder();
        var result = await Programs.RunAsync(
            "inspect",
            ["capture", "model.onnx", "--inputs", "random:1:4", "--out", folder["out"], option, .. value.Split(' ')]);
        result.ShouldFailClearly(exitCode: 1);
        result.Error.ShouldContain(option);
        result.Output.ShouldBeEmpty();
    }

    private static async Task FailsClearly(string program, string[] command, string path, byte[]? content)
    {
        using var folder = new TemporaryFolder();
        var file = folder[path];
        if (content is not null)
        {
            await File.WriteAllBytesAsync(file, content, TestContext.Current.CancellationToken);
        }

        var before = Directory.EnumerateFileSystemEntries(folder.FullPath).ToArray();
        var arguments = command.Select(part => part.Replace("{file}", file).Replace("{out}", folder["out"])).ToArray();

        var result = await Programs.RunAsync(program, arguments);

        result.ShouldFailClearly(exitCode: 2);
        Directory.EnumerateFileSystemEntries(folder.FullPath).ShouldBe(
            before, "a failed command left something behind");
    }
}
