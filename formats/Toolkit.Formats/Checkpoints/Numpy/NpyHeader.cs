using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Toolkit.Formats.Checkpoints.Sources;
using Toolkit.Formats.Tensors;

namespace Toolkit.Formats.Checkpoints.Numpy;

/// <summary>
/// The header of one .npy array: magic, version, a Python dictionary as text. Parsed, never evaluated.
/// </summary>
/// <param name="Description">The type, such as <c>&lt;f4</c>; a record's description as it stands.</param>
/// <param name="IsFortran">True where the first dimension is the fastest.</param>
/// <param name="Shape">Extents.</param>
/// <param name="DataStart">Bytes before the elements.</param>
/// <remarks>Source: numpy.lib.format, versions 1.0 to 3.0.</remarks>
internal sealed record NpyHeader(string Description, bool IsFortran, ImmutableArray<long> Shape, int DataStart)
{
    /// <summary>The first bytes of every .npy file.</summary>
    public static ReadOnlySpan<byte> Magic => [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y'];

    private const int MaxHeaderBytes = 1 << 20;

    public static bool Recognises(ByteSource source)
    {
        if (source.Length < 10)
        {
            return false;
        }

        Span<byte> first = stackalloc byte[6];
        source.Read(0, first);
        return first.SequenceEqual(Magic);
    }

    public static NpyHeader Read(ByteSource source)
    {
        var prefix = source.ReadBytes(0, Math.Min(12, source.Length)).AsSpan();
        if (prefix.Length < 10 || !prefix.StartsWith(Magic))
        {
            throw new BadInputException($"{source.Name}: not a .npy array: its first bytes are wrong.");
        }

        var version = prefix[6];
        if (version is < 1 or > 3 || (version > 1 && prefix.Length < 12))
        {
            throw new BadInputException($"{source.Name}: .npy version {version}; 1 to 3 are known.");
        }

        var start = version == 1 ? 10 : 12;
        var length = version == 1
            ? BinaryPrimitives.ReadUInt16LittleEndian(prefix[8..])
            : BinaryPrimitives.ReadUInt32LittleEndian(prefix[8..]);
        if (length > MaxHeaderBytes)
        {
            throw new BadInputException(
                $"{source.Name}: a header of {length} bytes; at most {MaxHeaderBytes} are read.");
        }

        var bytes = source.ReadBytes(start, length);
        var text = version == 3 ? Encoding.UTF8.GetString(bytes) : Encoding.Latin1.GetString(bytes);
        return new Parser(source.Name, text).Parse(start + (int)length);
    }

    /// <summary>
    /// Writes magic, version 1.0 and the dictionary, padded so that the elements start at a multiple of 64.
    /// </summary>
    public static byte[] Write(ElementType type, TensorShape shape)
    {
        var description = NumpyType.Describe(type)
            ?? throw new ArgumentException($"numpy has no {type.DisplayName()}.", nameof(type));
        var extents = string.Join(", ", shape.Dimensions.ToArray()) + (shape.Rank == 1 ? "," : string.Empty);
        var text = $"{{'descr': '{description}', 'fortran_order': False, 'shape': ({extents}), }}";
        var padded = ((10 + text.Length + 1 + 63) / 64 * 64) - 10;
        var bytes = new byte[10 + padded];
        Magic.CopyTo(bytes);
        bytes[6] = 1;
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(8), checked((ushort)padded));
        Encoding.Latin1.GetBytes(text.PadRight(padded - 1) + "\n", bytes.AsSpan(10));
        return bytes;
    }

