using System.Runtime.InteropServices;
using Toolkit.Formats.Runs.Activations;
using Toolkit.Formats.Tensors;

namespace Toolkit.Formats.Runs;

/// <summary>
/// The values of one stored tensor whose samples have one shape, by records (samples or batches) and channels.
/// </summary>
internal sealed class TensorRecords
{
    /// <summary>Files by channels are read side by side: decoding is what takes the time.</summary>
    private const int MostReaders = 8;

    private readonly string _folder;
    private readonly TensorEntry _tensor;
    private readonly IReadOnlyList<TensorPart> _parts;
    private readonly ElementType _type;
    private readonly int _size;
    private readonly int _length;
    private readonly long _rowsPerRecord;

    /// <summary>Prepares to read.</summary>
    /// <param name="folder">The run directory.</param>
    /// <param name="tensor">The tensor, stored.</param>
    /// <param name="parts">Its files, in order.</param>
    /// <exception cref="BadInputException">It is ragged or text.</exception>
    public TensorRecords(string folder, TensorEntry tensor, IReadOnlyList<TensorPart> parts)
    {
        _folder = folder;
        _tensor = tensor;
        _parts = parts;
        if (tensor.SampleShape is null || tensor.Channels is not { } length)
        {
            throw new BadInputException(
                $"{folder}: the samples of '{tensor.Name}' differ in shape; read it row by row, or with SQL (columns "
                    + "values, shape).");
        }

        _type = StoredTypes.Named(tensor.StoredType).Element();
        if (_type == ElementType.Text)
        {
            throw new BadInputException($"{folder}: '{tensor.Name}' is text; read it row by row, or with SQL.");
        }

        _size = _type.SizeBits() / 8;
        _length = length;
        _rowsPerRecord = tensor.RowsPerSample!.Value;
    }

    /// <summary>How many records there are.</summary>
    public long Count => _parts.Sum(p => p.Rows) / Math.Max(_rowsPerRecord, 1);

    /// <summary>Reads records.</summary>
    /// <param name="first">The first.</param>
    /// <param name="records">How many.</param>
    /// <param name="channels">The channels; all where empty.</param>
    /// <param name="channelsFirst">True for [channels, records, …]; false for [records, …, channels].</param>
    /// <param name="position">With channels first, the one row of each record to keep; all where null.</param>
    /// <exception cref="BadInputException">Over 2 GiB, or the files are damaged.</exception>
    public HostTensor Read(long first, long records, int[] channels, bool channelsFirst, long? position = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(position ?? 0, nameof(position));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(position + 1 ?? 0, _rowsPerRecord, nameof(position));
        foreach (var channel in channels)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(channel, nameof(channels));
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(channel, _length, nameof(channels));
        }

        int[] wanted = channels.Length > 0 ? channels : channelsFirst ? [.. Enumerable.Range(0, _length)] : [];
        var width = wanted.Length == 0 ? _length : wanted.Length;
        var rows = checked(records * (position is null ? _rowsPerRecord : 1));
        var bytes = checked(rows * width * _size);
        if (bytes > Array.MaxLength)
        {
            throw new BadInputException(
                $"{_folder}: '{_tensor.Name}' takes {bytes} bytes; at most {Array.MaxLength} fit in memory at once. "
                    + "Read a range of samples.");
        }

        var target = new Target(
            GC.AllocateUninitializedArray<byte>((int)bytes),
            wanted, channelsFirst ? (int)rows : 1, channelsFirst ? 1 : width,
            position is null ? 1 : (int)_rowsPerRecord, (int)(position ?? 0));

