using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Toolkit.Formats.Checkpoints.Scanning;
using Toolkit.Formats.Checkpoints.Sources;
using Toolkit.Formats.Tensors;

namespace Toolkit.Formats.Checkpoints;

/// <summary>
/// The tensors of a file that somebody trained: PyTorch, safetensors, numpy and others, told apart by content. Opening
/// reads only the tables; elements are read when asked for. Nothing in the file is ever executed.
/// </summary>
/// <remarks>Reading from several threads at once is allowed. Dispose closes the file.</remarks>
public sealed class Checkpoint : IDisposable
{
    private const int MessageLength = 1_000;
    private readonly ByteSource _source;
    private readonly CheckpointContent _content;
    private readonly TensorReader _reader;
    private readonly Dictionary<string, CheckpointTensor> _byName;
    private readonly Dictionary<string, CheckpointTensor> _firstOfStorage;

    private Checkpoint(ByteSource source, CheckpointContent content, CheckpointLimits limits, ScanReport scan)
    {
        _source = source;
        _content = content;
        _reader = new TensorReader(source.Name, limits);
        Scan = scan;
        Tensors = [.. content.Tensors];
        Unreadable = [.. content.Unreadable];
        Metadata = content.Metadata.ToImmutableSortedDictionary(StringComparer.Ordinal);
        _byName = content.Tensors.ToDictionary(static tensor => tensor.Name, StringComparer.Ordinal);
        _firstOfStorage = content.Tensors.DistinctBy(static tensor => tensor.StorageName).ToDictionary(
            static tensor => tensor.StorageName, StringComparer.Ordinal);
    }

    /// <summary>The file's name, without its folder.</summary>
    public string Name => _source.Name;

    /// <summary>The format that the content shows: <c>PyTorch zip</c>, <c>safetensors</c> …</summary>
    public string Format => Scan.Format;

    /// <summary>The tensors in the file's order; names are unique.</summary>
    public ImmutableArray<CheckpointTensor> Tensors { get; }

    /// <summary>Tensors that the file holds but that cannot be read, with the reason; usually none.</summary>
    public ImmutableArray<UnreadableTensor> Unreadable { get; }

    /// <summary>The file's own metadata, as far as it is text.</summary>
    public ImmutableSortedDictionary<string, string> Metadata { get; }

    /// <summary>What the file holds beside data.</summary>
    public ScanReport Scan { get; }

    /// <summary>Bytes read from the file so far; after opening only the tables.</summary>
    public long BytesRead => _source.BytesRead;

    /// <summary>Opens a file.</summary>
    /// <param name="path">The file; for a sharded one the <c>index.json</c>.</param>
    /// <param name="limits">What the file may ask for; the default limits when null.</param>
    /// <returns>The checkpoint, which keeps the file open.</returns>
    /// <exception cref="BadInputException">There is no such file, its format is not known, or it breaks a rule of its
    /// format.</exception>
    public static Checkpoint Open(string path, CheckpointLimits? limits = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return Open(new FileByteSource(path), limits ?? CheckpointLimits.Default);
    }

    /// <summary>Opens a checkpoint that is already in memory.</summary>
    /// <param name="content">The file's bytes, which are not copied.</param>
    /// <param name="name">What messages call it.</param>
    /// <param name="limits">What it may ask for; the default limits when null.</param>
    /// <returns>The checkpoint.</returns>
    /// <exception cref="BadInputException">Its format is not known, or it breaks a rule of its format.</exception>
    public static Checkpoint Open(ReadOnlyMemory<byte> content, string name, CheckpointLimits? limits = null) =>
        Open(new MemoryByteSource(content, name), limits ?? CheckpointLimits.Default);

    /// <summary>Reports what a file holds beside data, also where the file cannot be read to its end.</summary>
    /// <param name="path">The file.</param>
    /// <param name="limits">What the file may ask for; the default limits when null.</param>
    /// <returns>The report; its <see cref="ScanReport.Failure"/> says where reading ended.</returns>
    /// <exception cref="BadInputException">There is no such file.</exception>
    public static ScanReport ScanFile(string path, CheckpointLimits? limits = null)
    {
        using var source = new FileByteSource(path);
        return ScanSource(source, limits ?? CheckpointLimits.Default);
    }

