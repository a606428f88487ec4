namespace Toolkit.Train.Training;

/// <summary>What a run came to: the content of <c>training.json</c> and of <c>train run --json</c>.</summary>
internal sealed record TrainingSummary
{
    /// <summary><c>finished</c> or <c>cancelled</c>.</summary>
    public required string Status { get; init; }

    public required string Name { get; init; }

    public required string Architecture { get; init; }

    public required string Group { get; init; }

    public required int Order { get; init; }

    /// <summary>Epochs done: optimiser steps.</summary>
    public required int Epochs { get; init; }

    /// <summary>The epoch this process went on from; 0 for a new run.</summary>
    public required int ResumedFrom { get; init; }

    public required int TrainPairs { get; init; }

    public required int TestPairs { get; init; }

    public required long Seed { get; init; }

    public required string Device { get; init; }

    public required int Threads { get; init; }

    /// <summary>Training time of the whole run, interruptions not counted.</summary>
    public required double Seconds { get; init; }

    /// <summary>Optimiser steps per second of this process, logging and saving included.</summary>
    public required double StepsPerSecond { get; init; }

    public required double TrainLoss { get; init; }

    public required double TestLoss { get; init; }

    public required double TrainAccuracy { get; init; }

    public required double TestAccuracy { get; init; }

    public required double SumOfSquaredWeights { get; init; }

    /// <summary>
    /// The first logged epoch from which on the test accuracy stayed at 99 % or more; null where it did not.
    /// </summary>
    public int? GeneralisedAtEpoch { get; init; }

    /// <summary>The exported model; null where the run was cancelled.</summary>
    public string? Onnx { get; init; }

    /// <summary>The largest difference of any named value between Torch and ONNX Runtime.</summary>
    public double? ExportMaxAbsDifference { get; init; }

    /// <summary>The same as a share of the value's largest magnitude; at most the tolerance.</summary>
    public double? ExportMaxRelativeDifference { get; init; }

    /// <summary>How many named values were compared.</summary>
    public int? ExportValues { get; init; }

    /// <summary>On how many pairs.</summary>
    public int? ExportPairs { get; init; }

    public required string Folder { get; init; }
}
