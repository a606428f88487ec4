namespace Toolkit.Formats.Runs;

/// <summary>
/// Remembers what a folder held before a capture, so that one that fails before it stored anything leaves it so: the
/// next, with other options, would be refused as another capture.
/// </summary>
public sealed class NewRunFolder
{
    private static readonly string[] Names =
    [
        RunPaths.Plan, "model.onnx", RunPaths.Shards, "activations", "by-channel", "samples", "stats", "channels",
        "covariance", RunPaths.EffectsFolder, "results", "checkpoints",
    ];

    private readonly string _folder;
    private readonly bool _existed;
    private readonly string[] _new;

    /// <summary>Looks at a folder before the capture begins.</summary>
    /// <param name="folder">The run directory; may be missing.</param>
    public NewRunFolder(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        _folder = folder;
        _existed = Directory.Exists(folder);
        _new = File.Exists(RunPaths.Full(folder, RunPaths.Plan))
            ? []
            : [.. Names.Select(name => RunPaths.Full(folder, name)).Where(path => !Path.Exists(path))];
    }

    /// <summary>
    /// Deletes what a capture by one process began since, where no segment of it is finished and no other process is at
    /// it. Call it when that process has ended.
    /// </summary>
    public void DeleteUnlessStored()
    {
        if (_new.Length == 0
            || !File.Exists(RunPaths.Full(_folder, RunPaths.Plan))
            || ShardLock.IsTaken(_folder, 0)
            || (Directory.Exists(RunPaths.Full(_folder, RunPaths.Shards))
                && Directory.EnumerateFiles(RunPaths.Full(_folder, RunPaths.Shards), "*.json").Any()))
        {
            return;
        }

        foreach (var path in _new)
        {
            if (Directory.Exists(path))
            {
                Directory.Delete(path, recursive: true);
            }
            else
            {
                File.Delete(path);
            }
        }

        if (!_existed && !Directory.EnumerateFileSystemEntries(_folder).Any())
        {
            Directory.Delete(_folder);
        }
    }
}
