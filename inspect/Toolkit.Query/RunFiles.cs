using System.Buffers;
using Toolkit.Formats;

namespace Toolkit.Query;

/// <summary>Finds the Parquet files of a run directory, never one that a link leads out of it.</summary>
/// <param name="folder">The run directory.</param>
internal sealed class RunFiles(string folder)
{
    private static readonly SearchValues<char> Pattern = SearchValues.Create("*?[]{}");
    private readonly string _folder = Path.GetFullPath(folder);

    /// <summary>The Parquet files below a folder of the run, sorted; none where there is no such folder.</summary>
    public IReadOnlyList<string> Under(string relative, bool recurse = false)
    {
        var at = Path.GetFullPath(relative, _folder);
        if (!Directory.Exists(at) || IsLink(new DirectoryInfo(at)))
        {
            return [];
        }

        var options = new EnumerationOptions
        {
            RecurseSubdirectories = recurse,
            // A link could lead anywhere: what it points at is not the run's.
            AttributesToSkip = FileAttributes.ReparsePoint | FileAttributes.Hidden,
            MatchType = MatchType.Simple,
        };
        return [.. Directory.EnumerateFiles(at, "*.parquet", options).Order(StringComparer.Ordinal)];
    }

    /// <summary>One file of the run; null where it is missing or a link.</summary>
    public string? At(string relative)
    {
        var file = new FileInfo(Path.Combine(_folder, relative));
        return file.Exists && !IsLink(file) ? file.FullName : null;
    }

    /// <summary>What DuckDB must not take for a pattern: it has no way to quote one.</summary>
    public static void RequirePlain(string path)
    {
        if (path.AsSpan().ContainsAny(Pattern))
        {
            throw new BadInputException(
                $"{path}: DuckDB takes the characters * ? [ ] {{ }} in a path for a pattern. Rename the folder, or "
                    + "reach it through a link without them.");
        }
    }

    private static bool IsLink(FileSystemInfo entry) => entry.Attributes.HasFlag(FileAttributes.ReparsePoint);
}
