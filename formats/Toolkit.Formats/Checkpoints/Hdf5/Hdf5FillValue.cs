using Toolkit.Formats.Checkpoints.Sources;

namespace Toolkit.Formats.Checkpoints.Hdf5;

/// <summary>What a dataset holds where nothing was written: one element, zero where none is given.</summary>
/// <remarks>Source: HDF5 File Format Specification 3.0, IV.A.2.e and f.</remarks>
internal sealed class Hdf5FillValue(byte[] element)
{
    private const int OldType = 0x04;
    private const int NewType = 0x05;

    public static Hdf5FillValue Read(ByteSource source, List<Hdf5Message> messages, int elementBytes)
    {
        foreach (var message in messages
            .Where(static message => message.Type is OldType or NewType && !message.IsShared)
            .OrderByDescending(static message => message.Type))
        {
            var cursor = new Hdf5Cursor(source, message.Start);
            var isGiven = true;
            if (message.Type == NewType)
            {
                var version = cursor.Byte();
                var flags = cursor.Byte();
                cursor.Skip(version < 3 ? 1 : 0);
                isGiven = version >= 3 ? (flags & 0x20) != 0 : cursor.Byte() != 0 || version == 1;
            }

            if (isGiven && cursor.UInt32() == elementBytes)
            {
                return new Hdf5FillValue(source.ReadBytes(cursor.Position, elementBytes));
            }
        }

        return new Hdf5FillValue(new byte[elementBytes]);
    }

    /// <summary>Writes the element over and over.</summary>
    public void Fill(Span<byte> destination)
    {
        for (; destination.Length >= element.Length
            && element.AsSpan().ContainsAnyExcept((byte)0); destination = destination[element.Length..])
        {
            element.CopyTo(destination);
        }
    }
}
