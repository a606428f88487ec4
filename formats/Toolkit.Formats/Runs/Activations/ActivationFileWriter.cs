using System.Globalization;
using System.Runtime.InteropServices;
using Apache.Arrow;
using Apache.Arrow.Ipc;
using Apache.Arrow.Types;

namespace Toolkit.Formats.Runs.Activations;

/// <summary>
/// Writes one file of activations: Parquet with the columns <c>sample_id</c>, <c>position</c>, <c>values</c> and, where
/// shapes differ between samples, <c>shape</c>. Values go to the file page by page; nothing but a page is held in
/// memory.
/// </summary>
/// <remarks>
/// Why not the general writer: lists of one constant length need no level arrays (8 bytes a value there), and raw
/// values can go from where they are to the file. Source of the format: Apache Parquet, <c>README.md</c> and
/// <c>parquet.thrift</c>.
/// </remarks>
public sealed class ActivationFileWriter : IDisposable
{
    /// <summary>The key of the footer's metadata that holds the length of all lists.</summary>
    internal const string LengthKey = "toolkit.list_length";

    private const long RowGroupBytes = 64L << 20;
    private const int MaximumRowGroupRows = 1 << 20;

    private readonly StoredType _type;
    private readonly int? _length;
    private readonly CountingStream _output;
    private readonly ListColumnWriter _values;
    private readonly ListColumnWriter? _shapes;
    private readonly List<long> _samples = [];
    private readonly List<long> _positions = [];
    private readonly List<(IReadOnlyList<ColumnChunk> Columns, int Rows)> _groups = [];
    private readonly int _rowsPerGroup;
    private MemoryStream _shapeBytes = new();
    private CountingStream _shapeOutput;
    private long _groupBytes;
    private bool _isComplete;

    /// <summary>Begins a file.</summary>
    /// <param name="output">Takes the file; stays open.</param>
    /// <param name="type">The type of the values.</param>
    /// <param name="length">Elements of every list; null where lists differ, and the file gets a column
    /// <c>shape</c>.</param>
    /// <param name="policy">What the encoding is chosen for.</param>
    /// <param name="encoding">The encoding, where it is already known; null to choose it on the first pages.</param>
    public ActivationFileWriter(
        Stream output, StoredType type, int? length, EncodingPolicy policy, ActivationEncoding? encoding = null)
    {
        _type = type;
        _length = length;
        _output = new CountingStream(output);
        _values = new ListColumnWriter("values", type, type == StoredType.Text ? null : length, policy, encoding);
        if (length is null)
        {
            _shapes = new ListColumnWriter(
                "shape", StoredType.Int64, null, policy, new ActivationEncoding(SplitsBytes: false, PageCodec.Zstd));
        }

        _shapeOutput = new CountingStream(_shapeBytes);
        var perGroup = RowGroupBytes / Math.Max(1, (length ?? 1L) * Math.Max(type.SizeBytes(), 1));
        _rowsPerGroup = (int)Math.Clamp(
            perGroup / _values.RowsPerPage * _values.RowsPerPage,
            Math.Min(_values.RowsPerPage, MaximumRowGroupRows),
            MaximumRowGroupRows);
        _output.Write("PAR1"u8);
        _output.Flush();
    }

    /// <summary>Rows written so far.</summary>
    public long Rows { get; private set; }

    /// <summary>The encoding of the values; null until enough rows were seen to choose.</summary>
    public ActivationEncoding? Encoding => _values.Encoding;

    /// <summary>Appends rows whose lists have the file's one length.</summary>
    /// <param name="samples">The sample of each row, ascending.</param>
    /// <param name="positions">The position of each row within its sample.</param>
    /// <param name="values">[rows, length], row-major, little-endian; truth values take one byte each.</param>
    public void Append(ReadOnlySpan<long> samples, ReadOnlySpan<int> positions, ReadOnlySpan<byte> values)
    {
        var rowBytes =
            (_length ?? throw new InvalidOperationException("This file's lists differ in length.")) * _type.SizeBytes();
        if (positions.Length != samples.Length
            || values.Length != (long)samples.Length * rowBytes
            || _type == StoredType.Text)
        {
            throw new ArgumentException(
                $"{samples.Length} samples, {positions.Length} positions and {values.Length} bytes do not make rows "
                    + $"of {rowBytes} bytes.");
        }

        while (!samples.IsEmpty)
        {
            var take = Math.Min(samples.Length, _rowsPerGroup - _samples.Count);
            _values.Append(_output, take, values[..(take * rowBytes)]);
            AddIds(samples[..take], positions[..take]);
            if (_samples.Count == _rowsPerGroup)
            {
                EndGroup();
            }

            samples = samples[take..];
            positions = positions[take..];
            values = values[(take * rowBytes)..];
        }

        _output.Flush();
    }

    /// <summary>Appends one row with a list of any length.</summary>
    /// <param name="sample">The sample.</param>
    /// <param name="position">The position within the sample.</param>
    /// <param name="values">The list, little-endian.</param>
    /// <param name="shape">The shape of the sample's value.</param>
    public void AppendRagged(long sample, int position, ReadOnlySpan<byte> values, ReadOnlySpan<long> shape)
    {
        _values.AppendOne(_output, values.Length / _type.SizeBytes(), values);
        EndRagged(sample, position, values.Length, shape);
    }

