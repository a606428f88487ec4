namespace Toolkit.Capture.Inputs;

/// <summary>How samples are made of a source.</summary>
public sealed record InputOptions
{
    /// <summary>The source: a file, a folder of ONNX tensors, or <c>random:SEED:N</c>.</summary>
    public required string Source { get; init; }

    /// <summary>
    /// Extents of symbolic dimensions by name, or by place as <c>input.axis</c>; 1 (default) for those not given.
    /// </summary>
    public IReadOnlyDictionary<string, long> Dimensions { get; init; } = new Dictionary<string, long>(
        StringComparer.Ordinal);

    /// <summary>
    /// For random integers, the smallest and the largest, by input name; 0 to 9 (default) for those not given.
    /// </summary>
    public IReadOnlyDictionary<string, (long Low, long High)> Ranges { get; init; } =
        new Dictionary<string, (long Low, long High)>(StringComparer.Ordinal);

    /// <summary>
    /// The axis that counts samples, by input name; see <see cref="Inputs.SampleAxes"/> for those not given.
    /// </summary>
    public IReadOnlyDictionary<string, int> SampleAxes { get; init; } = new Dictionary<string, int>(
        StringComparer.Ordinal);

    /// <summary>A .parquet or .npy file with one value per sample that rides along; null (default) for none.</summary>
    public string? Labels { get; init; }

    /// <summary>Inputs that get their values elsewhere (carried state) and may be missing in the source.</summary>
    public IReadOnlySet<string> Optional { get; init; } = new HashSet<string>(StringComparer.Ordinal);

    /// <summary>
    /// Is told, in a sentence, which arrays of the source are no input, which columns of tables were not read for their
    /// type, and which extents of random samples were left open; null (default) for nobody.
    /// </summary>
    public Action<string>? Log { get; init; }
}
