namespace Toolkit.Analysis.Charts;

/// <summary>An opaque sRGB colour.</summary>
/// <param name="R">Red, 0 to 255.</param>
/// <param name="G">Green, 0 to 255.</param>
/// <param name="B">Blue, 0 to 255.</param>
public readonly record struct ChartColor(byte R, byte G, byte B)
{
    /// <summary>The colour as CSS and SVG write it: <c>#0072b2</c>.</summary>
    public string Hex => $"#{R:x2}{G:x2}{B:x2}";

    /// <summary>Reads <c>#rrggbb</c>.</summary>
    /// <param name="hex">Seven characters.</param>
    /// <returns>The colour.</returns>
    /// <exception cref="FormatException">It is not of that form.</exception>
    public static ChartColor Parse(string hex)
    {
        ArgumentNullException.ThrowIfNull(hex);
        return hex is ['#', _, _, _, _, _, _]
            ? new(Convert.ToByte(hex[1..3], 16), Convert.ToByte(hex[3..5], 16), Convert.ToByte(hex[5..7], 16))
            : throw new FormatException($"'{hex}' is not a colour of the form #rrggbb.");
    }

    /// <summary>The colour a part of the way to another, mixed channel by channel.</summary>
    /// <param name="other">The other end.</param>
    /// <param name="part">0 for this colour, 1 for the other.</param>
    /// <returns>The mixture.</returns>
    public ChartColor Mix(ChartColor other, double part) =>
        new(Blend(R, other.R, part), Blend(G, other.G, part), Blend(B, other.B, part));

    private static byte Blend(byte from, byte to, double part) => (byte)Math.Round(from + ((to - from) * part));
}
