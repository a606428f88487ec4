using Toolkit.Formats.Checkpoints.Sources;
using Toolkit.Formats.Tensors;

namespace Toolkit.Formats.Checkpoints.Hdf5;

/// <summary>One dataset: its type, shape and layout become a tensor.</summary>
/// <remarks>
/// Source: HDF5 File Format Specification 3.0, IV.A.2.b (dataspace), IV.A.2.i (layout, versions 3 and 4).
/// </remarks>
internal sealed class Hdf5Dataset(ByteSource source, ByteSource tables, CheckpointLimits limits)
{
    private const int Dataspace = 0x01;
    private const int Datatype = 0x03;
    private const int ExternalFiles = 0x07;
    private const int Layout = 0x08;
    private const int FilterPipeline = 0x0b;
    private const long SmallBytes = 64 << 20;

    public void AddTo(CheckpointContent content, string name, List<Hdf5Message> messages)
    {
        if (messages.Exists(static message => message.IsShared && message.Type is Dataspace))
        {
            content.AddUnreadable(
                name, "its shape is shared with others (a table of shared messages), which is not read.");
            return;
        }

        if (messages.Exists(static message => message.Type == ExternalFiles))
        {
            content.AddUnreadable(name, "its elements lie in another file, which is not opened.");
            return;
        }

        var (type, isBigEndian, elementBytes, description) = Hdf5Type.Read(
            tables, Hdf5Object.Resolve(tables, Find(messages, Datatype, name)).Start);
        if (type == ElementType.Undefined)
        {
            content.AddUnreadable(name, $"its elements are not of a type that is read ({description}).");
            return;
        }

        if (Space(messages, name) is not var (extents, maximum))
        {
            content.AddUnreadable(name, "it has no elements (a null dataspace).");
            return;
        }

        var shape = CheckedShape.Create($"{source.Name}: '{name}'", extents);
        var size = checked(shape.Count * elementBytes);
        var filters =
            messages.FirstOrDefault(static message => message.Type == FilterPipeline) is { Size: > 0 } pipeline
                ? Hdf5Filters.Read(tables, pipeline.Start)
                : Hdf5Filters.None;
        if (filters.Unknown is { } filter)
        {
            content.AddUnreadable(
                name, $"it is compressed by {filter}; deflate, LZF, shuffle and Fletcher-32 are read.");
            return;
        }

        var fill = Hdf5FillValue.Read(tables, messages, elementBytes);
        var storage = Storage(
            name,
            Find(messages, Layout, name),
            extents,
            maximum,
            elementBytes,
            size,
            fill,
            filters,
            isBigEndian,
            out var reason);
        if (storage is null)
        {
            content.AddUnreadable(name, reason);
            return;
        }

        content.Add(new CheckpointTensor(name, type, shape, storage)
        {
            SourceType = description,
            Notes = isBigEndian ? ["big-endian to little-endian"] : [],
        });
    }

    private TensorStorage? Storage(
        string name, Hdf5Message message, long[] extents,
        long[] maximum, int elementBytes, long size, Hdf5FillValue fill, Hdf5Filters filters, bool isBigEndian,
        out string reason)
    {
        reason = string.Empty;
        var cursor = new Hdf5Cursor(tables, message.Start);
        var version = cursor.Byte();
        var kind = cursor.Byte();
        if (version is not (3 or 4) || kind > 2)
        {
            reason = $"its layout (version {version}, class {kind}) is not read; save the file again with h5py.";
            return null;
        }

        if (kind == 0)
        {
            var bytes = cursor.UInt16();
            return new SourceStorage(name, source, cursor.Position, bytes) { IsBigEndian = isBigEndian };
        }

        if (kind == 1)
        {
            var address = cursor.Int64();
            var bytes = cursor.Int64();
            if (address == -1 && size > 0)
            {
                return IsTooLarge(size, out reason) ? null : new LoadedStorage(name, size, () =>
                {
                    var bytes = new byte[size];
                    fill.Fill(bytes);
                    return bytes;
                })
                {
                    IsBigEndian = isBigEndian,
                };
            }

            if (size > 0 && (address < 0 || bytes < 0 || bytes > source.Length - address))
            {
                throw new BadInputException(
                    $"{source.Name}: '{name}' should lie at {address} with {bytes} bytes; the file has "
                        + $"{source.Length}: it is truncated.");
            }

            return new SourceStorage(name, source, Math.Max(0, address), size > 0 ? bytes : 0)
            {
                IsBigEndian = isBigEndian,
            };
        }

        if (extents.Length == 0 || Array.Exists(extents, static extent => extent == 0))
        {
            return new LoadedStorage(name, 0, static () => []);
        }

        return IsTooLarge(size, out reason)
            ? null
            : Chunked(
                name,
                version,
                cursor,
                extents,
                maximum,
                elementBytes,
                (int)size,
                fill,
                filters,
                isBigEndian,
                out reason);
    }

    /// <summary>Compression and fill values let a small file promise much.</summary>
    private bool IsTooLarge(long size, out string reason)
    {
        var isTooLarge = size > Math.Max(SmallBytes, source.Length * limits.MaxInflation) || size > Array.MaxLength;
        reason = isTooLarge ? $"it would take {size} bytes, too many for a file of {source.Length}." : string.Empty;
        return isTooLarge;
    }

