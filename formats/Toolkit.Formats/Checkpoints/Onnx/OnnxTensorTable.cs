using System.Globalization;
using Toolkit.Formats.Checkpoints.Sources;
using Toolkit.Formats.Tensors;

namespace Toolkit.Formats.Checkpoints.Onnx;

/// <summary>One TensorProto: its description, and where its elements are.</summary>
internal sealed class OnnxTensorTable
{
    private const int TextLimit = 1 << 16;
    private readonly List<long> _dimensions = [];
    private readonly List<(int Field, int WireType, ulong Value, long Start, long Length)> _typed = [];
    private readonly Dictionary<string, string> _external = new(StringComparer.Ordinal);
    private ElementType _type;
    private (long Start, long Length)? _raw;
    private bool _isExternal;
    private bool _isSegment;

    public string Name { get; private set; } = string.Empty;

    public static OnnxTensorTable Read(WireReader message, CheckpointLimits limits)
    {
        var tensor = new OnnxTensorTable();
        while (message.Next())
        {
            switch (message.Field)
            {
                case 1:
                    message.AddVarints(tensor._dimensions, limits.MaxRank);
                    break;
                case 2:
                    tensor._type = message.Value <= (ulong)ElementType.Int2
                        ? (ElementType)message.Value
                        : ElementType.Undefined;
                    break;
                case 3:
                    tensor._isSegment = true;
                    break;
                case 4 or 5 or 7 or 10 or 11:
                    tensor._typed.Add((message.Field, message.WireType, message.Value, message.Start, message.Length));
                    break;
                case 8:
                    tensor.Name = message.Text(TextLimit);
                    break;
                case 9:
                    tensor._raw = (message.Start, message.WireType == 2 ? message.Length : 0);
                    break;
                case 13:
                    var (key, value) = ReadPair(message.Message());
                    tensor._external[key] = value;
                    break;
                case 14:
                    tensor._isExternal = message.Value == 1;
                    break;
            }
        }

        return tensor;
    }

    /// <summary>Adds the tensor, or the reason why it cannot be read.</summary>
    public void AddTo(CheckpointContent content, string name, ByteSource source, OnnxExternalFiles files)
    {
        if (_type is ElementType.Undefined or ElementType.Text || _isSegment)
        {
            content.AddUnreadable(name, _type == ElementType.Text
                ? "its elements are texts, not numbers."
                : _isSegment ? "it is split into segments, which no runtime reads." : "it has no known element type.");
            return;
        }

        var shape = CheckedShape.Create($"{source.Name}: '{name}'", _dimensions.ToArray());
        long size;
        try
        {
            size = _type.SizeBytes(shape.Count);
        }
        catch (OverflowException overflow)
        {
            throw new BadInputException($"{source.Name}: '{name}' {shape} has a size that no file can have.", overflow);
        }

        TensorStorage storage;
        var note = string.Empty;
        if (_isExternal)
        {
            if (!files.TryOpen(_external, size, out var file, out var start, out var reason))
            {
                content.AddUnreadable(name, reason);
                return;
            }

            storage = new SourceStorage($"{file.Name}@{start}", file, start, size);
            note = $"external data in {file.Name}";
        }
        else if (_raw is { } raw && (raw.Length > 0 || _typed.Count == 0))
        {
            if (raw.Length != size)
            {
                throw new BadInputException(
                    $"{source.Name}: '{name}' {_type.DisplayName()} {shape} takes {size} bytes, its raw_data has "
                        + $"{raw.Length}.");
            }

            storage = new SourceStorage($"{source.Name}@{raw.Start}", source, raw.Start, size);
        }
        else
        {
            // Each element takes at least a byte in the typed fields, so the file's size bounds what is promised here.
            var typedBytes = _typed.Sum(field => field.WireType == 2 ? field.Length : 8);
            if (size > Array.MaxLength || (size > 0 && shape.Count > typedBytes * 4))
            {
                throw new BadInputException(
                    $"{source.Name}: '{name}' {_type.DisplayName()} {shape} has only {typedBytes} bytes of elements.");
            }

            storage = new LoadedStorage($"{source.Name}, {name}", size, () => Decode(source, name, (int)size));
            note = "typed field to raw bytes";
        }

        content.Add(new CheckpointTensor(name, _type, shape, storage) { Notes = note.Length == 0 ? [] : [note] });
    }

    private static (string Key, string Value) ReadPair(WireReader message)
    {
        string key = string.Empty, value = string.Empty;
        while (message.Next())
        {
            if (message.Field == 1)
            {
                key = message.Text(TextLimit);
            }
            else if (message.Field == 2)
            {
                value = message.Text(TextLimit);
            }
        }

        return (key, value);
    }

    /// <summary>Packs the numbers of the typed fields as raw_data would have them.</summary>
    private byte[] Decode(ByteSource source, string name, int size)
    {
        var field = _type switch
        {
            ElementType.Float32 or ElementType.Complex64 => 4,
            ElementType.Int64 => 7,
            ElementType.Float64 or ElementType.Complex128 => 10,
            ElementType.UInt32 or ElementType.UInt64 => 11,
            _ => 5,
        };
        var unit = _type switch
        {
            ElementType.Complex64 => 4,
            ElementType.Complex128 => 8,
            _ => Math.Max(1, _type.SizeBits() / 8),
        };
        using var bytes = new MemoryStream(size);
        Span<byte> number = stackalloc byte[8];
        foreach (var part in _typed.Where(part => part.Field == field))
        {
            if (field is 4 or 10 && part.WireType == 2)
            {
                bytes.Write(source.ReadBytes(part.Start, part.Length));
                continue;
            }

            var numbers = new List<long>();
            if (part.WireType == 2)
            {
                var outer = new WireReader(new BufferedByteSource(source), part.Start, part.Length, source.Name);
                outer.AddPacked(numbers, int.MaxValue);
            }
            else
            {
                numbers.Add((long)part.Value);
            }

            foreach (var value in numbers)
            {
                System.Buffers.Binary.BinaryPrimitives.WriteInt64LittleEndian(number, value);
                bytes.Write(number[..unit]);
            }
        }

        return bytes.Length == size
            ? bytes.ToArray()
            : throw new BadInputException(string.Create(
                CultureInfo.InvariantCulture,
                $"{source.Name}: '{name}' takes {size} bytes, its typed fields give {bytes.Length}."));
    }
}
