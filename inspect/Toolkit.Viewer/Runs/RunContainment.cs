using System.IO.Enumeration;
using Toolkit.Formats;

namespace Toolkit.Viewer.Runs;

/// <summary>Keeps a run within its folder: a symbolic link in it must not lead the viewer to files elsewhere.</summary>
internal static class RunContainment
{
    /// <summary>Looks at every link below a folder.</summary>
    /// <exception cref="BadInputException">A link leads out of the folder, or nowhere.</exception>
    public static void Check(string folder)
    {
        var root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)) + Path.DirectorySeparatorChar;

        // Links to folders are looked at but not entered, so that one that leads back up cannot loop.
        var entries = new FileSystemEnumerable<FileSystemInfo>(
            folder,
            (ref FileSystemEntry entry) => entry.ToFileSystemInfo(),
            new EnumerationOptions
            {
                RecurseSubdirectories = true,
                AttributesToSkip = FileAttributes.None,
                IgnoreInaccessible = true,
            })
        {
            ShouldIncludePredicate = (ref FileSystemEntry entry) => entry.Attributes.HasFlag(
                FileAttributes.ReparsePoint),
            ShouldRecursePredicate = (ref FileSystemEntry entry) => !entry.Attributes.HasFlag(
                FileAttributes.ReparsePoint),
        };
        foreach (var entry in entries)
        {
            if (entry.LinkTarget is null)
            {
                continue;
            }

            var target = Final(entry);
            if (target is null || !target.StartsWith(root, StringComparison.Ordinal))
            {
                throw new BadInputException(
                    $"{folder}: '{Path.GetRelativePath(folder, entry.FullName)}' is a link to "
                        + $"'{target ?? entry.LinkTarget}', outside the run. "
                    + "The viewer shows only what lies inside a run; copy the file in place of the link.");
            }
        }
    }

    private static string? Final(FileSystemInfo entry)
    {
        try
        {
            return entry.ResolveLinkTarget(returnFinalTarget: true) is { } target
                ? Path.GetFullPath(target.FullName)
                : null;
        }
        catch (IOException)
        {
            // A chain of links that is too long, or a circle.
            return null;
        }
    }
}
