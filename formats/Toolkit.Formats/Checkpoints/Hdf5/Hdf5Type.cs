using Toolkit.Formats.Checkpoints.Sources;
using Toolkit.Formats.Tensors;

namespace Toolkit.Formats.Checkpoints.Hdf5;

/// <summary>HDF5's datatype messages, as far as they are numbers.</summary>
/// <remarks>Source: HDF5 File Format Specification 3.0, IV.A.2.d.</remarks>
internal static class Hdf5Type
{
    private static readonly string[] ClassNames =
        [
            "integer", "float", "time", "text", "bit field", "opaque", "compound", "reference", "enumeration",
            "variable-length", "array"
        ];

    public static (ElementType Type, bool IsBigEndian, int SizeBytes, string Description) Read(
        ByteSource source, long start)
    {
        var cursor = new Hdf5Cursor(source, start);
        return Read(ref cursor, depth: 0);
    }

    private static (ElementType Type, bool IsBigEndian, int SizeBytes, string Description) Read(
        ref Hdf5Cursor cursor, int depth)
    {
        var head = cursor.Byte();
        var kind = head & 15;
        var version = head >> 4;
        var bits = (int)cursor.Number(3);
        var size = (int)Math.Min(int.MaxValue, cursor.UInt32());
        var isBigEndian = (bits & 1) != 0;
        var type = ElementType.Undefined;
        switch (kind)
        {
            case 0:
                cursor.Skip(4);
                type = (size, (bits & 8) != 0) switch
                {
                    (1, true) => ElementType.Int8,
                    (1, false) => ElementType.UInt8,
                    (2, true) => ElementType.Int16,
                    (2, false) => ElementType.UInt16,
                    (4, true) => ElementType.Int32,
                    (4, false) => ElementType.UInt32,
                    (8, true) => ElementType.Int64,
                    (8, false) => ElementType.UInt64,
                    _ => ElementType.Undefined,
                };
                break;
            case 1:
                cursor.Skip(5);
                var exponentBits = cursor.Byte();
                cursor.Skip(1);
                var mantissaBits = cursor.Byte();
                cursor.Skip(4);
                type = (size, exponentBits, mantissaBits) switch
                {
                    (2, 5, 10) => ElementType.Float16,
                    (2, 8, 7) => ElementType.BFloat16,
                    (4, 8, 23) => ElementType.Float32,
                    (8, 11, 52) => ElementType.Float64,
                    _ => ElementType.Undefined,
                };
                isBigEndian &= (bits & 0x40) == 0;
                break;
            case 8 when depth == 0:
                return Enumeration(ref cursor, version, members: bits & 0xffff);
            case 6 when depth == 0 && (bits & 0xffff) == 2 && size is 8 or 16:
                return Complex(ref cursor, version, size);
        }

        return (
            type,
            isBigEndian && type.SizeBits() > 8,
            size,
            $"{(kind < ClassNames.Length ? ClassNames[kind] : "unknown")} of {size} bytes");
    }

    /// <summary>
    /// The numbers behind the names; h5py writes truth values as the enumeration FALSE = 0, TRUE = 1 of one byte.
    /// </summary>
    private static (ElementType Type, bool IsBigEndian, int SizeBytes, string Description) Enumeration(
        ref Hdf5Cursor cursor, int version, int members)
    {
        var numbers = Read(ref cursor, depth: 1);
        var isBoolean = members == 2 && numbers.SizeBytes == 1
            && MemberName(ref cursor, version) == "FALSE" && MemberName(ref cursor, version) == "TRUE"
            && cursor.Byte() == 0 && cursor.Byte() == 1;
        return isBoolean ? numbers with { Type = ElementType.Boolean } : numbers;
    }

    /// <summary>The name of a member; before version 3 it is padded to 8 bytes.</summary>
    private static string MemberName(ref Hdf5Cursor cursor, int version)
    {
        var before = cursor.Position;
        var name = cursor.TextToZero(256);
        cursor.Skip(version < 3 ? (8 - ((cursor.Position - before) % 8)) % 8 : 0);
        return name;
    }

    /// <summary>h5py writes complex numbers as a compound of r and i.</summary>
    private static (ElementType Type, bool IsBigEndian, int SizeBytes, string Description) Complex(
        ref Hdf5Cursor cursor, int version, int size)
    {
        var isComplex = true;
        var isBigEndian = false;
        for (var member = 0; member < 2; member++)
        {
            var name = MemberName(ref cursor, version);
            var offset = version < 3 ? cursor.UInt32() : cursor.Byte();
            cursor.Skip(version == 1 ? 28 : 0); // Dimensions.
            var part = Read(ref cursor, depth: 1);
            isBigEndian |= part.IsBigEndian;
            isComplex &= name == (member == 0 ? "r" : "i") && offset == member * (size / 2)
                && part.Type == (size == 8 ? ElementType.Float32 : ElementType.Float64);
        }

        var type = !isComplex ? ElementType.Undefined : size == 8 ? ElementType.Complex64 : ElementType.Complex128;
        return (type, isBigEndian, size, $"compound of {size} bytes");
    }
}
