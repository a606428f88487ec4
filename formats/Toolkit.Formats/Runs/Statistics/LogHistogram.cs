using System.Runtime.InteropServices;

namespace Toolkit.Formats.Runs.Statistics;

/// <summary>
/// A histogram of finite values over fixed bins, so that histograms of any two parts merge exactly: a bin is sign,
/// binary exponent and the first two bits of the fraction of the value as float32; bins are at most a quarter wide,
/// relative to the value.
/// </summary>
public sealed class LogHistogram
{
    /// <summary>How many bins there are.</summary>
    public const int Bins = 2048;

    private const int DroppedBits = 21;
    private readonly long[] _counts;

    /// <summary>Creates an empty histogram.</summary>
    public LogHistogram()
        : this(new long[Bins])
    {
    }

    private LogHistogram(long[] counts) => _counts = counts;

    /// <summary>How many values every bin counted, by ascending value.</summary>
    public ReadOnlySpan<long> Counts => _counts;

    /// <summary>Counts values; NaN and infinities are left out.</summary>
    /// <param name="values">The values.</param>
    /// <param name="step">Every <paramref name="step"/>-th value is counted.</param>
    public void Add(ReadOnlySpan<float> values, int step = 1)
    {
        var bits = MemoryMarshal.Cast<float, uint>(values);
        for (var i = 0; i < bits.Length; i += step)
        {
            var value = bits[i];
            if ((value & 0x7F800000) != 0x7F800000)
            {
                _counts[Bin(value)]++;
            }
        }
    }

    /// <summary>Counts one value as float32.</summary>
    /// <param name="value">The value; NaN and infinities are left out, values beyond float32 count as its
    /// largest.</param>
    public void Add(double value)
    {
        if (double.IsFinite(value))
        {
            var single = (float)Math.Clamp(value, -float.MaxValue, float.MaxValue);
            _counts[Bin(BitConverter.SingleToUInt32Bits(single))]++;
        }
    }

    /// <summary>The sum of two histograms.</summary>
    /// <param name="left">One.</param>
    /// <param name="right">The other.</param>
    /// <returns>A new histogram.</returns>
    public static LogHistogram Merge(LogHistogram left, LogHistogram right)
    {
        ArgumentNullException.ThrowIfNull(left);
        ArgumentNullException.ThrowIfNull(right);
        var counts = new long[Bins];
        for (var i = 0; i < Bins; i++)
        {
            counts[i] = left._counts[i] + right._counts[i];
        }

        return new LogHistogram(counts);
    }

    /// <summary>The smallest magnitude in a bin, with the bin's sign: its edge nearest to zero.</summary>
    /// <param name="bin">The bin, 0 to <see cref="Bins"/> − 1.</param>
    /// <returns>The edge.</returns>
    public static double Edge(int bin)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bin);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(bin, Bins);
        return bin >= Bins / 2
            ? BitConverter.UInt32BitsToSingle((uint)(bin - (Bins / 2)) << DroppedBits)
            : -BitConverter.UInt32BitsToSingle((uint)((Bins / 2) - 1 - bin) << DroppedBits);
    }

    /// <summary>The value below which a fraction of the counted values lies, interpolated inside its bin.</summary>
    /// <param name="fraction">0 to 1.</param>
    /// <returns>The quantile, within a quarter of its value; NaN where nothing was counted.</returns>
    public double Quantile(double fraction)
    {
        var total = _counts.Sum();
        if (total == 0)
        {
            return double.NaN;
        }

        var target = Math.Clamp(fraction, 0, 1) * total;
        var seen = 0L;
        for (var bin = 0; bin < Bins; bin++)
        {
            if (_counts[bin] > 0 && seen + _counts[bin] >= target)
            {
                var (low, high) = bin >= Bins / 2
                    ? (Edge(bin), bin + 1 < Bins ? Edge(bin + 1) : float.MaxValue)
                    : (bin == 0 ? -float.MaxValue : Edge(bin - 1), Edge(bin));
                high = double.IsFinite(high) ? high : float.MaxValue;
                low = double.IsFinite(low) ? low : -float.MaxValue;
                return low + ((high - low) * Math.Max(0, target - seen) / _counts[bin]);
            }

            seen += _counts[bin];
        }

        return double.NaN;
    }

    /// <summary>The bins that counted something, as tables store them.</summary>
    /// <returns>Bin numbers and counts.</returns>
    internal (double[] Bins, double[] Counts) ToSparse()
    {
        var bins = Enumerable.Range(0, Bins).Where(bin => _counts[bin] > 0).ToArray();
        return (Array.ConvertAll(bins, bin => (double)bin), Array.ConvertAll(bins, bin => (double)_counts[bin]));
    }

    /// <summary>The histogram of stored bins.</summary>
    internal static LogHistogram FromSparse(double[] bins, double[] counts)
    {
        var histogram = new LogHistogram();
        for (var i = 0; i < Math.Min(bins.Length, counts.Length); i++)
        {
            if (bins[i] is >= 0 and < Bins)
            {
                histogram._counts[(int)bins[i]] += (long)counts[i];
            }
        }

        return histogram;
    }

    private static int Bin(uint bits)
    {
        var magnitude = (int)((bits & 0x7FFFFFFF) >> DroppedBits);
        return (bits & 0x80000000) == 0 ? (Bins / 2) + magnitude : (Bins / 2) - 1 - magnitude;
    }
}
