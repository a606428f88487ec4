using Toolkit.Capture.Planning;
using Toolkit.Capture.Statistics;
using Toolkit.Formats.Runs;
using Toolkit.Formats.Runs.Activations;

namespace Toolkit.Capture.Streaming;

/// <summary>How a value that a run gives becomes rows.</summary>
/// <param name="Entry">Its row in the table of tensors.</param>
/// <param name="Output">How it comes out of the runtime.</param>
/// <param name="Stored">The type that is stored.</param>
/// <param name="BatchAxis">The axis that counts samples in what arrives; null where there is none.</param>
/// <param name="Fold">Rows of the batch axis that belong to one sample: more than 1 where batch and positions were
/// flattened into one axis.</param>
/// <param name="FeatureAxis">The axis whose elements make one list, in what arrives; null for scalars.</param>
/// <param name="Part">Which part of a map it is, where it is one.</param>
internal sealed record ValueLayout(
    TensorEntry Entry,
    ExposedOutput Output,
    StoredType Stored,
    int? BatchAxis,
    long Fold,
    int? FeatureAxis,
    MapPart Part)
{
    /// <summary>True where samples differ in shape, or some have no value at all.</summary>
    public bool IsRagged => Entry.SampleShape is null;

    /// <summary>
    /// Positions of one sample where [positions, samples] were flattened into the first axis: the other members then
    /// count axes as if they were two. Null anywhere else.
    /// </summary>
    public long? PositionsFirst { get; init; }

    /// <summary>True where the runtime hands out a list of values and not one tensor.</summary>
    public bool IsSequence { get; init; }

    /// <summary>
    /// Axes of what arrives, or of an item of the list that arrives; null where neither the first samples nor the graph
    /// tell.
    /// </summary>
    public int? Rank { get; init; }

    /// <summary>
    /// Where the channels of what arrives lie: the elements of its stored lists, one where each iteration of a loop has
    /// one number.
    /// </summary>
    /// <param name="shape">What arrives, or an item of the list that arrives.</param>
    /// <returns>The channels; null where there are none, because it is no tensor or has other axes than the
    /// first samples had.</returns>
    public ChannelPlanes? Planes(ReadOnlySpan<long> shape)
    {
        if ((IsSequence && !Output.IsList) || (Rank is { } rank && rank != shape.Length))
        {
            return null;
        }

        // Samples and positions that were flattened into one axis are two.
        var parts = PositionsFirst ?? Fold;
        if (parts > 1 && shape[0] % parts != 0)
        {
            return null;
        }

        ReadOnlySpan<long> whole = PositionsFirst is not null ? [parts, shape[0] / parts, .. shape[1..]]
            : parts > 1 ? [shape[0] / parts, parts, .. shape[1..]]
            : shape;
        var axis = FeatureAxis + (Fold > 1 ? 1 : 0) ?? whole.Length - 1;
        axis -= axis == BatchAxis ? 1 : 0;
        return ChannelPlanes.Along(whole, axis >= Output.IterationAxes ? axis : null);
    }
}

/// <summary>A part of a sequence of maps.</summary>
internal enum MapPart
{
    /// <summary>It is no map.</summary>
    None,

    /// <summary>The keys.</summary>
    Keys,

    /// <summary>The values.</summary>
    Values,
}
