using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Toolkit.Formats.Runs.Activations;
using Toolkit.Formats.Tensors;

namespace Toolkit.Formats.Runs;

/// <summary>
/// Writes the values of one tensor in one segment a second time, by channels: collects rows of one row group, turned
/// into columns, and writes them to one file per block of channels.
/// </summary>
internal sealed class ChannelBlocks : IDisposable
{
    /// <summary>Channels of one file: few enough for the schema to stay small, enough for few files.</summary>
    public const int BlockChannels = 256;

    /// <summary>Channels whose rows are a power of two apart would share the same few cache lines.</summary>
    private const int Padding = 16;

    private readonly StoredType _type;
    private readonly int _channels;
    private readonly int _capacity;
    private readonly List<(SegmentFile File, ChannelBlockWriter Writer, ChannelRange Range)> _blocks = [];
    private readonly long[] _samples;
    private readonly long[] _positions;
    private readonly ConcurrentDictionary<int, byte[]> _buffers;
    private readonly byte[] _columns;
    private int _rows;

    /// <summary>Begins the files.</summary>
    /// <param name="folder">The run directory.</param>
    /// <param name="tensor">A tensor that has blocks.</param>
    /// <param name="path">The path of block b, relative to the run.</param>
    /// <param name="rows">Rows of a row group.</param>
    /// <param name="policy">What encodings are chosen for.</param>
    /// <param name="buffers">Buffers of earlier segments by tensor, to use again.</param>
    public ChannelBlocks(
        string folder,
        TensorEntry tensor,
        Func<int, string> path,
        int rows,
        EncodingPolicy policy,
        ConcurrentDictionary<int, byte[]> buffers)
    {
        _type = StoredTypes.Named(tensor.StoredType);
        _channels = tensor.Channels!.Value;
        _capacity = rows;
        _samples = new long[rows];
        _positions = new long[rows];
        _buffers = buffers;
        var size = checked(_channels * Stride);
        _columns = buffers.TryRemove(tensor.Id, out var buffer)
            && buffer.Length >= size ? buffer : GC.AllocateUninitializedArray<byte>(size);
        for (var first = 0; first < _channels; first += BlockChannels)
        {
            var count = Math.Min(BlockChannels, _channels - first);
            var file = new SegmentFile(folder, path(first / BlockChannels));
            _blocks.Add((file, new ChannelBlockWriter(file, _type, first, count, policy), new ChannelRange(
                tensor.Id, first, count)));
        }
    }

    private int Stride => (_capacity + Padding) * _type.SizeBytes();

    /// <summary>Appends rows; as <see cref="ActivationFileWriter.Append"/>.</summary>
    public void Append(ReadOnlySpan<long> samples, ReadOnlySpan<int> positions, ReadOnlySpan<byte> values)
    {
        var size = _type.SizeBytes();
        while (!samples.IsEmpty)
        {
            var take = Math.Min(samples.Length, _capacity - _rows);
            var bytes = take * _channels * size;
            var columns = _columns.AsSpan(_rows * size, (_channels * Stride) - (_rows * size));
            switch (size)
            {
                case 1:
                    Turn<byte>(values[..bytes], take, columns);
                    break;
                case 4:
                    Turn<int>(values[..bytes], take, columns);
                    break;
                default:
                    Turn<long>(values[..bytes], take, columns);
                    break;
            }

            samples[..take].CopyTo(_samples.AsSpan(_rows));
            for (var row = 0; row < take; row++)
            {
                _positions[_rows + row] = positions[row];
            }

            _rows += take;
            if (_rows == _capacity)
            {
                EndGroup();
            }

            samples = samples[take..];
            positions = positions[take..];
            values = values[bytes..];
        }
    }

    /// <summary>Ends all files and gives them their names.</summary>
    public IReadOnlyList<FileRecord> Complete()
    {
        EndGroup();
        var files = new List<FileRecord>();
        foreach (var (file, writer, range) in _blocks)
        {
            var (bytes, hash) = writer.Complete();
            file.Finish();
            files.Add(new FileRecord(file.Relative, null, writer.Rows, bytes, hash, writer.Encoding?.Name)
            {
                Channels = range,
            });
        }

        // Nobody fills it any more, which is not sure of a segment that is only disposed.
        _buffers.TryAdd(_blocks[0].Range.Tensor, _columns);
        return files;
    }

    /// <summary>Decides whether the files stay when this is disposed.</summary>
    public bool IsKept { get; set; }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var (file, writer, _) in _blocks)
        {
            writer.Dispose();
            file.IsKept = IsKept;
            file.Dispose();
        }
    }

    private void EndGroup()
    {
        if (_rows == 0)
        {
            return;
        }

        foreach (var (file, writer, range) in _blocks)
        {
            writer.WriteGroup(
                _samples.AsSpan(0, _rows),
                _positions.AsSpan(0, _rows),
                _columns.AsSpan(range.First * Stride, range.Count * Stride),
                Stride);
        }

        _rows = 0;
    }

    /// <summary>Copies rows of channels behind what the columns hold already.</summary>
    private void Turn<T>(ReadOnlySpan<byte> rows, int count, Span<byte> columns)
        where T : unmanaged => MatrixTransposition.Copy(
            MemoryMarshal.Cast<byte, T>(rows),
            _channels,
            count,
            _channels,
            MemoryMarshal.Cast<byte, T>(columns),
            _capacity + Padding);
}
