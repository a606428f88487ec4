namespace Toolkit.Formats.Checkpoints.Zip;

/// <summary>
/// The checksum of zip: polynomial 0xedb88320, reflected. O(n), eight table look-ups for eight bytes.
/// </summary>
internal static class Crc32
{
    private static readonly uint[][] Tables = MakeTables();

    /// <summary>The checksum of bytes.</summary>
    public static uint Compute(ReadOnlySpan<byte> bytes) => ~Update(uint.MaxValue, bytes);

    /// <summary>Goes on from a state that began as 0xffffffff; the checksum is its complement.</summary>
    public static uint Update(uint state, ReadOnlySpan<byte> bytes)
    {
        var t = Tables;
        while (bytes.Length >= 8)
        {
            var low = state ^ System.Buffers.Binary.BinaryPrimitives.ReadUInt32LittleEndian(bytes);
            var high = System.Buffers.Binary.BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]);
            state = t[7][low & 255] ^ t[6][(low >> 8) & 255] ^ t[5][(low >> 16) & 255] ^ t[4][low >> 24]
                ^ t[3][high & 255] ^ t[2][(high >> 8) & 255] ^ t[1][(high >> 16) & 255] ^ t[0][high >> 24];
            bytes = bytes[8..];
        }

        foreach (var b in bytes)
        {
            state = t[0][(state ^ b) & 255] ^ (state >> 8);
        }

        return state;
    }

    private static uint[][] MakeTables()
    {
        var tables = new uint[8][];
        for (var k = 0; k < 8; k++)
        {
            tables[k] = new uint[256];
            for (uint n = 0; n < 256; n++)
            {
                var c = k == 0 ? n : tables[k - 1][n];
                for (var bit = 0; k == 0 && bit < 8; bit++)
                {
                    c = (c & 1) != 0 ? 0xedb88320 ^ (c >> 1) : c >> 1;
                }

                tables[k][n] = k == 0 ? c : tables[0][c & 255] ^ (c >> 8);
            }
        }

        return tables;
    }
}
