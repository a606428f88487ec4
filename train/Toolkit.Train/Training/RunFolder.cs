using System.Globalization;
using System.Text.Json.Nodes;
using Toolkit.Formats;
using Toolkit.Formats.Checkpoints;
using Toolkit.Formats.Checkpoints.Safetensors;
using Toolkit.Formats.Tensors;
using Toolkit.Models.Configuration;

namespace Toolkit.Train.Training;

/// <summary>
/// The folder of one training run: <c>config.json</c>, <c>metrics.parquet</c>, <c>checkpoints/epoch_k.safetensors</c>,
/// <c>state.safetensors</c> (parameters, optimiser, epoch: what a resume needs), <c>training.json</c>,
/// <c>model.onnx</c>. Every file is whole or absent.
/// </summary>
/// <param name="path">The folder.</param>
internal sealed class RunFolder(string path) : IDisposable
{
    private const string LockName = ".lock";
    private const string EpochKey = "epoch";
    private const string StepsKey = "optimizer_steps";
    private const string ThreadsKey = "threads";
    private const string SecondsKey = "seconds";

    private FileStream? _lock;

    public string FullPath { get; } = Path.GetFullPath(path);

    public string Config => Path.Combine(FullPath, "config.json");

    public string Metrics => Path.Combine(FullPath, "metrics.parquet");

    public string State => Path.Combine(FullPath, "state.safetensors");

    public string Summary => Path.Combine(FullPath, "training.json");

    public string Model => Path.Combine(FullPath, "model.onnx");

    public string Checkpoint(int epoch) =>
        Path.Combine(FullPath, "checkpoints", $"epoch_{epoch.ToString(CultureInfo.InvariantCulture)}.safetensors");

    /// <summary>Takes the folder for a run, or says why not.</summary>
    /// <param name="config">The run's configuration.</param>
    /// <param name="resume">True to go on with what the folder holds.</param>
    /// <returns>Where to go on; null for a new run.</returns>
    /// <exception cref="BadInputException">The folder holds something else, another run, or a run and
    /// <paramref name="resume"/> is false.</exception>
    public SavedState? Open(ExperimentConfig config, bool resume)
    {
        if (File.Exists(FullPath))
        {
            throw new BadInputException(
                $"{path}: is a file; a folder for the run was expected. Choose another with --out.");
        }

        var entries = Directory.Exists(FullPath)
            ? Directory.EnumerateFileSystemEntries(FullPath).Select(entry => Path.GetFileName(entry)!)
                .Where(entry => entry != LockName
                    && !entry.EndsWith(AtomicFile.TemporarySuffix, StringComparison.Ordinal))
                .Order(StringComparer.Ordinal).ToList()
            : [];
        if (entries.Count > 0)
        {
            CheckIsRun(entries, config, resume);
        }

        Directory.CreateDirectory(Path.Combine(FullPath, "checkpoints"));
        TakeLock();
        DeleteUnfinishedFiles();
        var saved = File.Exists(State) ? ReadState() : null;
        if (saved is not null && saved.Epoch > config.Epochs)
        {
            throw new BadInputException(
                $"{path}: holds epoch {saved.Epoch}, more than the {config.Epochs} asked for. Ask for more with "
                    + "--epochs, or choose another folder with --out.");
        }

        AtomicFile.WriteText(Config, config.Text);
        return saved;
    }

    /// <summary>Writes everything that a resume needs.</summary>
    public void WriteState(SavedState state, MetricsLog metrics)
    {
        // Metrics first: rows behind the state's epoch are dropped on resume, missing ones would stay missing.
        metrics.Write(Metrics);
        SafetensorsWriter.Write(
            State,
            [.. state.Tensors.Select(tensor => TensorToWrite.From(tensor.Key, tensor.Value))],
            new Dictionary<string, string>(StringComparer.Ordinal)
            {
                [EpochKey] = state.Epoch.ToString(CultureInfo.InvariantCulture),
                [StepsKey] = state.OptimizerSteps.ToString(CultureInfo.InvariantCulture),
                [ThreadsKey] = state.Threads.ToString(CultureInfo.InvariantCulture),
                [SecondsKey] = state.Seconds.ToString("R", CultureInfo.InvariantCulture),
            });
    }