    /// <summary>
    /// Reports what a checkpoint in memory holds beside data, also where it cannot be read to its end.
    /// </summary>
    /// <param name="content">The file's bytes.</param>
    /// <param name="name">What messages call it.</param>
    /// <param name="limits">What it may ask for; the default limits when null.</param>
    /// <returns>The report.</returns>
    public static ScanReport ScanFile(ReadOnlyMemory<byte> content, string name, CheckpointLimits? limits = null)
    {
        using var source = new MemoryByteSource(content, name);
        return ScanSource(source, limits ?? CheckpointLimits.Default);
    }

    /// <summary>The tensor of a name.</summary>
    /// <param name="name">A name of <see cref="Tensors"/>.</param>
    /// <returns>The tensor.</returns>
    /// <exception cref="BadInputException">There is none; the message names the nearest.</exception>
    public CheckpointTensor Find(string name)
    {
        if (_byName.TryGetValue(name, out var tensor))
        {
            return tensor;
        }

        foreach (var unreadable in Unreadable)
        {
            if (unreadable.Name == name)
            {
                throw new BadInputException($"{Name}: {HostileText.Quote(name)} cannot be read: {unreadable.Reason}");
            }
        }

        throw new BadInputException(
            $"{Name}: there is no tensor {HostileText.Quote(name)}.{NearestName.Hint(name, _byName.Keys)} List them "
                + $"with `inspect weights {Name} --list`.");
    }

    /// <summary>The tensor of a name, where there is one.</summary>
    /// <param name="name">A name.</param>
    /// <param name="tensor">The tensor.</param>
    /// <returns>True where there is one.</returns>
    public bool TryFind(string name, [NotNullWhen(true)] out CheckpointTensor? tensor) =>
        _byName.TryGetValue(name, out tensor);

    /// <summary>Reads a tensor: dense, row-major, little-endian, in its own element type.</summary>
    /// <param name="name">A name of <see cref="Tensors"/>.</param>
    /// <returns>The tensor, in memory of its own.</returns>
    /// <exception cref="BadInputException">There is no such tensor, the file is damaged, or the tensor is over 2
    /// GiB.</exception>
    public HostTensor Read(string name) => Read(Find(name));

    /// <summary>Reads a tensor: dense, row-major, little-endian, in its own element type.</summary>
    /// <param name="tensor">One of <see cref="Tensors"/>.</param>
    /// <returns>The tensor, in memory of its own.</returns>
    /// <exception cref="BadInputException">The file is damaged, or the tensor is over 2 GiB.</exception>
    public HostTensor Read(CheckpointTensor tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        return _reader.Read(tensor);
    }

