using System.Globalization;

namespace Toolkit.Viewer.Components;

/// <summary>Numbers as tables show them.</summary>
internal static class Numbers
{
    /// <summary>
    /// Four significant digits; from 10,000 to 10,000,000 all those before the decimal point; empty for NaN.
    /// </summary>
    public static string Short(double value) => double.IsNaN(value) ? string.Empty
        : value.ToString(Math.Abs(value) is >= 9999.5 and < 1e7 ? "N0" : "G4", CultureInfo.InvariantCulture);

    /// <summary>A share as a percentage; empty for NaN.</summary>
    public static string Percent(double share) =>
        double.IsNaN(share) ? string.Empty : (share * 100).ToString("0.##", CultureInfo.InvariantCulture) + " %";

    /// <summary>A whole number with thousands apart.</summary>
    public static string Count(long count) => count.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>A size in KiB, MiB or GiB.</summary>
    public static string Bytes(long bytes) => bytes switch
    {
        < 1024 => $"{bytes} B",
        < 1024 * 1024 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1024.0:0.#} KiB"),
        < 1024 * 1024 * 1024 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1048576.0:0.#} MiB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1073741824.0:0.##} GiB"),
    };
}
