using System.Text.Json.Serialization;

namespace Toolkit.Formats.Runs;

/// <summary>
/// One value of the graph: how it is stored, or why it is not. A row of <c>tensors.parquet</c>; in JSON by the names of its
/// columns.
/// </summary>
public sealed record TensorEntry
{
    /// <summary>The <see cref="Reason"/> of a value that was measured and not stored (<c>--stats-only</c>).</summary>
    public const string MeasuredOnly = "statistics only";

    /// <summary>Its number, from 0; names the folder <c>activations/tensor=&lt;id&gt;</c>.</summary>
    public int Id { get; init; }

    /// <summary>The value's ONNX name, unchanged; inner values of subgraphs carry their scope in front.</summary>
    public string Name { get; init; } = string.Empty;

    /// <summary>The node that makes it; null for inputs of the graph.</summary>
    public string? Node { get; init; }

    /// <summary>That node's operator; null for inputs of the graph.</summary>
    [JsonPropertyName("op")]
    public string? Operator { get; init; }

    /// <summary>The subgraph it lives in; empty at the top.</summary>
    public string Scope { get; init; } = string.Empty;

    /// <summary>The element type in the graph (<c>float32</c>, <c>float16</c> …).</summary>
    [JsonPropertyName("original_dtype")]
    public string OriginalType { get; init; } = string.Empty;

    /// <summary>
    /// The element type as stored: <c>float32</c>, <c>float64</c>, <c>int64</c>, <c>uint64</c>, <c>bool</c>,
    /// <c>string</c>; null where not stored.
    /// </summary>
    [JsonPropertyName("stored_dtype")]
    public string? StoredType { get; init; }

    /// <summary>The extents in the graph, symbolic ones by name: <c>batch, 128</c>; null where not known.</summary>
    public string? Dims { get; init; }

    /// <summary>What one set of rows belongs to.</summary>
    public RowGranularity Granularity { get; init; }

    /// <summary>
    /// The extents of one sample's value in stored order, the feature axis last: [channels] for a vector; null where
    /// samples differ (their shapes stand in the column <c>shape</c>).
    /// </summary>
    public IReadOnlyList<long>? SampleShape { get; init; }

    /// <summary>
    /// The axis in the graph whose elements are channels, and make one list where the value is stored by rows; null for
    /// scalars and values with one number per sample.
    /// </summary>
    public int? FeatureAxis { get; init; }

    /// <summary>The axis in the graph that counts samples; null where there is none.</summary>
    public int? BatchAxis { get; init; }

    /// <summary>
    /// How the values are encoded; null where not stored or not yet known, <c>mixed</c> where shards differ.
    /// </summary>
    public string? Encoding { get; init; }

    /// <summary>Rows stored.</summary>
    public long Rows { get; init; }

    /// <summary>Bytes stored.</summary>
    public long Bytes { get; init; }

    /// <summary>
    /// The largest absolute difference between runs of the same inputs (<c>--repeat</c>); null where that was not
    /// measured.
    /// </summary>
    public double? LargestNoise { get; init; }

    /// <summary>
    /// The norm of the difference between runs of the same inputs by the norm of the value; null where that was not
    /// measured.
    /// </summary>
    public double? RelativeNoise { get; init; }

    /// <summary>
    /// Why the value was not stored, or stored differently than it looks; null where there is nothing to say.
    /// </summary>
    public string? Reason { get; init; }

    /// <summary>True where the run directory holds values of it.</summary>
    public bool IsStored => StoredType is not null && Rows > 0;

    /// <summary>The length of the lists: channels; null where they differ.</summary>
    public int? Channels => SampleShape is null ? null : SampleShape.Count == 0 ? 1 : checked((int)SampleShape[^1]);

    /// <summary>Rows of one sample; null where they differ.</summary>
    public long? RowsPerSample => SampleShape?.SkipLast(1).Aggregate(1L, (a, b) => checked(a * b));
}

/// <summary>What one set of rows of a tensor belongs to.</summary>
public enum RowGranularity
{
    /// <summary>One sample.</summary>
    Sample,

    /// <summary>
    /// One batch, because the value has no axis that counts samples; <c>sample_id</c> is the batch's first.
    /// </summary>
    Batch,

    /// <summary>The whole run, because no input reaches the value; <c>sample_id</c> is 0.</summary>
    Constant,
}
