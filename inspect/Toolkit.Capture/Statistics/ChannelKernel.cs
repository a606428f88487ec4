using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Toolkit.Formats.Runs.Statistics;

namespace Toolkit.Capture.Statistics;

/// <summary>
/// Statistics of the columns of a matrix of float32 in one pass: sums in double of the differences to the column's
/// first value, so that a large mean costs no digits.
/// </summary>
/// <remarks>
/// Per column c with pivot p = v[0, c]: mean = p + Σ(v − p)/n, M2 = Σ(v − p)² − (Σ(v − p))²/n. A column with NaN or ±∞
/// makes its sum not finite and is counted again, value by value. The order of additions depends on the shape alone, so
/// that the same values give the same bits. O(rows × channels). Source: Chan, Golub, LeVeque (1983), "shifted data".
/// </remarks>
internal sealed class ChannelKernel
{
    /// <summary>Rows that stay in the second-level cache while all their columns are visited.</summary>
    private const int BlockBytes = 128 << 10;

    /// <summary>
    /// Above this, channels are positions of something, and a table of them is larger than it is worth.
    /// </summary>
    private const int MaximumChannels = 1 << 16;

    /// <summary>About how many values of a batch the histogram counts.</summary>
    private const int HistogramValues = 1 << 18;

    private double[] _sums = [];
    private double[] _squares = [];
    private float[] _minima = [];
    private float[] _maxima = [];
    private int[] _zeros = [];

    /// <summary>Computes statistics.</summary>
    /// <param name="values">[rows, channels], row-major.</param>
    /// <param name="channels">Columns, at least 1.</param>
    /// <param name="byChannel">False where only the whole is wanted.</param>
    /// <returns>Statistics of the whole, its histogram, and of each channel.</returns>
    public TensorStatistics Compute(ReadOnlySpan<float> values, int channels, bool byChannel = true)
    {
        var step = HistogramStep(values.Length, channels);
        var histogram = new LogHistogram();
        histogram.Add(values, step);
        if (!byChannel || channels == 1 || channels > MaximumChannels)
        {
            var whole = Flat(values);
            return new TensorStatistics(whole, histogram, step, byChannel && channels == 1 ? [whole] : null);
        }

        var columns = Columns(values, channels);
        return new TensorStatistics(
            columns.Aggregate(ValueStatistics.Empty, ValueStatistics.Merge), histogram, step, columns);
    }

    /// <summary>
    /// Every how many values the histogram counts one: odd and no divisor of the row, so that no channel is left out.
    /// </summary>
    internal static int HistogramStep(int values, int channels)
    {
        var step = values / HistogramValues;
        if (step <= 1)
        {
            return 1;
        }

        step |= 1;
        while (channels > 1 && Gcd(step, channels) > 1)
        {
            step += 2;
        }

        return step;
    }

    private static int Gcd(int a, int b) => b == 0 ? a : Gcd(b, a % b);

    /// <summary>All values as one, in lanes of eight.</summary>
    private ValueStatistics Flat(ReadOnlySpan<float> values)
    {
        const int Lanes = 64;
        var body = values[..(values.Length / Lanes * Lanes)];
        var total = ValueStatistics.Empty;
        if (!body.IsEmpty)
        {
            total = Columns(body, Lanes).Aggregate(ValueStatistics.Empty, ValueStatistics.Merge);
        }

        return ValueStatistics.Merge(total, ScalarStatistics.Of(values[body.Length..], 0, 1));
    }

