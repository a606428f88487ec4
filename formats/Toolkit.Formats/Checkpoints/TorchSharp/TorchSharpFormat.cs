using Toolkit.Formats.Checkpoints.Scanning;
using Toolkit.Formats.Checkpoints.Sources;
using Toolkit.Formats.Tensors;

namespace Toolkit.Formats.Checkpoints.TorchSharp;

/// <summary>
/// What TorchSharp's <c>Module.save</c> writes: the number of tensors, then for each its name, type, shape and
/// elements. There is no magic number, so a file is one exactly if its table leads from the first byte to the last.
/// </summary>
internal sealed class TorchSharpFormat : ICheckpointFormat
{
    public bool Recognises(ByteSource source)
    {
        try
        {
            Read(source, CheckpointLimits.Default, new ScanLog());
            return true;
        }
        catch (BadInputException)
        {
            return false;
        }
    }

    public CheckpointContent Read(ByteSource source, CheckpointLimits limits, ScanLog scan)
    {
        scan.Format = "TorchSharp";
        var content = new CheckpointContent(source.Name, limits);
        var at = 0L;
        var count = ReadNumber(source, ref at);
        if (count == 0 || count > limits.MaxTensors)
        {
            throw Bad(source, at);
        }

        for (var i = 0L; i < count; i++)
        {
            var nameBytes = ReadNumber(source, ref at);
            if (nameBytes > limits.MaxNameBytes)
            {
                throw Bad(source, at);
            }

            var name = System.Text.Encoding.UTF8.GetString(source.ReadBytes(at, nameBytes));
            at += nameBytes;
            var type = TypeOf(ReadNumber(source, ref at));
            var rank = ReadNumber(source, ref at);
            if (type == ElementType.Undefined || rank > limits.MaxRank || name.Contains('\0', StringComparison.Ordinal))
            {
                throw Bad(source, at);
            }

            var extents = new long[rank];
            for (var axis = 0; axis < rank; axis++)
            {
                extents[axis] = ReadNumber(source, ref at);
            }

            var shape = CheckedShape.Create(source.Name, extents);
            if (shape.Count > (source.Length - at) / (type.SizeBits() / 8))
            {
                throw Bad(source, at);
            }

            var size = type.SizeBytes(shape.Count);
            content.Add(new CheckpointTensor(name, type, shape, new SourceStorage(name, source, at, size)));
            at += size;
        }

        return at == source.Length ? content : throw Bad(source, at);
    }

    /// <summary>torch's ScalarType numbers.</summary>
    private static ElementType TypeOf(long number) => number switch
    {
        0 => ElementType.UInt8,
        1 => ElementType.Int8,
        2 => ElementType.Int16,
        3 => ElementType.Int32,
        4 => ElementType.Int64,
        5 => ElementType.Float16,
        6 => ElementType.Float32,
        7 => ElementType.Float64,
        9 => ElementType.Complex64,
        10 => ElementType.Complex128,
        11 => ElementType.Boolean,
        15 => ElementType.BFloat16,
        _ => ElementType.Undefined,
    };

    /// <summary>A number in groups of seven bits, the lowest first.</summary>
    private static long ReadNumber(ByteSource source, ref long at)
    {
        var value = 0L;
        Span<byte> one = stackalloc byte[1];
        for (var shift = 0; shift < 63; shift += 7)
        {
            source.Read(at++, one);
            value |= (long)(one[0] & 0x7f) << shift;
            if ((one[0] & 0x80) == 0)
            {
                return value >= 0 ? value : throw Bad(source, at);
            }
        }

        throw Bad(source, at);
    }

    private static BadInputException Bad(ByteSource source, long at) =>
        new($"{source.Name}: the table of a TorchSharp file breaks off at byte {at}.");
}
