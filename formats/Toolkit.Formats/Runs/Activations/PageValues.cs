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
    /// <exception cref="InvalidDataException">The bytes are too few or too many, or the encoding is none of ours.</exception>
    public static ReadOnlySpan<byte> Decode(StoredType type, ReadOnlySpan<byte> values, ParquetEncoding encoding, int count)
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
                ByteStreamSplit.Decode(values, type.SizeBytes(), joined);
                return joined;
            default:
                throw new InvalidDataException($"values in encoding {(int)encoding}");
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
