using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Toolkit.Capture.Statistics;
using Toolkit.Formats.Runs.Statistics;
using Toolkit.Formats.Tensors;
using Toolkit.Runtime.Observation;

namespace Toolkit.Capture.Probes;

/// <summary>
/// Statistics of a tensor where it lies: [rows, channels, columns] around the feature axis, in pieces of bounded size,
/// so that nothing of the tensor's size is allocated. O(elements).
/// </summary>
internal sealed class TensorMeasure
{
    /// <summary>Elements that are converted at once.</summary>
    private const int PieceElements = 1 << 16;

    /// <summary>
    /// Above this, channels are positions of something, and a table of them is larger than it is worth.
    /// </summary>
    private const int MaximumChannels = 1 << 16;

    private readonly ChannelKernel _kernel = new();
    private float[] _singles = [];
    private double[] _doubles = [];

    /// <summary>Measures a tensor of numbers.</summary>
    /// <param name="tensor">The tensor.</param>
    /// <param name="planes">Where its channels lie; null for the whole tensor only.</param>
    /// <param name="covariance">Takes the rows of features too; null where their covariance is not wanted.</param>
    /// <returns>The statistics; of channels, too, where there are at most 65,536.</returns>
    public TensorStatistics Of(ObservedTensor tensor, ChannelPlanes? planes, CovarianceKernel? covariance = null)
    {
        if (tensor.Shape.Count == 0)
        {
            return TensorStatistics.OfNothing();
        }

        var byChannel = planes is { Channels: <= MaximumChannels };
        var (rows, channels, columns) = byChannel ? planes!.Value : new ChannelPlanes(1, 1, tensor.Shape.Count);

        // Only the step counts for the histogram; more elements than an int holds are as good as the most it holds.
        var step = ChannelKernel.HistogramStep((int)Math.Min(int.MaxValue, tensor.Shape.Count), (int)channels);
        var histogram = new LogHistogram();
        var found = new ValueStatistics[(int)channels];
        Array.Fill(found, ValueStatistics.Empty);
        if (columns == 1)
        {
            Rows(tensor, rows, (int)channels, step, histogram, found, covariance);
        }
        else
        {
            Planes(tensor, rows, (int)channels, columns, step, histogram, found);
            Gather(tensor, rows, (int)channels, columns, covariance);
        }

        return new TensorStatistics(found.Aggregate(
            ValueStatistics.Empty,
            ValueStatistics.Merge), histogram, step, byChannel ? found : null) { Covariance = covariance?.Result() };
    }

    /// <summary>Features lie side by side: [rows, channels].</summary>
    private void Rows(
        ObservedTensor tensor,
        long rows,
        int channels,
        int step,
        LogHistogram histogram,
        ValueStatistics[] found,
        CovarianceKernel? covariance)
    {
        // Pieces of float32 are not copied: the larger they are, the fewer merges.
        var size = tensor.Type == ElementType.Float32 ? 1 << 24 : PieceElements;
        var height = Math.Max(1, size / channels);
        for (var row = 0L; row < rows; row += height)
        {
            var count = (int)Math.Min(height, rows - row) * channels;
            if (Singles(tensor, row * channels, count, out var singles))
            {
                histogram.Add(singles, step);
                covariance?.Add(singles);
                var piece = _kernel.Columns(singles, channels);
                for (var c = 0; c < channels; c++)
                {
                    found[c] = ValueStatistics.Merge(found[c], piece[c]);
                }
            }
            else
            {
                var doubles = Doubles(tensor, row * channels, count);
                Count(histogram, doubles, step);
                covariance?.Add(doubles);
                for (var c = 0; c < channels; c++)
                {
                    found[c] = ValueStatistics.Merge(found[c], ScalarStatistics.Of(doubles, c, channels));
                }
            }
        }
    }

