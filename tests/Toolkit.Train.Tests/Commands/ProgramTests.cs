using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;
using Toolkit.CommandLine;

namespace Toolkit.Train.Tests.Commands;

/// <summary>The program itself, as scripts call it: exit codes, what goes where, signals.</summary>
public sealed class ProgramTests
{
    private const int Interrupt = 2;
    private const int Kill = 9;

    [Fact]
    public void Run_prints_one_JSON_document_and_ends_with_0()
    {
        using var folder = new TemporaryFolder();
        var (exit, output, _) = Start(
            "run", Config(folder, epochs: 30), "--out", folder["run"], "--seed", "5", "--json");

        exit.ShouldBe(ExitCode.Done);
        using var json = JsonDocument.Parse(output);
        json.RootElement.GetProperty("steps_per_second").GetDouble().ShouldBePositive();
        json.RootElement.GetProperty("seed").GetInt64().ShouldBe(5);
        json.RootElement.GetProperty("export_max_abs_difference").GetDouble().ShouldBeLessThan(1e-3);
        File.Exists(json.RootElement.GetProperty("onnx").GetString()).ShouldBeTrue();
        File.ReadAllText(folder["run", "config.json"]).ShouldContain("\"seed\": 5");
    }

    [Fact]
    public void Bad_input_and_wrong_usage_have_their_own_exit_codes_and_one_sentence()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["bad.json"], """{"model": "OneLayerMLP", "colour": "blue"}""");
        var (exit, output, error) = Start("run", folder["bad.json"], "--out", folder["run"]);
        exit.ShouldBe(ExitCode.BadInput);
        output.ShouldBeEmpty();
        error.ShouldContain("unknown field 'colour'");
        Directory.Exists(folder["run"]).ShouldBeFalse();

        Start("run", folder["absent.json"]).Exit.ShouldBe(ExitCode.BadInput);
        Start("run").Exit.ShouldBe(ExitCode.WrongUsage);
        Start("run", folder["bad.json"], "--threads", "0").Exit.ShouldBe(ExitCode.WrongUsage);
        Start("--version").Exit.ShouldBe(ExitCode.Done);
    }

    [Theory]
    [InlineData(Interrupt)]
    [InlineData(Kill)]
    public void A_run_that_gets_a_signal_goes_on_to_the_checkpoint_of_the_whole_run(int signal)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Signals are sent by the C library of Linux.");
        using var folder = new TemporaryFolder();
        var config = Config(folder, epochs: 3000);
        using (var process = Launch("run", config, "--out", folder["parts"]))
        {
            // The first line of progress: training has begun.
            process.StandardError.ReadLine().ShouldNotBeNull().ShouldStartWith("epoch 0/3,000");
            SendSignal(process.Id, signal).ShouldBe(0);
            process.StandardError.ReadToEnd();
            process.WaitForExit();
            if (signal == Interrupt && process.ExitCode != ExitCode.Done)
            {
                process.ExitCode.ShouldBe(ExitCode.Cancelled);
                File.ReadAllText(folder["parts", "training.json"]).ShouldContain("cancelled");
            }
        }

        Start("run", config, "--out", folder["parts"], "--resume").Exit.ShouldBe(ExitCode.Done);
        Start("run", config, "--out", folder["whole"]).Exit.ShouldBe(ExitCode.Done);
        File.ReadAllBytes(folder["parts", "checkpoints", "epoch_3000.safetensors"])
            .ShouldBe(File.ReadAllBytes(folder["whole", "checkpoints", "epoch_3000.safetensors"]));
    }

    [Fact]
    public void A_full_disk_ends_with_3_and_nothing_half_written()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["small"]);
        Assert.SkipUnless(
            OperatingSystem.IsLinux()
                && Quietly("mount", "-t", "tmpfs", "-o", "size=24k", "none", folder["small"]) == 0,
            "Mounting a small file system needs Linux and its superuser.");
        try
        {
            var (exit, _, error) = Start("run", Config(folder, epochs: 200), "--out", folder["small", "run"]);
            exit.ShouldBe(ExitCode.Failed);
            error.ShouldContain("No space left on device");
            Directory.GetFiles(folder["small"], "*.tmp", SearchOption.AllDirectories).ShouldBeEmpty();
        }
        finally
        {
            Quietly("umount", folder["small"]).ShouldBe(0);
        }
    }

    private static string Config(TemporaryFolder folder, int epochs)
    {
        var path = folder["config.json"];
        File.WriteAllText(path, Some.Config(epochs: epochs).Text);
        return path;
    }

    private static (int Exit, string Output, string Error) Start(params string[] arguments)
    {
        using var process = Launch(arguments);
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error.GetAwaiter().GetResult());
    }

    private static Process Launch(params string[] arguments) => Process.Start(
        new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "train.dll"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;

    private static int Quietly(string file, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(
                new ProcessStartInfo(file, arguments) { RedirectStandardError = true, RedirectStandardOutput = true })!;
            process.WaitForExit();
            return process.ExitCode;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return -1;
        }
    }

    [DllImport("libc", EntryPoint = "kill")]
    private static extern int SendSignal(int process, int signal);
}
