using System.Numerics;

namespace Toolkit.Formats.Runs.Activations;

/// <summary>
/// Parquet's DELTA_BINARY_PACKED for 64-bit integers: ascending sample numbers take a few bytes per block of 128.
/// </summary>
/// <remarks>
/// Source: Apache Parquet, <c>Encodings.md</c>, "Delta Encoding". Blocks of 128 values in 4 miniblocks of 32.
/// </remarks>
internal static class DeltaBinaryPacking
{
    private const int BlockSize = 128;
    private const int Miniblocks = 4;
    private const int MiniblockSize = BlockSize / Miniblocks;

    /// <summary>Encodes values.</summary>
    /// <param name="values">Any 64-bit integers; 32-bit ones widened.</param>
    /// <param name="output">Takes the bytes.</param>
    public static void Encode(ReadOnlySpan<long> values, Stream output)
    {
        Variable(output, BlockSize);
        Variable(output, Miniblocks);
        Variable(output, (ulong)values.Length);
        Variable(output, ZigZag(values.IsEmpty ? 0 : values[0]));
        Span<ulong> deltas = stackalloc ulong[BlockSize];
        Span<byte> packed = stackalloc byte[MiniblockSize * 8];
        Span<byte> widths = stackalloc byte[Miniblocks];
        for (var start = 1; start < values.Length; start += BlockSize)
        {
            var count = Math.Min(BlockSize, values.Length - start);
            var minimum = long.MaxValue;
            for (var i = 0; i < count; i++)
            {
                var delta = unchecked(values[start + i] - values[start + i - 1]);
                deltas[i] = unchecked((ulong)delta);
                minimum = Math.Min(minimum, delta);
            }

            deltas[count..].Fill(unchecked((ulong)minimum));
            for (var m = 0; m < Miniblocks; m++)
            {
                var all = 0UL;
                for (var i = 0; i < MiniblockSize; i++)
                {
                    deltas[(m * MiniblockSize) + i] -= unchecked((ulong)minimum);
                    all |= deltas[(m * MiniblockSize) + i];
                }

                widths[m] = (byte)(64 - BitOperations.LeadingZeroCount(all));
            }

            Variable(output, ZigZag(minimum));
            output.Write(widths);
            for (var m = 0; m < Miniblocks; m++)
            {
                var bytes = packed[..(widths[m] * MiniblockSize / 8)];
                Pack(deltas.Slice(m * MiniblockSize, MiniblockSize), widths[m], bytes);

                // A miniblock past the last value has a width but no bytes.
                if (m * MiniblockSize < count)
                {
                    output.Write(bytes);
                }
            }
        }
    }

    /// <summary>Decodes values.</summary>
    /// <param name="bytes">Encoded bytes, untrusted.</param>
    /// <param name="values">Takes exactly as many values as the page's header promised.</param>
    /// <exception cref="InvalidDataException">The bytes hold fewer values, or are damaged.</exception>
    public static void Decode(ReadOnlySpan<byte> bytes, Span<long> values)
    {
        var at = 0;
        var blockSize = ReadVariable(bytes, ref at);
        var miniblocks = ReadVariable(bytes, ref at);
        var total = ReadVariable(bytes, ref at);
        if (blockSize is 0 or > 1 << 20 || miniblocks is 0 or > 1024 || blockSize % (miniblocks * 8) != 0
            || total != (ulong)values.Length)
        {
            throw new InvalidDataException(
                $"a delta block of {blockSize} values in {miniblocks} parts, {total} in all, where {values.Length} "
                    + "are expected");
        }

        var last = UnZigZag(ReadVariable(bytes, ref at));
        if (values.IsEmpty)
        {
            return;
        }

        values[0] = last;
        var size = (int)(blockSize / miniblocks);
        var done = 1;
        while (done < values.Length)
        {
            var minimum = UnZigZag(ReadVariable(bytes, ref at));
            var widths = Slice(bytes, ref at, (int)miniblocks);
            foreach (var width in widths)
            {
                if (done >= values.Length)
                {
                    break;
                }

                if (width > 64)
                {
                    throw new InvalidDataException($"delta values of {width} bits");
                }

                var packed = Slice(bytes, ref at, width * size / 8);
                for (var i = 0; i < size && done < values.Length; i++)
                {
                    last = unchecked(last + minimum + (long)Unpack(packed, i, width));
                    values[done++] = last;
                }
            }
        }
    }

    private static void Pack(ReadOnlySpan<ulong> values, int width, Span<byte> bytes)
    {
        bytes.Clear();
        for (var i = 0; i < values.Length && width > 0; i++)
        {
            var bit = i * width;
            for (var done = 0; done < width;)
            {
                var offset = (bit + done) & 7;
                var take = Math.Min(8 - offset, width - done);
                bytes[(bit + done) >> 3] |= (byte)(((values[i] >> done) & ((1UL << take) - 1)) << offset);
                done += take;
            }
        }
    }

    private static ulong Unpack(ReadOnlySpan<byte> bytes, int index, int width)
    {
        var value = 0UL;
        var bit = index * width;
        for (var done = 0; done < width;)
        {
            var offset = (bit + done) & 7;
            var take = Math.Min(8 - offset, width - done);
            value |= (((ulong)bytes[(bit + done) >> 3] >> offset) & ((1UL << take) - 1)) << done;
            done += take;
        }

        return value;
    }

    private static ReadOnlySpan<byte> Slice(ReadOnlySpan<byte> bytes, ref int at, int count)
    {
        if (count > bytes.Length - at)
        {
            throw new InvalidDataException("a delta block ends in the middle");
        }

        at += count;
        return bytes.Slice(at - count, count);
    }

    private static ulong ZigZag(long value) => (ulong)((value << 1) ^ (value >> 63));

    private static long UnZigZag(ulong value) => (long)(value >> 1) ^ -(long)(value & 1);

    private static void Variable(Stream output, ulong value)
    {
        while (value >= 0x80)
        {
            output.WriteByte((byte)(value | 0x80));
            value >>= 7;
        }

        output.WriteByte((byte)value);
    }

    private static ulong ReadVariable(ReadOnlySpan<byte> bytes, ref int at)
    {
        var value = 0UL;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var next = Slice(bytes, ref at, 1)[0];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }

        throw new InvalidDataException("a number of more than 64 bits");
    }
}