    /// <summary>Each feature is a plane of its own: [rows, channels, columns].</summary>
    private void Planes(
        ObservedTensor tensor,
        long rows,
        int channels,
        long columns,
        int step,
        LogHistogram histogram,
        ValueStatistics[] found)
    {
        for (var plane = 0L; plane < rows * channels; plane++)
        {
            ref var channel = ref found[plane % channels];
            for (var start = 0L; start < columns; start += PieceElements)
            {
                var count = (int)Math.Min(PieceElements, columns - start);
                var first = (plane * columns) + start;

                // The histogram counts every step-th element of the whole tensor, wherever pieces begin.
                var offset = (int)((step - (first % step)) % step);
                if (Singles(tensor, first, count, out var singles))
                {
                    channel = ValueStatistics.Merge(channel, Plane(singles));
                    histogram.Add(singles[Math.Min(offset, count)..], step);
                }
                else
                {
                    var doubles = Doubles(tensor, first, count);
                    channel = ValueStatistics.Merge(channel, ScalarStatistics.Of(doubles, 0, 1));
                    Count(histogram, doubles[Math.Min(offset, count)..], step);
                }
            }
        }
    }

    /// <summary>Makes rows of features out of planes, some columns at a time.</summary>
    private void Gather(ObservedTensor tensor, long rows, int channels, long columns, CovarianceKernel? covariance)
    {
        if (covariance is null)
        {
            return;
        }

        var width = (int)Math.Clamp(PieceElements / channels, 1, columns);
        var piece = new double[width * channels];
        for (var row = 0L; row < rows; row++)
        {
            for (var start = 0L; start < columns; start += width)
            {
                var count = (int)Math.Min(width, columns - start);
                for (var channel = 0; channel < channels; channel++)
                {
                    var first = (((row * channels) + channel) * columns) + start;
                    if (Singles(tensor, first, count, out var singles))
                    {
                        for (var i = 0; i < count; i++)
                        {
                            piece[(i * channels) + channel] = singles[i];
                        }
                    }
                    else
                    {
                        var doubles = Doubles(tensor, first, count);
                        for (var i = 0; i < count; i++)
                        {
                            piece[(i * channels) + channel] = doubles[i];
                        }
                    }
                }

                covariance.Add(piece.AsSpan(0, count * channels));
            }
        }
    }

    private static void Count(LogHistogram histogram, ReadOnlySpan<double> values, int step)
    {
        for (var i = 0; i < values.Length; i += step)
        {
            histogram.Add(values[i]);
        }
    }

    /// <summary>
    /// One plane: sums in double of the differences to its first value. Source: Chan, Golub, LeVeque (1983), "shifted
    /// data".
    /// </summary>
    private static ValueStatistics Plane(ReadOnlySpan<float> values)
    {
        var pivot = Vector256.Create((double)values[0]);
        var (sum, square) = (Vector256<double>.Zero, Vector256<double>.Zero);
        var (minimum, maximum) = (Vector256.Create(values[0]), Vector256.Create(values[0]));
        var zeros = Vector256<int>.Zero;
        var i = 0;
        for (; i + Vector256<float>.Count <= values.Length; i += Vector256<float>.Count)
        {
            var value = Vector256.Create(values[i..]);
            var (low, high) = Vector256.Widen(value);
            low -= pivot;
            high -= pivot;
            sum += low + high;
            square += (low * low) + (high * high);
            minimum = Vector256.MinNative(minimum, value);
            maximum = Vector256.MaxNative(maximum, value);
            zeros -= Vector256.Equals(value, Vector256<float>.Zero).AsInt32();
        }

        var (total, squares, zero) = (Vector256.Sum(sum), Vector256.Sum(square), Vector256.Sum(zeros));
        if (!double.IsFinite(squares))
        {
            return ScalarStatistics.Of(values, 0, 1);
        }

        var (lowest, highest) = (float.PositiveInfinity, float.NegativeInfinity);
        for (var lane = 0; lane < Vector256<float>.Count; lane++)
        {
            (lowest, highest) = (Math.Min(lowest, minimum[lane]), Math.Max(highest, maximum[lane]));
        }

        var body = i == 0
            ? ValueStatistics.Empty
            : new ValueStatistics(
                i, 0, 0, 0, zero, lowest, highest, values[0] + (total / i), Math.Max(0, squares - (total * total / i)));
        return ValueStatistics.Merge(body, ScalarStatistics.Of(values[i..], 0, 1));
    }

