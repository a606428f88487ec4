namespace Toolkit.Capture.Statistics;

/// <summary>Where the channels of a row-major tensor lie: it is [rows, channels, columns].</summary>
/// <param name="Rows">Elements of all axes before that of the channels.</param>
/// <param name="Channels">Channels.</param>
/// <param name="Columns">Elements of all axes behind.</param>
public readonly record struct ChannelPlanes(long Rows, long Channels, long Columns)
{
    /// <summary>The channels along an axis.</summary>
    /// <param name="shape">The tensor's extents.</param>
    /// <param name="axis">One of its axes; null for one channel of all elements.</param>
    /// <returns>Where they lie.</returns>
    public static ChannelPlanes Along(ReadOnlySpan<long> shape, int? axis) => axis is { } channels
        ? new(Count(shape[..channels]), shape[channels], Count(shape[(channels + 1)..]))
        : new(Count(shape), 1, 1);

    private static long Count(ReadOnlySpan<long> shape)
    {
        var count = 1L;
        foreach (var extent in shape)
        {
            count *= extent;
        }

        return count;
    }
}
