using System.Globalization;
using System.Text;

namespace Toolkit.Charts.Ticks;

/// <summary>Numbers as a person reads them: 0.25, 14,400, 2×10⁻⁷.</summary>
internal static class NumberText
{
    private const string Superscripts = "⁰¹²³⁴⁵⁶⁷⁸⁹";

    /// <summary>A number with as many digits as its distance to its neighbours needs.</summary>
    /// <param name="value">The number.</param>
    /// <param name="step">The distance to the next number shown, greater than 0.</param>
    public static string Format(double value, double step)
    {
        var magnitude = Math.Max(Math.Abs(value), step);
        if (magnitude >= 1e6 || magnitude < 1e-3 || step < 1e-5)
        {
            return Scientific(value, Math.Max(
                0, (int)(Math.Floor(Math.Log10(Math.Max(Math.Abs(value), double.Epsilon)) + 1e-9)
                    - Math.Floor(Math.Log10(step) + 1e-9))));
        }

        var decimals = Math.Max(0, (int)-Math.Floor(Math.Log10(step) + 1e-9));
        return Minus(value.ToString($"N{decimals}", CultureInfo.InvariantCulture));
    }

    /// <summary>A number with three or four digits, for tables and colour bars' ends; or with fewer.</summary>
    public static string Short(double value, int digits = 4)
    {
        if (double.IsNaN(value))
        {
            return "NaN";
        }

        if (double.IsInfinity(value))
        {
            return value > 0 ? "∞" : "−∞";
        }

        var magnitude = Math.Abs(value);
        return magnitude == 0 ? "0"
            : magnitude is >= 1e6 or < 1e-3 ? Scientific(value, digits - 2)
            : Minus(magnitude >= Math.Pow(10, digits - 1)
            ? value.ToString("N0", CultureInfo.InvariantCulture)
            : value.ToString($"G{digits}", CultureInfo.InvariantCulture));
    }

    private static string Scientific(double value, int digits)
    {
        if (value == 0)
        {
            return "0";
        }

        var exponent = (int)Math.Floor(Math.Log10(Math.Abs(value)) + 1e-12);
        var mantissa = value / Math.Pow(10, exponent);
        if (double.IsInfinity(mantissa) || double.IsNaN(mantissa))
        {
            return Minus(value.ToString("G3", CultureInfo.InvariantCulture));
        }

        var text = Minus(mantissa.ToString($"F{Math.Min(digits, 6)}", CultureInfo.InvariantCulture));
        var power = $"10{Superscript(exponent)}";
        return text switch
        {
            "1" => power,
            "−1" => $"−{power}",
            _ => $"{text}×{power}",
        };
    }

    private static string Superscript(int exponent)
    {
        var text = new StringBuilder(exponent < 0 ? "⁻" : string.Empty);
        foreach (var digit in Math.Abs(exponent).ToString(CultureInfo.InvariantCulture))
        {
            text.Append(Superscripts[digit - '0']);
        }

        return text.ToString();
    }

    private static string Minus(string text) => text.Replace('-', '−');
}
