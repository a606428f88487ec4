using System.IO.Compression;
using System.IO.Hashing;
using Toolkit.Formats.Checkpoints.Sources;

namespace Toolkit.Formats.Checkpoints.Zip;

/// <summary>
/// A compressed member from an offset on, inflated as far as it is read and in the memory of a buffer: reading goes on
/// where it ended before, and begins again where an earlier stretch is wanted. The checksum is compared whenever the
/// end is reached.
/// </summary>
/// <param name="zip">The archive.</param>
/// <param name="entry">The member.</param>
/// <param name="name">The storage's name.</param>
/// <param name="skip">Bytes of the member before the first element.</param>
internal sealed class InflatedStorage(ZipReader zip, ZipEntry entry, string name, long skip)
    : TensorStorage(name, entry.SizeBytes - skip), IDisposable
{
    private readonly Lock _lock = new();
    private readonly byte[] _passedOver = new byte[1 << 16];
    private readonly Crc32 _checksum = new();
    private DeflateStream? _inflater;
    private long _position;

    public override StorageAccess Access => StorageAccess.Forward;

    public override void Read(long offset, Span<byte> destination)
    {
        lock (_lock)
        {
            try
            {
                GoTo(skip + offset);
                Take(destination);
            }
            catch
            {
                // Where a damaged member stopped is no place to go on from.
                Dispose();
                throw;
            }
        }
    }

    public void Dispose()
    {
        _inflater?.Dispose();
        _inflater = null;
    }

    private void GoTo(long start)
    {
        if (_inflater is null || start < _position)
        {
            Dispose();
            _inflater = zip.OpenDeflated(entry);
            _position = 0;
            _checksum.Reset();
        }

        while (_position < start)
        {
            Take(_passedOver.AsSpan(0, (int)Math.Min(_passedOver.Length, start - _position)));
        }
    }

    private void Take(Span<byte> destination)
    {
        if (destination.IsEmpty)
        {
            return;
        }

        zip.Inflate(entry, _inflater!, destination, _position);
        _position += destination.Length;
        _checksum.Append(destination);
        if (_position == entry.SizeBytes)
        {
            zip.CheckEnd(entry, _inflater!, _checksum.GetCurrentHashAsUInt32());
        }
    }
}
