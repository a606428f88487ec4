using System.Globalization;
using System.Security.Cryptography;

namespace Toolkit.Formats.Runs;

/// <summary>Checks that every file of a run is there and has the bytes that were written.</summary>
public static class RunVerification
{
    /// <summary>
    /// Reads every file of a run, the tables over the whole run and the model's copy among them, and compares size and
    /// SHA-256; results of analyses are not the capture's.
    /// </summary>
    /// <param name="folder">The run directory; finished, or not.</param>
    /// <param name="progress">Is told of every file, with how far it is; may be null.</param>
    /// <param name="cancellation">Stops between two files.</param>
    /// <returns>What was found.</returns>
    /// <exception cref="BadInputException">The folder holds no run.</exception>
    public static RunCheck Verify(
        string folder, IProgress<string>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        var plan = RunReader.ReadPlan(folder);
        var faults = new List<string>();
        var (files, bytes) = (0, 0L);
        var shards = RunMerge.ReadShards(folder, faults);
        var manifestPath = RunPaths.Full(folder, RunPaths.Manifest);
        var manifest = File.Exists(manifestPath) ? RunJson.Read<RunManifest>(manifestPath) : null;
        if (manifest is not null)
        {
            if (RunJson.Text(manifest.Plan) != RunJson.Text(plan))
            {
                faults.Add($"{manifestPath}: the manifest and plan.json disagree.");
            }

            // What a reader goes by, in the form in which a shard is recorded.
            if (!manifest.Shards.Select(RunJson.Text).SequenceEqual(shards.Select(RunJson.Text)))
            {
                faults.Add($"{manifestPath}: the manifest and the records in {RunPaths.Shards}/ disagree.");
            }

            shards = manifest.Shards;
            if (shards.Sum(s => s.Segments.Sum(g => g.Samples)) is var samples && samples != plan.Samples)
            {
                faults.Add($"{manifestPath}: its segments hold {samples} of {plan.Samples} samples.");
            }
        }

        // The model is copied before the first segment begins.
        var model = plan.Model.File is { } copy && (manifest is not null || shards.Count > 0)
            ? new FileRecord(copy, null, 0, plan.Model.Bytes, plan.Model.Sha256, null)
            : null;
        List<FileRecord> all = [.. shards.Files()
            .Concat(manifest?.Tables ?? [])
            .Append(model)
            .OfType<FileRecord>()];
        var total = all.Sum(static file => (double)file.Bytes);
        foreach (var file in all)
        {
            cancellation.ThrowIfCancellationRequested();
            progress?.Report(string.Create(
                CultureInfo.InvariantCulture,
                $"{files} of {all.Count} files, {(total <= 0 ? 1 : bytes / total):P0} of the bytes; {file.Path}"));
            if (Fault(folder, file, hash: true) is { } fault)
            {
                faults.Add(fault);
            }

            files++;
            bytes += file.Bytes;
        }

        return new RunCheck(
            manifest is not null, shards.Sum(s => s.Segments.Sum(g => g.Samples)), plan.Samples, files, bytes, faults);
    }

    internal static string? Fault(string folder, FileRecord file, bool hash)
    {
        // A record is a file of the run, and so is whatever it names: never one outside the folder.
        var path = RunPaths.Full(folder, file.Path);
        if (Path.IsPathRooted(file.Path) || file.Path.Split('/').Contains(".."))
        {
            return $"{path}: the run names a file outside its folder.";
        }

        if (!File.Exists(path))
        {
            return $"{path}: the file is missing ({file.Bytes} bytes were written).";
        }

        using var stream = new FileStream(
            path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, 1 << 20);
        if (stream.Length != file.Bytes)
        {
            return $"{path}: it has {stream.Length} bytes; {file.Bytes} were written.";
        }

        return !hash || Convert.ToHexStringLower(SHA256.HashData(stream)) == file.Sha256
            ? null
            : $"{path}: its bytes are not those that were written (SHA-256 differs).";
    }
}

/// <summary>What a verification found.</summary>
/// <param name="IsComplete">True where the run has its manifest.</param>
/// <param name="FinishedSamples">Samples of all finished segments.</param>
/// <param name="Samples">Samples of the whole run.</param>
/// <param name="Files">Files that were checked.</param>
/// <param name="Bytes">Their size.</param>
/// <param name="Faults">What is wrong, one sentence each; empty where all is well.</param>
public sealed record RunCheck(
    bool IsComplete, long FinishedSamples, long Samples, int Files, long Bytes, IReadOnlyList<string> Faults);
