namespace Toolkit.Capture.Interventions;

/// <summary>What is done to a value before the rest of the graph reads it.</summary>
/// <param name="Value">The value's key.</param>
public abstract record Intervention(string Value)
{
    /// <summary>As the command line says it; part of what a run was.</summary>
    public abstract string Text { get; }
}

/// <summary>Replaces a value by an array, a stored run's values, or one constant for every sample.</summary>
/// <param name="Value">The value's key.</param>
/// <param name="Source">A .npy, .npz or .safetensors file, or a run directory that holds the value.</param>
public sealed record SetValue(string Value, string Source) : Intervention(Value)
{
    /// <inheritdoc/>
    public override string Text => $"--set {Value}={Source}";
}

/// <summary>Sets a value, or some of its feature channels, to zero.</summary>
/// <param name="Value">The value's key.</param>
/// <param name="Channels">Which channels; all where empty.</param>
public sealed record ZeroValue(string Value, IReadOnlyList<int> Channels) : Intervention(Value)
{
    /// <inheritdoc/>
    public override string Text => $"--zero {Value}{(Channels.Count == 0 ? "" : ":" + string.Join(',', Channels))}";
}

/// <summary>Replaces a value by its mean over the samples.</summary>
/// <param name="Value">The value's key.</param>
public sealed record MeanValue(string Value) : Intervention(Value)
{
    /// <inheritdoc/>
    public override string Text => $"--mean {Value}";
}

/// <summary>Projects the deviations of a value from its mean onto their top principal directions.</summary>
/// <param name="Value">The value's key.</param>
/// <param name="Rank">How many directions stay, at least 1.</param>
/// <param name="Run">The stored run whose values give the directions; null for the samples of this capture.</param>
public sealed record RankValue(string Value, int Rank, string? Run) : Intervention(Value)
{
    /// <inheritdoc/>
    public override string Text => $"--rank {Value}={Rank}{(Run is null ? "" : "@" + Run)}";
}
