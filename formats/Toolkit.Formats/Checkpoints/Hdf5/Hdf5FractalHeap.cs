using System.Numerics;
using Toolkit.Formats.Checkpoints.Sources;

namespace Toolkit.Formats.Checkpoints.Hdf5;

/// <summary>
/// A fractal heap: where the managed objects of a group lie. Huge and tiny objects, which links never are, are left
/// out.
/// </summary>
/// <remarks>Source: HDF5 File Format Specification 3.0, III.G.</remarks>
internal sealed class Hdf5FractalHeap
{
    private readonly ByteSource _source;
    private readonly int _offsetBytes;
    private readonly int _lengthBytes;
    private readonly int _width;
    private readonly long _startBytes;
    private readonly long _largestDirect;
    private readonly long _root;
    private readonly int _rows;

    public Hdf5FractalHeap(ByteSource source, long address)
    {
        _source = source;
        var cursor = new Hdf5Cursor(source, address);
        cursor.Expect("FRHP"u8);
        cursor.Skip(3);
        var filterBytes = cursor.UInt16();
        cursor.Skip(1);
        var largestManaged = cursor.UInt32();
        cursor.Skip(96);
        _width = cursor.UInt16();
        _startBytes = cursor.Int64();
        _largestDirect = cursor.Int64();
        var heapBits = cursor.UInt16();
        cursor.Skip(2);
        _root = cursor.Int64();
        _rows = cursor.UInt16();
        if (filterBytes != 0 || _width == 0 || _startBytes < 1 || _largestDirect < _startBytes || heapBits is 0 or > 64)
        {
            throw new BadInputException(
                $"{source.Name}: a fractal heap at {address} that is compressed or damaged; save the file with "
                    + "h5py's default libver.");
        }

        _offsetBytes = (heapBits + 7) / 8;
        _lengthBytes = (BitOperations.Log2((ulong)Math.Max(1, Math.Min(largestManaged, _largestDirect))) / 8) + 1;
    }

    /// <summary>Where the object of a heap ID lies; null for IDs of huge and tiny objects.</summary>
    public long? Find(ref Hdf5Cursor id)
    {
        if ((id.Byte() & 0x30) != 0)
        {
            return null;
        }

        var offset = id.Number(_offsetBytes);
        id.Skip(_lengthBytes);
        if (_rows == 0)
        {
            return checked(_root + offset);
        }

        // Rows 0 and 1 hold blocks of the starting size, every further row doubles it.
        var cursor = new Hdf5Cursor(_source, _root);
        cursor.Expect("FHIB"u8);
        var table = cursor.Position + 1 + 8 + _offsetBytes;
        var start = 0L;
        var size = _startBytes;
        for (var row = 0; row < _rows && size <= _largestDirect; row++)
        {
            if (row > 1)
            {
                size *= 2;
            }

            var end = checked(start + (size * _width));
            if (offset < end && size <= _largestDirect)
            {
                var column = (offset - start) / size;
                var block = new Hdf5Cursor(_source, table + (((long)row * _width) + column) * 8).Int64();
                return checked(block + offset - start - (column * size));
            }

            start = end;
        }

        throw new BadInputException(
            $"{_source.Name}: a group with more links than are read from a fractal heap; save the file with h5py's "
                + "default libver.");
    }
}
