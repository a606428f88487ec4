namespace Toolkit.Formats.Tests.Checkpoints;

/// <summary>The small files of the folder Fixtures.</summary>
internal static class Fixture
{
    public static string Path(string file) =>
        System.IO.Path.Combine(
            SharedData.RepositoryRoot, "tests", "Toolkit.Formats.Tests", "Checkpoints", "Fixtures", file);
}