    private LoadedStorage? Chunked(
        string name, int version, Hdf5Cursor cursor, long[] extents,
        long[] maximum, int elementBytes, int size, Hdf5FillValue fill, Hdf5Filters filters, bool isBigEndian,
        out string reason)
    {
        reason = string.Empty;
        var where = $"{source.Name}: '{name}'";
        var flags = version == 4 ? cursor.Byte() : 0;
        var rank = cursor.Byte() - 1;
        var width = 4;
        var tree = 0L;
        if (version == 4)
        {
            width = cursor.Byte();
        }
        else
        {
            tree = cursor.Int64();
        }

        if (rank != extents.Length || width is < 1 or > 8)
        {
            throw new BadInputException(
                $"{where}: chunks of {rank} dimensions for a dataset of {extents.Length}: the file is damaged.");
        }

        var chunk = new long[rank];
        for (var axis = 0; axis < rank; axis++)
        {
            chunk[axis] = cursor.Number(width);
        }

        if (Array.Exists(chunk, static extent => extent <= 0)
            || chunk.Aggregate(1.0, static (product, extent) => product * extent) * elementBytes > Math.Max(
                SmallBytes, 64.0 * size))
        {
            throw new BadInputException($"{where}: chunks of [{string.Join(", ", chunk)}]: the file is damaged.");
        }

        cursor.Skip(width);
        var grid = new Hdf5ChunkGrid(extents, maximum, chunk);
        if (grid.Count > Math.Max(1024, source.Length))
        {
            throw new BadInputException(
                $"{where}: {grid.Count} chunks in a file of {source.Length} bytes: the file is damaged.");
        }

        var kind = version == 3 ? 0 : cursor.Byte();
        var chunkBytes =
            checked((int)(chunk.Aggregate(1L, static (product, extent) => checked(product * extent)) * elementBytes));
        long singleBytes = chunkBytes;
        uint mask = 0;
        switch (kind)
        {
            case 1 when (flags & 2) != 0:
                singleBytes = cursor.Int64();
                mask = cursor.UInt32();
                break;
            case 3:
                cursor.Skip(1);
                break;
            case 4:
                cursor.Skip(5);
                break;
            case 5:
                cursor.Skip(6);
                break;
            case > 5:
                reason = $"its chunks are indexed in a way (number {kind}) that is not known; save the file with "
                    + "h5py's default libver.";
                return null;
        }

        var address = kind == 0 ? tree : cursor.Int64();
        return new LoadedStorage(name, size, () =>
        {
            try
            {
                var index = new Hdf5ChunkIndex(source, grid, chunkBytes, where);
                var chunks = kind switch
                {
                    0 => index.Tree(address),
                    1 => index.Single(address, singleBytes, mask),
                    2 => index.Implicit(address),
                    3 => index.FixedArray(address),
                    4 => index.ExtensibleArray(address),
                    _ => index.Tree2(address),
                };
                return new Hdf5Chunks(source, grid, chunkBytes, fill, elementBytes, filters, where).Load(chunks, size);
            }
            catch (OverflowException overflow)
            {
                throw new BadInputException(
                    $"{where}: a chunk at an address that no file can have: the file is damaged.", overflow);
            }
        })
        {
            IsBigEndian = isBigEndian,
        };
    }

    /// <summary>The shape and how far it may grow, -1 without end; null for a null dataspace.</summary>
    private (long[] Extents, long[] Maximum)? Space(List<Hdf5Message> messages, string name)
    {
        var cursor = new Hdf5Cursor(tables, Find(messages, Dataspace, name).Start);
        var version = cursor.Byte();
        var rank = cursor.Byte();
        var hasMaximum = (cursor.Byte() & 1) != 0;
        var kind = version == 2 ? cursor.Byte() : 1;
        cursor.Skip(version == 1 ? 5 : 0);
        if (version is not (1 or 2) || rank > limits.MaxRank)
        {
            throw new BadInputException(
                $"{source.Name}: '{name}' has a dataspace of version {version} with {rank} dimensions: the file is "
                    + "damaged.");
        }

        if (kind == 2)
        {
            return null;
        }

        var extents = new long[rank];
        for (var axis = 0; axis < rank; axis++)
        {
            extents[axis] = cursor.Int64();
        }

        var maximum = (long[])extents.Clone();
        for (var axis = 0; axis < rank && hasMaximum; axis++)
        {
            maximum[axis] = cursor.Int64();
            if (maximum[axis] != -1 && maximum[axis] < extents[axis])
            {
                throw new BadInputException(
                    $"{source.Name}: '{name}' has {extents[axis]} elements along a dimension of at most "
                        + $"{maximum[axis]}: the file is damaged.");
            }
        }

        return (extents, maximum);
    }

    private Hdf5Message Find(List<Hdf5Message> messages, int type, string name)
    {
        var at = messages.FindIndex(message => message.Type == type);
        return at >= 0 ? messages[at] : throw new BadInputException(
            $"{source.Name}: '{name}' lacks the description of its type or shape: the file is damaged.");
    }
}
