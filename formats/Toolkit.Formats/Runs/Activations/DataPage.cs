using System.IO.Hashing;

namespace Toolkit.Formats.Runs.Activations;

/// <summary>One page: where its content is, and how it is stored.</summary>
internal readonly record struct DataPage(long Offset, int Stored, int Size, int Entries, ParquetEncoding Encoding)
{
    /// <summary>
    /// CRC-32 of the stored bytes; null where the writer gave none, as captures before page checksums did.
    /// </summary>
    public uint? Checksum { get; init; }

    /// <summary>Parses a page's header.</summary>
    /// <param name="header">The bytes from the header on, untrusted.</param>
    /// <param name="at">Where they are in the file.</param>
    public static DataPage Parse(ReadOnlySpan<byte> header, long at)
    {
        var reader = new ThriftReader(header);
        var page = new DataPage(0, -1, -1, -1, ParquetEncoding.Plain);
        while (reader.Next(out var field, out var type))
        {
            switch (field, type)
            {
                case (1, ThriftType.Int32):
                    var kind = reader.Number();
                    if (kind != 0)
                    {
                        throw new InvalidDataException($"a page of kind {kind}");
                    }

                    break;
                case (2, ThriftType.Int32):
                    page = page with { Size = checked((int)reader.Number()) };
                    break;
                case (3, ThriftType.Int32):
                    page = page with { Stored = checked((int)reader.Number()) };
                    break;
                case (4, ThriftType.Int32):
                    page = page with { Checksum = unchecked((uint)reader.Number()) };
                    break;
                case (5, ThriftType.Struct):
                    var outer = reader.Enter();
                    while (reader.Next(out var inner, out var innerType))
                    {
                        switch (inner, innerType)
                        {
                            case (1, ThriftType.Int32):
                                page = page with { Entries = checked((int)reader.Number()) };
                                break;
                            case (2, ThriftType.Int32):
                                page = page with { Encoding = (ParquetEncoding)reader.Number() };
                                break;
                            default:
                                reader.Skip(innerType);
                                break;
                        }
                    }

                    reader.Leave(outer);
                    break;
                default:
                    reader.Skip(type);
                    break;
            }
        }

        return page with { Offset = at + reader.Position };
    }

    /// <summary>Compares the bytes of a page with its checksum, where it has one.</summary>
    /// <param name="stored">The bytes as they are in the file.</param>
    /// <exception cref="InvalidDataException">They are not those that were written.</exception>
    public void Verify(ReadOnlySpan<byte> stored)
    {
        if (Checksum is { } checksum && Crc32.HashToUInt32(stored) != checksum)
        {
            throw new InvalidDataException($"a page of {stored.Length} bytes that do not match their checksum");
        }
    }
}