    /// <summary>Says whether parts of a tensor can be read without what lies beside them.</summary>
    /// <param name="tensor">One of <see cref="Tensors"/>.</param>
    /// <param name="axis">The axis along which it would be divided.</param>
    /// <returns>
    /// True for what lies in the file as it is, and along the first axis of what numpy compressed, where parts are best
    /// read in ascending order.
    /// </returns>
    public bool ReadsInParts(CheckpointTensor tensor, int axis)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        return tensor.Storage.Access switch
        {
            StorageAccess.Random => tensor.Type.SizeBits() >= 8,
            StorageAccess.Forward => tensor.Type.SizeBits() >= 8 && tensor.IsContiguous && axis == 0,
            _ => false,
        };
    }

    /// <summary>Reads some positions of one axis of a tensor, whole along all others.</summary>
    /// <param name="tensor">One of <see cref="Tensors"/>, of an element type of whole bytes.</param>
    /// <param name="axis">The axis.</param>
    /// <param name="first">The first position.</param>
    /// <param name="count">How many.</param>
    /// <returns>The part, of the same rank, in memory of its own.</returns>
    /// <exception cref="BadInputException">The file is damaged, or the part is over 2 GiB.</exception>
    public HostTensor Read(CheckpointTensor tensor, int axis, long first, long count)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        ArgumentOutOfRangeException.ThrowIfNegative(first);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, tensor.Shape[axis] - first);
        return _reader.Read(tensor.Part(axis, first, count));
    }

    /// <summary>
    /// Writes a tensor's dense row-major little-endian bytes to a stream, with 1 MiB of memory where it is contiguous
    /// and some 50 MiB where it lies in the file in another order.
    /// </summary>
    /// <param name="tensor">One of <see cref="Tensors"/>.</param>
    /// <param name="destination">Takes <see cref="CheckpointTensor.SizeBytes"/> bytes.</param>
    /// <exception cref="BadInputException">The file is damaged, or the tensor is over 2 GiB, not contiguous and
    /// compressed.</exception>
    public void CopyTo(CheckpointTensor tensor, Stream destination)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        ArgumentNullException.ThrowIfNull(destination);
        _reader.CopyTo(tensor, destination);
    }

    /// <summary>
    /// Says with which earlier tensor of the file one shares its bytes: <c>tied to</c> it where the two are the same
    /// elements in the same order, else <c>shares its storage with</c> it.
    /// </summary>
    /// <param name="tensor">One of <see cref="Tensors"/>.</param>
    /// <returns>The words and the first such tensor's name; null where there is none.</returns>
    public string? Sharing(CheckpointTensor tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        var first = _firstOfStorage[tensor.StorageName];
        return ReferenceEquals(first, tensor)
            ? null
            : tensor.IsTiedTo(first) ? $"tied to {first.Name}" : $"shares its storage with {first.Name}";
    }

    /// <summary>
    /// Where a tensor came from: file, key, type, shape, what reading does to it, and the hash of its bytes.
    /// </summary>
    /// <param name="tensor">One of <see cref="Tensors"/>; it is read once.</param>
    /// <returns>The lineage.</returns>
    /// <exception cref="BadInputException">The file is damaged.</exception>
    public TensorLineage Lineage(CheckpointTensor tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        using var hash = new HashStream();
        CopyTo(tensor, hash);
        var done = tensor.Notes.ToBuilder();
        if (!tensor.IsContiguous)
        {
            done.Add($"strides [{string.Join(", ", tensor.Strides)}] made row-major");
        }

        if (Sharing(tensor) is { } sharing)
        {
            done.Add(sharing);
        }

        return new TensorLineage(
            Name,
            Format,
            tensor.Name,
            tensor.Type.DisplayName(),
            [.. tensor.Shape.Dimensions],
            done.ToImmutable(),
            hash.Finish());
    }

    /// <summary>Closes the file.</summary>
    public void Dispose()
    {
        foreach (var owned in _content.Owned)
        {
            owned.Dispose();
        }

        _source.Dispose();
    }

    private static Checkpoint Open(ByteSource source, CheckpointLimits limits)
    {
        var scan = new ScanLog();
        try
        {
            var content = CheckpointFormats.Read(source, limits, scan);
            return new Checkpoint(source, content, limits, scan.ToReport(failure: null));
        }
        catch (BadInputException fault)
        {
            // The message may quote names from the file.
            source.Dispose();
            throw new BadInputException(HostileText.OneLine(fault.Message, MessageLength), fault);
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }

    private static ScanReport ScanSource(ByteSource source, CheckpointLimits limits)
    {
        var scan = new ScanLog();
        try
        {
            var content = CheckpointFormats.Read(source, limits, scan);
            foreach (var owned in content.Owned)
            {
                owned.Dispose();
            }

            return scan.ToReport(failure: null);
        }
        catch (BadInputException failure)
        {
            CheckpointFormats.ScanRefused(source, limits, scan);
            return scan.ToReport(HostileText.OneLine(failure.Message, MessageLength));
        }
    }
}
