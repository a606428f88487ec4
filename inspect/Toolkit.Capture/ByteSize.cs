using System.Globalization;

namespace Toolkit.Capture;

/// <summary>Sizes of memory as people write them: <c>800M</c>, <c>1.5G</c>, binary units.</summary>
public static class ByteSize
{
    private const double Mebibyte = 1 << 20;
    private const double Gibibyte = 1 << 30;

    /// <summary>
    /// Reads a size: a number with K, M, G or T (KiB, MiB, GiB, TiB; <c>MB</c> and <c>MiB</c> mean the same), or plain
    /// bytes.
    /// </summary>
    /// <param name="text">The text.</param>
    /// <returns>Bytes, at least 1; null where the text is no size.</returns>
    public static long? Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var number = text.Trim().TrimEnd('B', 'b').TrimEnd('i');
        var power = number.Length == 0
            ? -1
            : "KMGT".IndexOf(char.ToUpperInvariant(number[^1]), StringComparison.Ordinal);
        number = power >= 0 ? number[..^1].TrimEnd() : number;
        if (!double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value))
        {
            return null;
        }

        var bytes = value * Math.Pow(1024, power + 1);
        return bytes is >= 1 and < long.MaxValue ? (long)bytes : null;
    }

    /// <summary>A size of many of something, as large as a number can be where it is larger.</summary>
    /// <param name="each">Bytes of one, at least 0.</param>
    /// <param name="count">How many, at least 0.</param>
    internal static long Of(long each, long count) => (long)Int128.Min((Int128)each * count, long.MaxValue);

    /// <summary>The sum of sizes, as large as a number can be where it is larger.</summary>
    /// <param name="sizes">Bytes, at least 0.</param>
    internal static long Sum(IEnumerable<long> sizes) =>
        sizes.Aggregate(0L, static (sum, size) => sum > long.MaxValue - size ? long.MaxValue : sum + size);

    /// <summary>A size in MiB or GiB, for messages.</summary>
    /// <param name="bytes">The size.</param>
    /// <returns>Such as <c>1.5 GiB</c>.</returns>
    public static string Text(long bytes) => bytes >= Gibibyte
        ? string.Create(CultureInfo.InvariantCulture, $"{bytes / Gibibyte:0.0#} GiB")
        : bytes >= 10 * Mebibyte
            ? string.Create(CultureInfo.InvariantCulture, $"{bytes / Mebibyte:0} MiB")
            : bytes >= Mebibyte / 8
                ? string.Create(CultureInfo.InvariantCulture, $"{bytes / Mebibyte:0.0#} MiB")
                : string.Create(CultureInfo.InvariantCulture, $"{bytes} bytes");

    /// <summary>A size, rounded up to whole MiB, as <see cref="Parse"/> reads it.</summary>
    /// <param name="bytes">The size.</param>
    /// <returns>Such as <c>1537M</c>.</returns>
    public static string Ceiling(long bytes) =>
        string.Create(CultureInfo.InvariantCulture, $"{Math.Ceiling(bytes / Mebibyte):0}M");
}