    /// <summary>The statistics of each column.</summary>
    internal ValueStatistics[] Columns(ReadOnlySpan<float> values, int channels)
    {
        var rows = values.Length / channels;
        var result = new ValueStatistics[channels];
        if (rows == 0)
        {
            Array.Fill(result, ValueStatistics.Empty);
            return result;
        }

        Reset(channels, values);
        var block = Math.Max(1, BlockBytes / (channels * sizeof(float)));
        for (var row = 0; row < rows; row += block)
        {
            Accumulate(
                values.Slice(row * channels, Math.Min(block, rows - row) * channels), values[..channels], channels);
        }

        for (var c = 0; c < channels; c++)
        {
            result[c] = double.IsFinite(_squares[c])
                ? new ValueStatistics(
                    rows,
                    0,
                    0,
                    0,
                    _zeros[c],
                    _minima[c],
                    _maxima[c],
                    values[c] + (_sums[c] / rows),
                    Math.Max(0, _squares[c] - (_sums[c] * _sums[c] / rows)))
                : ScalarStatistics.Of(values, c, channels);
        }

        return result;
    }

    private void Reset(int channels, ReadOnlySpan<float> first)
    {
        if (_sums.Length < channels)
        {
            _sums = new double[channels];
            _squares = new double[channels];
            _minima = new float[channels];
            _maxima = new float[channels];
            _zeros = new int[channels];
        }

        Array.Clear(_sums, 0, channels);
        Array.Clear(_squares, 0, channels);
        Array.Clear(_zeros, 0, channels);
        first[..channels].CopyTo(_minima);
        first[..channels].CopyTo(_maxima);
    }

    private void Accumulate(ReadOnlySpan<float> values, ReadOnlySpan<float> pivots, int channels)
    {
        var rows = values.Length / channels;
        ref var first = ref MemoryMarshal.GetReference(values);
        var c = 0;
        for (; c + 8 <= channels; c += 8)
        {
            var pivot = Vector256.Create(pivots.Slice(c, 8));
            var (pivotLow, pivotHigh) = Vector256.Widen(pivot);
            var (sumLow, sumHigh) = (Vector256.LoadUnsafe(ref _sums[c]), Vector256.LoadUnsafe(ref _sums[c + 4]));
            var (squareLow, squareHigh) = (
                Vector256.LoadUnsafe(ref _squares[c]), Vector256.LoadUnsafe(ref _squares[c + 4]));
            var (minimum, maximum) = (Vector256.LoadUnsafe(ref _minima[c]), Vector256.LoadUnsafe(ref _maxima[c]));
            var zeros = Vector256.LoadUnsafe(ref _zeros[c]);
            for (var row = 0; row < rows; row++)
            {
                var value = Vector256.LoadUnsafe(ref first, (nuint)((row * channels) + c));
                var (low, high) = Vector256.Widen(value);
                low -= pivotLow;
                high -= pivotHigh;
                sumLow += low;
                sumHigh += high;
                squareLow = Vector256.FusedMultiplyAdd(low, low, squareLow);
                squareHigh = Vector256.FusedMultiplyAdd(high, high, squareHigh);
                minimum = Vector256.MinNative(minimum, value);
                maximum = Vector256.MaxNative(maximum, value);
                zeros -= Vector256.Equals(value, Vector256<float>.Zero).AsInt32();
            }

            sumLow.StoreUnsafe(ref _sums[c]);
            sumHigh.StoreUnsafe(ref _sums[c + 4]);
            squareLow.StoreUnsafe(ref _squares[c]);
            squareHigh.StoreUnsafe(ref _squares[c + 4]);
            minimum.StoreUnsafe(ref _minima[c]);
            maximum.StoreUnsafe(ref _maxima[c]);
            zeros.StoreUnsafe(ref _zeros[c]);
        }

        for (; c < channels; c++)
        {
            double pivot = pivots[c];
            for (var row = 0; row < rows; row++)
            {
                var value = values[(row * channels) + c];
                var difference = value - pivot;
                _sums[c] += difference;
                _squares[c] = Math.FusedMultiplyAdd(difference, difference, _squares[c]);
                _minima[c] = value < _minima[c] ? value : _minima[c];
                _maxima[c] = value > _maxima[c] ? value : _maxima[c];
                _zeros[c] += value == 0 ? 1 : 0;
            }
        }
    }
}
