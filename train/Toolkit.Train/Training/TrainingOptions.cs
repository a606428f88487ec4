using Toolkit.Models.Configuration;

namespace Toolkit.Train.Training;

/// <summary>One training run.</summary>
internal sealed record TrainingOptions
{
    /// <summary>What to train.</summary>
    public required ExperimentConfig Config { get; init; }

    /// <summary>Where the run's files go.</summary>
    public required string Folder { get; init; }

    /// <summary><c>cpu</c>, <c>cuda</c>, <c>cuda:N</c> or <c>auto</c>. Default auto.</summary>
    public string Device { get; init; } = "auto";

    /// <summary>
    /// Threads of the computation; null: those of the run that is resumed, else what suits the size of the network.
    /// </summary>
    public int? Threads { get; init; }

    /// <summary>True to go on with what the folder holds. Default false.</summary>
    public bool Resume { get; init; }

    /// <summary>Time between two saves of the state. Default 10 seconds.</summary>
    public TimeSpan SaveEvery { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// The largest difference between Torch and ONNX Runtime, as a share of a value's largest magnitude. Default 1e-4.
    /// </summary>
    public double ExportTolerance { get; init; } = 1e-4;
}
