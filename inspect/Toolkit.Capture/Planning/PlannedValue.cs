using System.Text.Json.Serialization;
using Toolkit.Formats;
using Toolkit.Formats.Onnx.Graphs;
using Toolkit.Formats.Tensors;
using Toolkit.Runtime;

namespace Toolkit.Capture.Planning;

/// <summary>What the plan knows about one value of the model.</summary>
public sealed record PlannedValue
{
    /// <summary>
    /// A name that no other value has: the ONNX name at the top, the scope's path and the name below.
    /// </summary>
    public required string Key { get; init; }

    /// <summary>The ONNX name, unchanged.</summary>
    public required string Name { get; init; }

    /// <summary>The path of the graph that it belongs to; empty at the top.</summary>
    public required string Scope { get; init; }

    /// <summary>How many graphs are around its own; 0 at the top.</summary>
    public required int Depth { get; init; }

    /// <summary>Its place in the order of evaluation, from 0.</summary>
    public required int Order { get; init; }

    /// <summary>The operator that computes it; empty for inputs and constants.</summary>
    public required string OpType { get; init; }

    /// <summary>The operator's domain; empty for ONNX itself.</summary>
    public required string Domain { get; init; }

    /// <summary>The node that computes it; empty for inputs and constants.</summary>
    public required string Node { get; init; }

    /// <summary>
    /// The role that the model's maker gave it (<c>hidden</c>, <c>logits</c> …); null where there is none.
    /// </summary>
    public string? Role { get; init; }

    /// <summary>What it is made of.</summary>
    public ValueKind Kind { get; init; }

    /// <summary>What a sequence or optional value holds; null for others and where not known.</summary>
    public ValueKind? ItemKind { get; init; }

    /// <summary>
    /// The element type of the tensor, or of the tensors of a sequence; <see cref="ElementType.Undefined"/> where not
    /// known.
    /// </summary>
    public ElementType Type { get; init; }

    /// <summary>
    /// The type that comes out of a run: float32 where <see cref="Type"/> must be cast first, else the same.
    /// </summary>
    public ElementType ExposedType { get; init; }

    /// <summary>The extents of the tensor, slowest first; null where not even the rank is known.</summary>
    public IReadOnlyList<Dimension>? Shape { get; init; }

    /// <summary>
    /// The extents for one sample, as far as they are known before a run; null where not even the rank is.
    /// </summary>
    public IReadOnlyList<Dimension>? SampleShape { get; init; }

    /// <summary>Bytes for one sample, as exposed; null where an extent is known only when the model runs.</summary>
    public long? BytesPerSample { get; init; }

    /// <summary>How it comes out.</summary>
    public required ExposureMethod Method { get; init; }

    /// <summary>
    /// What is done to the graph for it, in order: <c>cast to float32</c>, <c>output of both branches of 'If_0'</c> …
    /// </summary>
    public IReadOnlyList<string> Steps { get; init; } = [];

    /// <summary>Why it cannot come out; null where it can.</summary>
    public string? Reason { get; init; }

    /// <summary>True where the optimised graph no longer computes it: exposing it blocks what made it vanish.</summary>
    public bool BlocksFusion { get; init; }

    /// <summary>What exposing it blocks: the fused nodes that swallow it, as <c>FusedConv → 'y'</c>.</summary>
    public IReadOnlyList<string> Blocks { get; init; } = [];

    /// <summary>True where a run can give it.</summary>
    public bool IsExposable => Method is ExposureMethod.Output
        or ExposureMethod.AddedOutput or ExposureMethod.BranchOutput or ExposureMethod.ScanOutput
        or ExposureMethod.Observed;

    /// <summary>True where a run computes it once per iteration of a loop.</summary>
    [JsonIgnore]
    public bool IsInLoop => Method is ExposureMethod.ScanOutput or ExposureMethod.Observed;

    /// <summary>The value in the model's graph.</summary>
    [JsonIgnore]
    public required GraphValue Value { get; init; }
}
