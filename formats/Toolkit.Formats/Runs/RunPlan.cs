namespace Toolkit.Formats.Runs;

/// <summary>
/// What a run captures, decided before the first sample and the same for all its shards; <c>plan.json</c>. Processes
/// that write one run directory agree by this file alone.
/// </summary>
public sealed record RunPlan
{
    /// <summary>The version of the run directory that this code writes.</summary>
    public const int CurrentVersion = 1;

    private static readonly string[] InterventionOptions = ["--zero", "--set", "--mean", "--rank"];

    /// <summary>The version of the run directory's contract, <see cref="CurrentVersion"/> when written.</summary>
    public int Version { get; init; } = CurrentVersion;

    /// <summary>Program and version that captured.</summary>
    public string Tool { get; init; } = string.Empty;

    /// <summary>The model.</summary>
    public ModelReference Model { get; init; } = new(string.Empty, null, string.Empty, 0);

    /// <summary>What ran it.</summary>
    public RuntimeReference Runtime { get; init; } = new(string.Empty, string.Empty, string.Empty, string.Empty);

    /// <summary>Where the samples came from.</summary>
    public InputsReference Inputs { get; init; } = new(string.Empty, null);

    /// <summary>How many samples there are in all.</summary>
    public long Samples { get; init; }

    /// <summary>Samples of one run of the model.</summary>
    public int Batch { get; init; } = 1;

    /// <summary>
    /// Samples of one segment, a multiple of <see cref="Batch"/>: files are finished, and a resumed run goes on, by
    /// segments.
    /// </summary>
    public long SegmentSamples { get; init; }

    /// <summary>Which values are exposed: <c>as-deployed</c>, <c>unfused</c> or <c>all</c>.</summary>
    public string Mode { get; init; } = "all";

    /// <summary>What encodings are chosen for: <c>size</c> or <c>speed</c>.</summary>
    public string Encoding { get; init; } = "size";

    /// <summary>True where statistics were kept and values were not.</summary>
    public bool StatsOnly { get; init; }

    /// <summary>Rows of one row group of the files by channels; null where the run has no such files.</summary>
    public int? ChannelBlockRows { get; init; }

    /// <summary>Tensors whose channels' covariance is kept, by number; null for none.</summary>
    public IReadOnlyList<int>? Covariance { get; init; }

    /// <summary>Options of the capture that change its values, as given (<c>--zero</c>, <c>--carry</c> …).</summary>
    public IReadOnlyList<string> Options { get; init; } = [];

    /// <summary>
    /// Largest difference of the model's outputs with and without exposed values on the first samples; null where not
    /// measured.
    /// </summary>
    public double? OutputDifference { get; init; }

    /// <summary>
    /// Nodes of the plain model after the runtime's optimisation, Identity left out; null where not measured.
    /// </summary>
    public int? PlainNodes { get; init; }

    /// <summary>
    /// Nodes of the model with exposed values after the runtime's optimisation, Identity left out; null where not
    /// measured.
    /// </summary>
    public int? ExposedNodes { get; init; }

    /// <summary>One entry per value of the graph, stored or not.</summary>
    public IReadOnlyList<TensorEntry> Tensors { get; init; } = [];

    /// <summary>What was changed in the model while it ran.</summary>
    /// <returns>Those of <see cref="Options"/> that are interventions; none for the model as it is.</returns>
    public IReadOnlyList<string> Interventions() =>
        [.. Options.Where(option => InterventionOptions.Contains(option.Split(' ')[0]))];

    /// <summary>The run's number of batches.</summary>
    /// <returns>Whole and partial ones.</returns>
    public long Batches() => Batch <= 0 ? 0 : (Samples + Batch - 1) / Batch;

    /// <summary>Whether a tensor is also written by channels.</summary>
    /// <param name="tensor">One of the plan's tensors.</param>
    /// <returns>True for numbers with one shape for all samples and at least two channels, where the run has files by
    /// channels.</returns>
    public bool IsByChannel(TensorEntry tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        return ChannelBlockRows is not null
            && tensor is { Granularity: RowGranularity.Sample, Channels: > 1, StoredType: not (null or "string") };
    }

    /// <summary>Finds what is wrong with a plan that came from a file.</summary>
    /// <returns>The faults; none where it is good.</returns>
    internal IEnumerable<string> Faults()
    {
        if (Version != CurrentVersion)
        {
            yield return $"its version is {Version}, this program reads {CurrentVersion}";
            yield break;
        }

        if (Samples < 0 || Batch <= 0 || SegmentSamples <= 0 || SegmentSamples % Batch != 0)
        {
            yield return $"{Samples} samples in batches of {Batch} and segments of {SegmentSamples}";
        }

        if (ChannelBlockRows is <= 0)
        {
            yield return $"row groups of {ChannelBlockRows} rows by channels";
        }

        if (Options is null || Options.Contains(null!))
        {
            yield return "its options are not a list of texts";
        }

        foreach (var (entry, index) in Tensors.Select((entry, index) => (entry, index)))
        {
            if (entry.Id != index)
            {
                yield return $"tensor {index} has the number {entry.Id}";
                yield break;
            }
        }
    }
}

/// <summary>The model of a run.</summary>
/// <param name="Path">Where it was, as given.</param>
/// <param name="File">Its copy in the run directory; null where it was too large to copy.</param>
/// <param name="Sha256">Its hash, lower-case hexadecimal.</param>
/// <param name="Bytes">Its size.</param>
public sealed record ModelReference(string Path, string? File, string Sha256, long Bytes);

/// <summary>What ran a model.</summary>
/// <param name="Name">The runtime's name.</param>
/// <param name="Version">Its version.</param>
/// <param name="Device">cpu or cuda.</param>
/// <param name="Optimization">The level of graph optimisation.</param>
public sealed record RuntimeReference(string Name, string Version, string Device, string Optimization);

/// <summary>Where samples came from.</summary>
/// <param name="Source">As given: a file, <c>group:S5</c>, <c>random:SEED:N</c>.</param>
/// <param name="Sha256">The hash of the input values, lower-case hexadecimal; null where there is no file.</param>
public sealed record InputsReference(string Source, string? Sha256)
{
    /// <summary>The hash of the labels that ride along, lower-case hexadecimal; null where there are none.</summary>
    public string? LabelsSha256 { get; init; }
}