    /// <summary>
    /// Elements as float32, without a copy where they are that; false for types that float32 cannot hold.
    /// </summary>
    private bool Singles(ObservedTensor tensor, long start, int count, out ReadOnlySpan<float> values)
    {
        values = default;
        switch (tensor.Type)
        {
            case ElementType.Float32:
                values = Raw<float>(tensor, start, count);
                return true;
            case ElementType.Float16:
                TensorPrimitives.ConvertToSingle(Raw<Half>(tensor, start, count), Buffer(ref _singles, count));
                values = _singles.AsSpan(0, count);
                return true;
            case ElementType.BFloat16:
                var halves = Raw<ushort>(tensor, start, count);
                var singles = Buffer(ref _singles, count);
                for (var i = 0; i < count; i++)
                {
                    singles[i] = BitConverter.UInt32BitsToSingle((uint)halves[i] << 16);
                }

                values = singles;
                return true;
            default:
                return false;
        }
    }

    /// <summary>Some elements as bytes of float32, or of float64 where float32 cannot hold their type.</summary>
    /// <param name="tensor">A tensor of numbers.</param>
    /// <param name="start">The first element.</param>
    /// <param name="count">How many.</param>
    /// <param name="type">Float32 or Float64.</param>
    /// <returns>The bytes, until the next call.</returns>
    public ReadOnlySpan<byte> Elements(ObservedTensor tensor, long start, int count, out ElementType type)
    {
        if (Singles(tensor, start, count, out var singles))
        {
            type = ElementType.Float32;
            return MemoryMarshal.AsBytes(singles);
        }

        type = ElementType.Float64;
        return MemoryMarshal.AsBytes(Doubles(tensor, start, count));
    }

    private ReadOnlySpan<double> Doubles(ObservedTensor tensor, long start, int count)
    {
        var values = Buffer(ref _doubles, count);
        switch (tensor.Type)
        {
            case ElementType.Float64:
                return Raw<double>(tensor, start, count);
            case ElementType.Int64:
                TensorPrimitives.ConvertChecked(Raw<long>(tensor, start, count), values);
                break;
            case ElementType.UInt64:
                TensorPrimitives.ConvertChecked(Raw<ulong>(tensor, start, count), values);
                break;
            case ElementType.Int32:
                TensorPrimitives.ConvertChecked(Raw<int>(tensor, start, count), values);
                break;
            case ElementType.UInt32:
                TensorPrimitives.ConvertChecked(Raw<uint>(tensor, start, count), values);
                break;
            case ElementType.Int16:
                TensorPrimitives.ConvertChecked(Raw<short>(tensor, start, count), values);
                break;
            case ElementType.UInt16:
                TensorPrimitives.ConvertChecked(Raw<ushort>(tensor, start, count), values);
                break;
            case ElementType.Int8:
                TensorPrimitives.ConvertChecked(Raw<sbyte>(tensor, start, count), values);
                break;
            case ElementType.UInt8 or ElementType.Boolean:
                TensorPrimitives.ConvertChecked(Raw<byte>(tensor, start, count), values);
                break;
            default:
                throw new NotSupportedException($"{tensor.Type.DisplayName()} cannot be measured.");
        }

        return values;
    }

    private static Span<T> Buffer<T>(ref T[] buffer, int count)
    {
        if (buffer.Length < count)
        {
            buffer = new T[Math.Max(count, PieceElements)];
        }

        return buffer.AsSpan(0, count);
    }

    private static ReadOnlySpan<T> Raw<T>(ObservedTensor tensor, long start, int count)
        where T : unmanaged
    {
        var size = tensor.Type.SizeBits() / 8;
        return MemoryMarshal.Cast<byte, T>(tensor.Bytes(start * size, count * size));
    }
}
