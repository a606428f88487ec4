namespace Toolkit.Analysis.Charts;

/// <summary>How numbers become colours.</summary>
public sealed record ColorScale
{
    /// <summary>Diverging for signed data (zero is white), sequential for data of one sign.</summary>
    public required ColorScaleKind Kind { get; init; }

    /// <summary>
    /// The value of the first colour, or null to follow the data. Values below it take the first colour.
    /// </summary>
    public double? Minimum { get; init; }

    /// <summary>
    /// The value of the last colour, or null to follow the data. Values above it take the last colour.
    /// </summary>
    public double? Maximum { get; init; }

    /// <summary>The quantity, shown along the colour bar.</summary>
    public string Label { get; init; } = string.Empty;

    /// <summary>A diverging scale centred at zero that follows the data.</summary>
    /// <param name="label">The quantity.</param>
    /// <returns>The scale.</returns>
    public static ColorScale Diverging(string label) => new() { Kind = ColorScaleKind.Diverging, Label = label };

    /// <summary>A sequential scale that follows the data.</summary>
    /// <param name="label">The quantity.</param>
    /// <returns>The scale.</returns>
    public static ColorScale Sequential(string label) => new() { Kind = ColorScaleKind.Sequential, Label = label };

    /// <summary>
    /// The range of values that the colours span. Diverging: symmetric about zero, ±max|v|; sequential: least to
    /// greatest. NaN and infinities are ignored; without any finite value it is −1…1 or 0…1; a range of one value is
    /// widened.
    /// </summary>
    /// <param name="data">Everything that shares the scale.</param>
    /// <returns>Minimum &lt; maximum, both finite.</returns>
    public (double Minimum, double Maximum) Range(params IEnumerable<ReadOnlyMemory<float>> data)
    {
        ArgumentNullException.ThrowIfNull(data);
        double low = double.PositiveInfinity, high = double.NegativeInfinity;
        foreach (var part in data)
        {
            foreach (var value in part.Span)
            {
                if (float.IsFinite(value))
                {
                    low = Math.Min(low, value);
                    high = Math.Max(high, value);
                }
            }
        }

        return Range(low, high);
    }

    /// <summary>The range of values that the colours span, from the data's own extremes.</summary>
    /// <param name="low">The least finite value; greater than <paramref name="high"/> where there is none.</param>
    /// <param name="high">The greatest finite value.</param>
    /// <returns>Minimum &lt; maximum, both finite.</returns>
    public (double Minimum, double Maximum) Range(double low, double high)
    {
        if (Kind == ColorScaleKind.Diverging)
        {
            // Zero stays in the middle whatever is given: the larger side decides.
            var given = Math.Max(Math.Abs(Minimum ?? 0), Math.Abs(Maximum ?? 0));
            var reach = given > 0 ? given : low > high ? 1 : Math.Max(Math.Abs(low), Math.Abs(high));
            reach = reach > 0 ? reach : 1;
            return (-reach, reach);
        }

        var minimum = Minimum ?? (low > high ? Math.Min(0, Maximum ?? 0) : low);
        var maximum = Maximum ?? (low > high ? Math.Max(minimum, 0) + 1 : high);
        return maximum > minimum ? (minimum, maximum) : (minimum, minimum + Math.Max(1e-12, Math.Abs(minimum) * 1e-6));
    }
}
