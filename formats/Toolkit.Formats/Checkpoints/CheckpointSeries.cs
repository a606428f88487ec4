using System.Globalization;

namespace Toolkit.Formats.Checkpoints;

/// <summary>The checkpoints that a training left in a folder: <c>checkpoints/epoch_k.*</c>, in order of k.</summary>
public static class CheckpointSeries
{
    /// <summary>The folder that holds them, inside a training folder or a run directory.</summary>
    public const string FolderName = "checkpoints";

    private const string Prefix = "epoch_";

    /// <summary>Finds the checkpoints; other files in the folder are passed over.</summary>
    /// <param name="folder">A training folder or a run directory.</param>
    /// <returns>Paths and epochs, ascending by epoch; empty where there are none.</returns>
    public static IReadOnlyList<(string Path, long Epoch)> Find(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        var checkpoints = Path.Combine(folder, FolderName);
        return !Directory.Exists(checkpoints)
            ? []
            : [.. Directory.GetFiles(checkpoints, $"{Prefix}*")
                .Select(path => (Path: path, Number: System.IO.Path.GetFileNameWithoutExtension(path)[Prefix.Length..]))
                .Where(file => long.TryParse(file.Number, NumberStyles.None, CultureInfo.InvariantCulture, out _))
                .Select(file => (file.Path, Epoch: long.Parse(file.Number, CultureInfo.InvariantCulture)))
                .OrderBy(file => file.Epoch)];
    }

    /// <summary>Takes some of many evenly, the first and the last among them.</summary>
    /// <param name="all">The checkpoints.</param>
    /// <param name="atMost">How many may remain, at least 1.</param>
    /// <returns>All where they are few enough.</returns>
    public static IReadOnlyList<(string Path, long Epoch)> Evenly(
        IReadOnlyList<(string Path, long Epoch)> all, int atMost)
    {
        ArgumentNullException.ThrowIfNull(all);
        ArgumentOutOfRangeException.ThrowIfLessThan(atMost, 1);
        return all.Count <= atMost
            ? all
            : [.. Enumerable.Range(0, atMost)
                .Select(i => all[(int)((long)i * (all.Count - 1) / Math.Max(1, atMost - 1))])
                .Distinct()];
    }
}
