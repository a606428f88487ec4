using System.Runtime.InteropServices;
using Toolkit.Formats.Runs.Activations;
using Toolkit.Formats.Tensors;
using Toolkit.Runtime;

namespace Toolkit.Capture.Streaming;

/// <summary>Whose row is whose where samples and positions lie in one axis.</summary>
internal enum RowOrder
{
    /// <summary>All rows of the first sample, then those of the second: [samples · positions].</summary>
    SamplesFirst,

    /// <summary>The first row of every sample, then the second of every sample: [positions · samples].</summary>
    PositionsFirst,

    /// <summary>Neither: the rows of one sample cannot be told from the others'.</summary>
    Unknown,
}

/// <summary>
/// A few elements of a value whose first axis may hold samples and positions together, as two runs of different numbers
/// of the same samples gave them. Shapes do not tell the order: recurrent layers and transformers flatten [positions,
/// samples, features] as well as [samples, positions, features].
/// </summary>
/// <param name="Samples">Samples that both orders were read for.</param>
/// <param name="Positions">Rows of one sample.</param>
/// <param name="SamplesFirst">Elements, read as if samples came first.</param>
/// <param name="PositionsFirst">The same, read as if positions came first.</param>
internal sealed record FlattenedRows(int Samples, long Positions, double[] SamplesFirst, double[] PositionsFirst)
{
    private const int MostSamples = 2;
    private const int MostPositions = 64;
    private const int MostColumns = 16;

    /// <summary>
    /// Kernels add in another order for another batch, and a quantised value may fall on the other side of a step.
    /// </summary>
    private const double Tolerance = 1e-3;
    private const double MostDifferent = 0.05;

    /// <summary>Reads the elements.</summary>
    /// <param name="value">The value.</param>
    /// <param name="samples">Samples of the run.</param>
    /// <returns>The elements; null where the first axis has no whole number of rows, more than one, per sample, or the
    /// value is no tensor of numbers.</returns>
    public static FlattenedRows? Of(NativeValue value, int samples) =>
        value.Kind == ValueKind.Tensor && StoredTypes.Of(value.Type) is not (null or StoredType.Text)
            ? Of(value.Bytes, value.Type, value.Shape, samples)
            : null;

    /// <summary>Reads the elements of a tensor of numbers.</summary>
    /// <param name="bytes">The whole tensor, row-major, little-endian.</param>
    /// <param name="type">A type that can be stored.</param>
    /// <param name="shape">The extents.</param>
    /// <param name="samples">Samples of the run.</param>
    /// <returns>The elements; null where the first axis has no whole number of rows, more than one, per
    /// sample.</returns>
    public static FlattenedRows? Of(ReadOnlySpan<byte> bytes, ElementType type, TensorShape shape, int samples)
    {
        if (shape.Rank == 0 || shape.Count == 0 || shape[0] % samples != 0 || shape[0] == samples)
        {
            return null;
        }

        var positions = shape[0] / samples;
        var width = shape.Count / shape[0];
        var (rows, columns) = ((int)Math.Min(positions, MostPositions), (int)Math.Min(width, MostColumns));
        var count = Math.Min(samples, MostSamples);
        var (samplesFirst, positionsFirst) = (new double[count * rows * columns], new double[count * rows * columns]);
        var at = 0;
        for (var sample = 0; sample < count; sample++)
        {
            for (var row = 0; row < rows; row++)
            {
                var position = row * positions / rows;
                for (var column = 0; column < columns; column++, at++)
                {
                    var offset = column * width / columns;
                    samplesFirst[at] = Element(bytes, type, (((sample * positions) + position) * width) + offset);
                    positionsFirst[at] = Element(bytes, type, (((position * samples) + sample) * width) + offset);
                }
            }
        }

        return new FlattenedRows(count, positions, samplesFirst, positionsFirst);
    }

    /// <summary>The order in which both runs give the same samples the same values.</summary>
    /// <param name="other">What a run of another number of the same samples gave.</param>
    /// <returns>The order; samples first where both are the same.</returns>
    public RowOrder OrderOf(FlattenedRows other)
    {
        if (Positions != other.Positions)
        {
            return RowOrder.Unknown;
        }

        var common = Math.Min(SamplesFirst.Length, other.SamplesFirst.Length);
        var samplesFirst = Different(SamplesFirst.AsSpan(0, common), other.SamplesFirst);
        var positionsFirst = Different(PositionsFirst.AsSpan(0, common), other.PositionsFirst);
        return Math.Min(samplesFirst, positionsFirst) > MostDifferent ? RowOrder.Unknown
            : samplesFirst <= positionsFirst ? RowOrder.SamplesFirst : RowOrder.PositionsFirst;
    }

    /// <summary>The share of elements that differ by more than rounding.</summary>
    private static double Different(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        var largest = 0.0;
        foreach (var x in a)
        {
            largest = double.IsFinite(x) ? Math.Max(largest, Math.Abs(x)) : largest;
        }

        var different = 0;
        for (var i = 0; i < a.Length; i++)
        {
            different += a[i].Equals(b[i]) || Math.Abs(a[i] - b[i]) <= Tolerance * largest ? 0 : 1;
        }

        return (double)different / Math.Max(1, a.Length);
    }

    private static double Element(ReadOnlySpan<byte> bytes, ElementType type, long index)
    {
        var size = type.SizeBits() / 8;
        var stored = StoredTypes.Of(type)!.Value;
        Span<byte> element = stackalloc byte[8];
        StoredOrder.Convert(bytes.Slice((int)(index * size), size), type, element[..stored.SizeBytes()]);
        return stored switch
        {
            StoredType.Float32 => MemoryMarshal.Read<float>(element),
            StoredType.Float64 => MemoryMarshal.Read<double>(element),
            StoredType.Int64 => MemoryMarshal.Read<long>(element),
            StoredType.UInt64 => MemoryMarshal.Read<ulong>(element),
            _ => element[0],
        };
    }
}
