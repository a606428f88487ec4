using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Toolkit.Formats.Runs.Activations;

/// <summary>
/// Parquet's BYTE_STREAM_SPLIT: all first bytes of the values, then all second bytes, and so on. Exponents then lie
/// together, and zstd finds what floats have in common.
/// </summary>
/// <remarks>Source: Apache Parquet, <c>Encodings.md</c>, "Byte Stream Split". Floats and doubles only: on 16-bit types
/// Arrow cannot read the result.</remarks>
internal static class ByteStreamSplit
{
    /// <summary>Splits values.</summary>
    /// <param name="values">Little-endian values.</param>
    /// <param name="width">Bytes of a value: 4 or 8.</param>
    /// <param name="split">As long as <paramref name="values"/>.</param>
    public static void Encode(ReadOnlySpan<byte> values, int width, Span<byte> split)
    {
        var count = values.Length / width;
        var done = 0;
        if (width == 4 && Sse2.IsSupported)
        {
            var gather = Vector128.Create((byte)0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
            for (; done + 16 <= count; done += 16)
            {
                // Each vector holds four floats; gathered, its four words are the four streams. Transpose 4 × 4 words.
                var a = Vector128.Shuffle(Vector128.Create(values.Slice((done * 4) + 00, 16)), gather).AsUInt32();
                var b = Vector128.Shuffle(Vector128.Create(values.Slice((done * 4) + 16, 16)), gather).AsUInt32();
                var c = Vector128.Shuffle(Vector128.Create(values.Slice((done * 4) + 32, 16)), gather).AsUInt32();
                var d = Vector128.Shuffle(Vector128.Create(values.Slice((done * 4) + 48, 16)), gather).AsUInt32();
                var ab = Sse2.UnpackLow(a, b).AsUInt64();
                var cd = Sse2.UnpackLow(c, d).AsUInt64();
                var abHigh = Sse2.UnpackHigh(a, b).AsUInt64();
                var cdHigh = Sse2.UnpackHigh(c, d).AsUInt64();
                Sse2.UnpackLow(ab, cd).AsByte().CopyTo(split[done..]);
                Sse2.UnpackHigh(ab, cd).AsByte().CopyTo(split[(count + done)..]);
                Sse2.UnpackLow(abHigh, cdHigh).AsByte().CopyTo(split[((2 * count) + done)..]);
                Sse2.UnpackHigh(abHigh, cdHigh).AsByte().CopyTo(split[((3 * count) + done)..]);
            }
        }

        for (var b = 0; b < width; b++)
        {
            var stream = split.Slice(b * count, count);
            for (var i = done; i < count; i++)
            {
                stream[i] = values[(i * width) + b];
            }
        }
    }

    /// <summary>Joins what <see cref="Encode"/> split, or some of it.</summary>
    /// <param name="split">The streams of all values, one after another.</param>
    /// <param name="width">Bytes of a value: 4 or 8.</param>
    /// <param name="first">The first value wanted.</param>
    /// <param name="values">Takes as many values as fit.</param>
    public static void Decode(ReadOnlySpan<byte> split, int width, int first, Span<byte> values)
    {
        var stride = split.Length / width;
        var count = values.Length / width;
        var done = 0;
        if (width == 4 && Sse2.IsSupported)
        {
            var s0 = split.Slice(first, count);
            var s1 = split.Slice(stride + first, count);
            var s2 = split.Slice((2 * stride) + first, count);
            var s3 = split.Slice((3 * stride) + first, count);
            for (; done + 16 <= count; done += 16)
            {
                var (a, b) = (Vector128.Create(s0.Slice(done, 16)), Vector128.Create(s1.Slice(done, 16)));
                var (c, d) = (Vector128.Create(s2.Slice(done, 16)), Vector128.Create(s3.Slice(done, 16)));
                var (abLow, abHigh) = (Sse2.UnpackLow(a, b).AsUInt16(), Sse2.UnpackHigh(a, b).AsUInt16());
                var (cdLow, cdHigh) = (Sse2.UnpackLow(c, d).AsUInt16(), Sse2.UnpackHigh(c, d).AsUInt16());
                var target = values.Slice(done * 4, 64);
                Sse2.UnpackLow(abLow, cdLow).AsByte().CopyTo(target);
                Sse2.UnpackHigh(abLow, cdLow).AsByte().CopyTo(target[16..]);
                Sse2.UnpackLow(abHigh, cdHigh).AsByte().CopyTo(target[32..]);
                Sse2.UnpackHigh(abHigh, cdHigh).AsByte().CopyTo(target[48..]);
            }
        }

        for (var b = 0; b < width; b++)
        {
            var stream = split.Slice((b * stride) + first, count);
            for (var i = done; i < count; i++)
            {
                values[(i * width) + b] = stream[i];
            }
        }
    }
}
