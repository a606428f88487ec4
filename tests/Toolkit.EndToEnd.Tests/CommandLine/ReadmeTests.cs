using System.Text.RegularExpressions;

namespace Toolkit.EndToEnd.Tests.CommandLine;

/// <summary>
/// What the README tells a newcomer to type exists: every command and every option of its code blocks.
/// </summary>
public sealed partial class ReadmeTests
{
    public static TheoryData<string> CommandLines =>
        [.. Blocks().SelectMany(block => CommandLine().Matches(block)).Select(match => match.Value.Trim())];

    [Theory]
    [MemberData(nameof(CommandLines))]
    public async Task A_command_of_the_README_exists_with_its_options(string line)
    {
        var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var help = (await Programs.RunAsync(words[0], words[1], "--help")).ShouldSucceed().Output;

        help.ShouldContain($"{words[0]} {words[1]}");
        foreach (var option in words.Where(word => word.StartsWith("--", StringComparison.Ordinal)))
        {
            help.ShouldContain(option, customMessage: line);
        }
    }

    [Fact]
    public void Files_that_the_README_names_are_there()
    {
        var missing = Link().Matches(Readme()).Select(match => match.Groups["target"].Value)
            .Where(target => !target.Contains("://", StringComparison.Ordinal))
            .Where(target => !Path.Exists(Path.Combine(SharedData.RepositoryRoot, target.Split('#')[0])));
        missing.ShouldBeEmpty();
    }

    private static string Readme() => File.ReadAllText(Path.Combine(SharedData.RepositoryRoot, "README.md"));

    private static IEnumerable<string> Blocks() =>
        Block().Matches(Readme()).Select(match => match.Groups["lines"].Value);

    [GeneratedRegex("```sh\n(?<lines>.*?)```", RegexOptions.Singleline | RegexOptions.ExplicitCapture)]
    private static partial Regex Block();

    [GeneratedRegex("^(train|inspect) [a-z].*$", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex CommandLine();

    [GeneratedRegex(@"\]\((?<target>[^)\s]+)\)", RegexOptions.ExplicitCapture)]
    private static partial Regex Link();
}