    /// <summary>Keeps the parameters of one epoch.</summary>
    public void WriteCheckpoint(int epoch, IReadOnlyDictionary<string, HostTensor> parameters) =>
        SafetensorsWriter.Write(
            Checkpoint(epoch),
            [.. parameters.Select(parameter => TensorToWrite.From(parameter.Key, parameter.Value))],
            new Dictionary<string, string>(StringComparer.Ordinal) { [EpochKey] = epoch.ToString(
                CultureInfo.InvariantCulture) });

    /// <summary>Lets another process take the folder.</summary>
    public void Dispose() => _lock?.Dispose();

    /// <summary>
    /// Two processes that train into one folder would mix their files. The system frees the lock of a process that was
    /// killed.
    /// </summary>
    private void TakeLock()
    {
        try
        {
            _lock = new FileStream(
                Path.Combine(FullPath, LockName),
                FileMode.OpenOrCreate,
                FileAccess.ReadWrite,
                FileShare.None,
                1,
                FileOptions.DeleteOnClose);
        }
        catch (IOException fault) when (File.Exists(Path.Combine(FullPath, LockName)))
        {
            throw new BadInputException(
                $"{path}: another process is training here. Wait for it, or choose another folder with --out.", fault);
        }
    }

    /// <summary>Removes what a killed process had begun to write.</summary>
    private void DeleteUnfinishedFiles()
    {
        foreach (var folder in new[] { FullPath, Path.Combine(FullPath, "checkpoints") })
        {
            AtomicFile.DeleteUnfinished(folder);
        }
    }

    private SavedState ReadState()
    {
        using var checkpoint = Formats.Checkpoints.Checkpoint.Open(State);
        return new SavedState(
            (int)Number(EpochKey),
            (long)Number(StepsKey),
            (int)Number(ThreadsKey),
            Number(SecondsKey),
            checkpoint.Tensors.ToDictionary(tensor => tensor.Name, checkpoint.Read, StringComparer.Ordinal));

        double Number(string key) =>
            double.TryParse(
                checkpoint.Metadata.GetValueOrDefault(key),
                NumberStyles.Float,
                CultureInfo.InvariantCulture,
                out var value)
                ? value
                : throw new BadInputException(
                    $"{State}: the metadata lacks the number '{key}'; this is no training state. Start anew with --out.");
    }

    private void CheckIsRun(List<string> entries, ExperimentConfig config, bool resume)
    {
        string[] ours =
        [
            "config.json", "metrics.parquet", "state.safetensors", "training.json", "model.onnx", "checkpoints"
        ];
        if (!entries.Contains("config.json"))
        {
            var foreign = entries.Except(ours).DefaultIfEmpty(entries[0]).Take(3);
            throw new BadInputException(
                $"{path}: holds something that is no training run ({string.Join(", ", foreign)}). Choose another "
                    + "folder with --out.");
        }

        if (!resume)
        {
            throw new BadInputException(
                $"{path}: holds a training run already. Go on with it by --resume, or choose another folder with --out.");
        }

        if (!JsonNode.DeepEquals(WithoutEpochs(File.ReadAllText(Config)), WithoutEpochs(config.Text)))
        {
            throw new BadInputException(
                $"{path}: holds a run of another configuration (config.json differs in more than num_epochs). Choose "
                    + "another folder with --out.");
        }
    }

    private JsonNode WithoutEpochs(string text)
    {
        try
        {
            var json = JsonNode.Parse(text)!.AsObject();
            json.Remove("num_epochs");
            return json;
        }
        catch (Exception fault) when (fault is System.Text.Json.JsonException
            or InvalidOperationException or NullReferenceException)
        {
            throw new BadInputException(
                $"{Config}: is not a configuration ({fault.Message}). Choose another folder with --out.", fault);
        }
    }
}