    /// <summary>Appends one row with a list of texts.</summary>
    /// <param name="sample">The sample.</param>
    /// <param name="position">The position within the sample.</param>
    /// <param name="values">The texts.</param>
    /// <param name="shape">The shape of the sample's value; ignored where all have one shape.</param>
    public void AppendText(long sample, int position, ReadOnlySpan<string> values, ReadOnlySpan<long> shape)
    {
        var bytes = ListColumnWriter.Plain(values);
        _values.AppendOne(_output, values.Length, bytes);
        EndRagged(sample, position, bytes.Length, shape);
    }

    /// <summary>Writes the rest and the footer.</summary>
    /// <returns>Bytes and SHA-256 of the whole file.</returns>
    public (long Bytes, string Sha256) Complete()
    {
        if (_isComplete)
        {
            throw new InvalidOperationException("The file is complete already.");
        }

        _isComplete = true;
        EndGroup();
        FooterWriter.Write(_output, Schema(), _shapes is null ? 3 : 4, Rows, _groups, Metadata());
        _output.Flush();
        return (_output.Written, _output.Hash());
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _values.Dispose();
        _shapes?.Dispose();
        _shapeOutput.Dispose();
        _shapeBytes.Dispose();
        _output.Dispose();
    }

    private void EndRagged(long sample, int position, int bytes, ReadOnlySpan<long> shape)
    {
        _shapes?.AppendOne(_shapeOutput, shape.Length, MemoryMarshal.AsBytes(shape));
        AddIds([sample], [position]);
        _groupBytes += bytes;
        if (_groupBytes >= RowGroupBytes || _samples.Count == _rowsPerGroup)
        {
            EndGroup();
        }

        _output.Flush();
    }

    private void AddIds(ReadOnlySpan<long> samples, ReadOnlySpan<int> positions)
    {
        _samples.AddRange(samples);
        foreach (var position in positions)
        {
            _positions.Add(position);
        }

        Rows += samples.Length;
    }

    private void EndGroup()
    {
        if (_samples.Count == 0)
        {
            return;
        }

        var columns = new List<ColumnChunk> { _values.End(_output) };
        if (_shapes is not null)
        {
            var chunk = _shapes.End(_shapeOutput, _output.Written);
            _output.Write(_shapeBytes.GetBuffer().AsSpan(0, (int)_shapeBytes.Length));
            columns.Add(chunk);
            _shapeOutput.Dispose();
            _shapeBytes.Dispose();
            _shapeBytes = new MemoryStream();
            _shapeOutput = new CountingStream(_shapeBytes);
        }

        columns.Insert(0, IdColumn.Write(
            _output, "sample_id", ParquetType.Int64, CollectionsMarshal.AsSpan(_samples), withRange: true));
        columns.Insert(1, IdColumn.Write(
            _output, "position", ParquetType.Int32, CollectionsMarshal.AsSpan(_positions), withRange: false));
        _groups.Add((columns, _samples.Count));
        _samples.Clear();
        _positions.Clear();
        _groupBytes = 0;
    }

    private List<Action<ThriftWriter>> Schema()
    {
        List<Action<ThriftWriter>> elements =
        [
            e =>
            {
                e.Text(4, "schema");
                e.Int32(5, _shapes is null ? 3 : 4);
            },
            e => FooterWriter.Leaf(e, ParquetType.Int64, "sample_id", null),
            e => FooterWriter.Leaf(e, ParquetType.Int32, "position", null),
            .. List("values", _type),
        ];
        if (_shapes is not null)
        {
            elements.AddRange(List("shape", StoredType.Int64));
        }

        return elements;
    }

    private static List<Action<ThriftWriter>> List(string name, StoredType type) =>
    [
        e =>
        {
            e.Int32(3, 0);
            e.Text(4, name);
            e.Int32(5, 1);
            e.Int32(6, 3);
            e.Struct(10, () => e.Struct(3, () => { }));
        },
        e =>
        {
            e.Int32(3, 2);
            e.Text(4, "list");
            e.Int32(5, 1);
        },
        e => FooterWriter.Leaf(e, type.Physical(), "element", type),
    ];

    private List<(string Key, string Value)> Metadata()
    {
        List<(string, string)> pairs = [];
        if (_length is { } length)
        {
            pairs.Add((LengthKey, length.ToString(CultureInfo.InvariantCulture)));
        }

        if (ArrowSchema() is { } arrow)
        {
            pairs.Add(("ARROW:schema", arrow));
        }

        return pairs;
    }

    /// <summary>The schema in Arrow's form, by which Arrow reads the lists as FixedSizeList.</summary>
    private string? ArrowSchema()
    {
        IArrowType? element = _type switch
        {
            StoredType.Float32 => FloatType.Default,
            StoredType.Float64 => DoubleType.Default,
            StoredType.Int64 => Int64Type.Default,
            StoredType.UInt64 => UInt64Type.Default,
            StoredType.Boolean => BooleanType.Default,
            _ => null,
        };
        if (element is null || _length is not > 0)
        {
            return null;
        }

        var schema = new Schema(
            [
                new Field("sample_id", Int64Type.Default, nullable: false),
                new Field("position", Int32Type.Default, nullable: false),
                new Field(
                    "values",
                    new FixedSizeListType(new Field("element", element, nullable: false), _length.Value),
                    nullable: false),
            ],
            null);
        using var bytes = new MemoryStream();
        using (var writer = new ArrowStreamWriter(bytes, schema, leaveOpen: true))
        {
            writer.WriteStart();
        }

        return Convert.ToBase64String(bytes.GetBuffer(), 0, (int)bytes.Length);
    }
}
