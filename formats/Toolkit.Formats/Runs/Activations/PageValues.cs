namespace Toolkit.Formats.Runs.Activations;

/// <summary>The values of a data page as they are in memory.</summary>
internal static class PageValues
{
    /// <summary>Undoes the encoding.</summary>
    /// <param name="type">The type of the values.</param>
    /// <param name="values">What the page holds after its levels, untrusted.</param>
    /// <param name="encoding">How.</param>
    /// <param name="count">How many values there must be.</param>
    /// <returns>Little-endian values, a truth value in one byte.</returns>
    /// <exception cref="InvalidDataException">The bytes are too few or too many, or the encoding is none of
    /// ours.</exception>
    public static ReadOnlySpan<byte> Decode(
        StoredType type, ReadOnlySpan<byte> values, ParquetEncoding encoding, int count)
    {
        if (type == StoredType.Boolean)
        {
            Expect(values.Length, (count + 7) / 8);
            var bytes = new byte[count];
            for (var i = 0; i < count; i++)
            {
                bytes[i] = (byte)((values[i >> 3] >> (i & 7)) & 1);
            }

            return bytes;
        }

        Expect(values.Length, checked(count * type.SizeBytes()));
        switch (encoding)
        {
            case ParquetEncoding.Plain:
                return values;
            case ParquetEncoding.ByteStreamSplit when type is StoredType.Float32 or StoredType.Float64:
                var joined = new byte[values.Length];
                ByteStreamSplit.Decode(values, type.SizeBytes(), 0, joined);
                return joined;
            default:
                throw new InvalidDataException($"values in encoding {(int)encoding}");
        }
    }

    /// <summary>Undoes the encoding for every so manyth row alone.</summary>
    /// <param name="type">The type of the values.</param>
    /// <param name="values">What the page holds after its levels, untrusted.</param>
    /// <param name="encoding">How.</param>
    /// <param name="count">How many values the page must hold.</param>
    /// <param name="length">Values of a row.</param>
    /// <param name="first">The first row wanted.</param>
    /// <param name="step">Rows from one wanted to the next.</param>
    /// <param name="target">Takes as many rows as fit, little-endian, a truth value in one byte.</param>
    /// <exception cref="InvalidDataException">The bytes are too few or too many, or the encoding is none of
    /// ours.</exception>
    public static void DecodeRows(
        StoredType type,
        ReadOnlySpan<byte> values,
        ParquetEncoding encoding,
        int count,
        int length,
        int first,
        int step,
        Span<byte> target)
    {
        var size = type.SizeBytes();
        var isSplit = encoding == ParquetEncoding.ByteStreamSplit && type is StoredType.Float32 or StoredType.Float64;
        if (isSplit)
        {
            Expect(values.Length, checked(count * size));
        }
        else
        {
            values = Decode(type, values, encoding, count);
        }

        var rowBytes = length * size;
        for (var row = first; !target.IsEmpty; row += step)
        {
            var part = target[..rowBytes];
            if (isSplit)
            {
                ByteStreamSplit.Decode(values, size, row * length, part);
            }
            else
            {
                values.Slice(row * rowBytes, rowBytes).CopyTo(part);
            }

            target = target[rowBytes..];
        }
    }

    private static void Expect(int found, int expected)
    {
        if (found != expected)
        {
            throw new InvalidDataException($"{found} bytes of values where {expected} are expected");
        }
    }
}