    /// <summary>Adds the array to the checkpoint, or the reason why it cannot be read.</summary>
    /// <param name="content">Takes it.</param>
    /// <param name="name">The tensor's name.</param>
    /// <param name="storage">The elements' storage, given the byte order.</param>
    public void AddTo(CheckpointContent content, string name, Func<bool, TensorStorage> storage)
    {
        if (!NumpyType.TryParse(Description, out var type, out var isBigEndian, out var reason))
        {
            content.AddUnreadable(name, reason);
            return;
        }

        var shape = CheckedShape.Create(name, Shape.AsSpan());
        content.Add(new CheckpointTensor(
            name, type, shape, storage(isBigEndian), strides: IsFortran ? StridedLayout.ColumnMajor(shape) : default)
        {
            SourceType = Description,
            Notes = isBigEndian ? ["big-endian to little-endian"] : [],
        });
    }

    /// <summary>
    /// Reads just the subset of Python that numpy writes: {'key': 'text' | True | False | (numbers) | [records]}.
    /// </summary>
    private sealed class Parser(string where, string text)
    {
        private int _at;

        public NpyHeader Parse(int dataStart)
        {
            string? description = null;
            bool? isFortran = null;
            ImmutableArray<long>? shape = null;
            Expect('{');
            while (!TryTake('}'))
            {
                var key = Quoted();
                Expect(':');
                switch (key)
                {
                    case "descr" when description is null:
                        description = Peek() is '[' or '(' ? "V" + Brackets() : Quoted();
                        break;
                    case "fortran_order" when isFortran is null:
                        isFortran = Word() switch { "True" => true, "False" => false, _ => throw Bad() };
                        break;
                    case "shape" when shape is null:
                        shape = Tuple();
                        break;
                    default:
                        throw Bad();
                }

                if (!TryTake(','))
                {
                    Expect('}');
                    break;
                }
            }

            return description is not null && isFortran is not null && shape is not null
                ? new NpyHeader(description, isFortran.Value, shape.Value, dataStart)
                : throw Bad();
        }

        private ImmutableArray<long> Tuple()
        {
            var extents = ImmutableArray.CreateBuilder<long>();
            Expect('(');
            while (!TryTake(')'))
            {
                var start = SkipSpace();
                while (_at < text.Length && char.IsAsciiDigit(text[_at]))
                {
                    _at++;
                }

                extents.Add(long.TryParse(
                    text.AsSpan(start, _at - start), NumberStyles.None, CultureInfo.InvariantCulture, out var extent)
                    ? extent
                    : throw Bad());
                TryTake('L'); // Python 2 wrote long numbers so.
                if (!TryTake(','))
                {
                    Expect(')');
                    break;
                }
            }

            return extents.ToImmutable();
        }

        private string Quoted()
        {
            SkipSpace();
            var quote = Peek();
            var end = quote is '\'' or '"' ? text.IndexOf(quote, _at + 1) : -1;
            if (end < 0)
            {
                throw Bad();
            }

            var content = text[(_at + 1)..end];
            _at = end + 1;
            return content;
        }

        private string Brackets()
        {
            var start = _at;
            var depth = 0;
            do
            {
                var c = Peek();
                depth += c is '[' or '(' ? 1 : c is ']' or ')' ? -1 : 0;
                _at++;
            }
            while (depth > 0);
            return text[start.._at];
        }

        private string Word()
        {
            var start = SkipSpace();
            while (_at < text.Length && char.IsAsciiLetter(text[_at]))
            {
                _at++;
            }

            return text[start.._at];
        }

        private char Peek()
        {
            SkipSpace();
            return _at < text.Length ? text[_at] : throw Bad();
        }

        private bool TryTake(char expected)
        {
            SkipSpace();
            if (_at < text.Length && text[_at] == expected)
            {
                _at++;
                return true;
            }

            return false;
        }

        private void Expect(char expected)
        {
            if (!TryTake(expected))
            {
                throw Bad();
            }
        }

        private int SkipSpace()
        {
            while (_at < text.Length && char.IsWhiteSpace(text[_at]))
            {
                _at++;
            }

            return _at;
        }

        private BadInputException Bad() => new(
            $"{where}: the .npy header is damaged at character {_at}: a dictionary with descr, fortran_order and "
                + "shape is expected.");
    }
}