        // A row holds all channels: from half of them on, reading rows reads no more than blocks do.
        var byBlocks = wanted.Length > 0 && wanted.Length * 2 <= _length;
        var filled = ForEachPart(first, records, byBlocks, (part, from, count, done) =>
        {
            var (firstRow, rowCount, offset) = (
                from * _rowsPerRecord, count * _rowsPerRecord, (int)(done * _rowsPerRecord));
            if (byBlocks && part.Blocks.Count > 0)
            {
                ReadBlocks(part, firstRow, rowCount, target, offset);
            }
            else
            {
                ReadRows(part, firstRow, rowCount, target, offset);
            }
        });
        CheckFilled(filled, records);
        return new HostTensor(_type, new TensorShape(
            position is null ? Shape(records, channels.Length, width, channelsFirst) : [width, records]), target.Bytes);
    }

    /// <summary>Reads one row of each record.</summary>
    /// <param name="first">The first record.</param>
    /// <param name="records">How many.</param>
    /// <param name="position">The row within the record.</param>
    /// <param name="target">Takes the values, [records, channels].</param>
    /// <exception cref="BadInputException">The files are damaged.</exception>
    public void ReadPosition(long first, long records, long position, Memory<byte> target)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(position);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(position, _rowsPerRecord);
        ArgumentOutOfRangeException.ThrowIfNotEqual(target.Length, records * _length * _size, nameof(target));
        var filled = ForEachPart(first, records, isParallel: false, (part, from, count, done) =>
        {
            using var file = Open(part);
            var rowBytes = _length * _size;
            file.ReadEvery((from * _rowsPerRecord) + position, (int)_rowsPerRecord, count, target.Slice(
                (int)(done * rowBytes), (int)(count * rowBytes)));
        });
        CheckFilled(filled, records);
    }

    private long[] Shape(long records, int chosen, int width, bool channelsFirst)
    {
        if (channelsFirst)
        {
            return [width, records, .. _tensor.SampleShape!.SkipLast(1)];
        }

        long[] shape = [records, .. _tensor.SampleShape!];
        if (chosen > 0 && shape.Length > 1)
        {
            shape[^1] = chosen;
        }

        return shape;
    }

    /// <summary>
    /// Shows the parts that hold records of a range: first record within the part, how many, how many were shown
    /// before.
    /// </summary>
    /// <param name="first">The first record.</param>
    /// <param name="records">How many.</param>
    /// <param name="isParallel">True to show several parts at once, where each takes little memory.</param>
    /// <param name="visit">Reads a part into a place of its own.</param>
    /// <returns>How many there were in all.</returns>
    private long ForEachPart(long first, long records, bool isParallel, Action<TensorPart, long, long, long> visit)
    {
        var (at, filled) = (0L, 0L);
        var visits = new List<Action>();
        foreach (var part in _parts)
        {
            var partRecords = part.Rows / Math.Max(_rowsPerRecord, 1);
            var from = Math.Max(first, at);
            var to = Math.Min(first + records, at + partRecords);
            if (from < to)
            {
                var start = at;
                visits.Add(() => visit(part, from - start, to - from, from - first));
                filled += to - from;
            }

            at += partRecords;
        }

        var readers = isParallel ? Math.Min(MostReaders, Environment.ProcessorCount) : 1;
        ParallelLoop.For(visits.Count, readers, i => visits[i]());
        return filled;
    }

    private void CheckFilled(long filled, long records)
    {
        if (filled != records)
        {
            throw new BadInputException(
                $"{_folder}: '{_tensor.Name}' holds {filled} of {records} records. Check the run with `inspect verify`.");
        }
    }

    private void ReadRows(TensorPart part, long firstRow, long rows, Target target, int offset)
    {
        using var file = Open(part);
        file.ReadRows(
            firstRow, rows, (row, count, values) => target.TakeRows(values, count, _length, _size, offset + (int)row));
    }

    private ActivationFileReader Open(TensorPart part)
    {
        var file = ActivationFileReader.Open(RunPaths.Full(_folder, part.Path));
        if (file.Type.Element() != _type || file.Length != _length || file.Rows != part.Rows)
        {
            var found = $"{file.Rows} rows of {file.Length?.ToString() ?? "?"} {file.Type}";
            file.Dispose();
            throw new BadInputException(
                $"{part.Path}: it holds {found}; the run says {part.Rows} rows of "
                + $"{_length} {_type.DisplayName()} of '{_tensor.Name}'. Check the run with `inspect verify`.");
        }

        return file;
    }

    private void ReadBlocks(TensorPart part, long firstRow, long rows, Target target, int offset)
    {
        foreach (var group in Enumerable.Range(0, target.Channels.Length)
            .GroupBy(i => target.Channels[i] / ChannelBlocks.BlockChannels))
        {
            var channel = target.Channels[group.First()];
            var record = part.Blocks.FirstOrDefault(
                b => b.Channels is { } range && channel >= range.First && channel < range.First + range.Count)
                ?? throw new BadInputException(
                    $"{_folder}: no file by channels holds channel {channel} of '{_tensor.Name}'. Check the run with "
                        + "`inspect verify`.");
            using var file = ChannelBlockReader.Open(RunPaths.Full(_folder, record.Path));
            if (file.Type.Element() != _type || file.Rows != part.Rows
                || file.FirstChannel != record.Channels!.First || file.Channels != record.Channels.Count)
            {
                throw new BadInputException(
                    $"{record.Path}: it holds {file.Rows} rows of {file.Channels} {file.Type} from channel "
                        + $"{file.FirstChannel}; the run says {part.Rows} rows of "
                    + $"{record.Channels!.Count} {_type.DisplayName()} from channel {record.Channels.First}. Check "
                    + "the run with `inspect verify`.");
            }

            foreach (var i in group)
            {
                file.Read(target.Channels[i], firstRow, rows, (row, values) => target.TakeChannel(
                    values, i, _size, offset + (int)row));
            }
        }
    }

    /// <summary>Takes values and puts them where they belong.</summary>
    /// <param name="Bytes">The values of the result.</param>
    /// <param name="Channels">The channels to take; all, as they are, where empty.</param>
    /// <param name="ChannelStride">Values from one channel to the next.</param>
    /// <param name="RowStride">Values from one row to the next.</param>
    /// <param name="Every">Of so many rows one is taken.</param>
    /// <param name="Position">Which of them, from 0.</param>
    private sealed record Target(
        byte[] Bytes, int[] Channels, int ChannelStride, int RowStride, int Every, int Position)
    {
        public void TakeRows(ReadOnlySpan<byte> values, int rows, int length, int size, int offset)
        {
            if (Channels.Length == 0)
            {
                values.CopyTo(Bytes.AsSpan(checked((int)((long)offset * length * size))));
                return;
            }

            for (var i = 0; i < Channels.Length; i++)
            {
                Spread(values, Channels[i], length, rows, i, size, offset);
            }
        }

        public void TakeChannel(ReadOnlySpan<byte> values, int index, int size, int offset)
        {
            if (RowStride == 1 && Every == 1)
            {
                values.CopyTo(Bytes.AsSpan((int)((((long)index * ChannelStride) + offset) * size)));
            }
            else
            {
                Spread(values, 0, 1, values.Length / size, index, size, offset);
            }
        }

        /// <summary>Takes of rows of <paramref name="length"/> values the one at <paramref name="column"/>.</summary>
        private void Spread(
            ReadOnlySpan<byte> rows, int column, int length, int rowCount, int index, int size, int offset)
        {
            var skipped = (((Position - offset) % Every) + Every) % Every;
            if (skipped >= rowCount)
            {
                return;
            }

            var values = rows[(((skipped * length) + column) * size)..];
            var step = length * Every;
            var count = ((rowCount - skipped - 1) / Every) + 1;
            offset = (offset + skipped) / Every;
            switch (size)
            {
                case 1:
                    Spread<byte>(values, step, count, index, offset);
                    break;
                case 4:
                    Spread<int>(values, step, count, index, offset);
                    break;
                default:
                    Spread<long>(values, step, count, index, offset);
                    break;
            }
        }

        private void Spread<T>(ReadOnlySpan<byte> bytes, int step, int count, int index, int offset)
            where T : unmanaged
        {
            var values = MemoryMarshal.Cast<byte, T>(bytes);
            var target = MemoryMarshal.Cast<byte, T>(Bytes.AsSpan());
            var at = ((long)index * ChannelStride) + ((long)offset * RowStride);
            for (var i = 0; i < count; i++)
            {
                target[(int)at] = values[i * step];
                at += RowStride;
            }
        }
    }
}

/// <summary>The files of one tensor in one segment.</summary>
/// <param name="Rows">Its rows.</param>
/// <param name="Path">The file of rows, relative to the run.</param>
/// <param name="Blocks">Files by channels; none where the run has none.</param>
internal sealed record TensorPart(long Rows, string Path, IReadOnlyList<FileRecord> Blocks);
