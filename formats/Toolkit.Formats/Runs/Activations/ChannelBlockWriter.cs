using System.Globalization;

namespace Toolkit.Formats.Runs.Activations;

/// <summary>
/// Writes one block of feature channels: Parquet with the columns <c>sample_id</c>, <c>position</c> and one column per
/// channel,
/// <c>c0</c>, <c>c1</c> …, so that one channel is read without the others.
/// </summary>
internal sealed class ChannelBlockWriter : IDisposable
{
    private const int TrialColumns = 8;

    private readonly CountingStream _output;
    private readonly StoredType _type;
    private readonly int _firstChannel;
    private readonly int _channels;
    private readonly EncodingPolicy _policy;
    private readonly PageContent _content;
    private readonly List<(IReadOnlyList<ColumnChunk> Columns, int Rows)> _groups = [];
    private readonly IReadOnlyList<PageSink> _sinks;

    /// <summary>Begins a file.</summary>
    /// <param name="output">Takes the file; stays open.</param>
    /// <param name="type">The type of the values, not text.</param>
    /// <param name="firstChannel">The first channel of the block.</param>
    /// <param name="channels">How many channels the block has.</param>
    /// <param name="policy">What the encoding is chosen for, on the first row group.</param>
    public ChannelBlockWriter(Stream output, StoredType type, int firstChannel, int channels, EncodingPolicy policy)
    {
        _output = new CountingStream(output);
        _type = type;
        _firstChannel = firstChannel;
        _channels = channels;
        _policy = policy;
        _content = new PageContent(type);
        _sinks = [.. Enumerable.Range(firstChannel, channels)
            .Select(channel => new PageSink(type.Physical(), [Name(channel)]))];
        _output.Write("PAR1"u8);
        _output.Flush();
    }

    /// <summary>Rows written so far.</summary>
    public long Rows { get; private set; }

    /// <summary>The encoding of the values; null before the first row group.</summary>
    public ActivationEncoding? Encoding { get; private set; }

    /// <summary>The column of a channel.</summary>
    /// <param name="channel">The channel.</param>
    public static string Name(int channel) => string.Create(CultureInfo.InvariantCulture, $"c{channel}");

    /// <summary>Writes a row group.</summary>
    /// <param name="samples">The sample of each row.</param>
    /// <param name="positions">The position of each row.</param>
    /// <param name="columns">The block's channels one after another, the rows of each together.</param>
    /// <param name="stride">Bytes from one channel to the next, at least those of the rows.</param>
    public void WriteGroup(
        ReadOnlySpan<long> samples, ReadOnlySpan<long> positions, ReadOnlySpan<byte> columns, int stride)
    {
        var rows = samples.Length;
        var bytes = rows * _type.SizeBytes();
        Encoding ??= Choose(columns, stride, bytes);
        var chunks = new List<ColumnChunk>(_channels + 2)
        {
            IdColumn.Write(_output, "sample_id", ParquetType.Int64, samples, withRange: true),
            IdColumn.Write(_output, "position", ParquetType.Int32, positions, withRange: false),
        };
        var kind = Encoding.SplitsBytes ? ParquetEncoding.ByteStreamSplit : ParquetEncoding.Plain;
        for (var channel = 0; channel < _channels; channel++)
        {
            var content = _content.Of(Encoding, columns.Slice(channel * stride, bytes));
            _sinks[channel].Write(
                _output, _output.Written, kind, rows, content.Length, _content.Compress(Encoding.Codec, content));
            chunks.Add(_sinks[channel].End(Encoding.Codec, hasLevels: false));
        }

        _groups.Add((chunks, rows));
        Rows += rows;
        _output.Flush();
    }

    /// <summary>Writes the footer.</summary>
    /// <returns>Bytes and SHA-256 of the whole file.</returns>
    public (long Bytes, string Sha256) Complete()
    {
        List<Action<ThriftWriter>> schema =
        [
            e =>
            {
                e.Text(4, "schema");
                e.Int32(5, _channels + 2);
            },
            e => FooterWriter.Leaf(e, ParquetType.Int64, "sample_id", null),
            e => FooterWriter.Leaf(e, ParquetType.Int32, "position", null),
            .. Enumerable.Range(_firstChannel, _channels).Select(channel =>
                (Action<ThriftWriter>)(e => FooterWriter.Leaf(e, _type.Physical(), Name(channel), _type))),
        ];
        FooterWriter.Write(_output, schema, _channels + 2, Rows, _groups, []);
        _output.Flush();
        return (_output.Written, _output.Hash());
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _content.Dispose();
        _output.Dispose();
    }

    /// <summary>Tries the candidates on some channels of the first row group, evenly chosen.</summary>
    private ActivationEncoding Choose(ReadOnlySpan<byte> columns, int stride, int bytes)
    {
        var trials = new List<byte[]>();
        var step = Math.Max(1, _channels / TrialColumns);
        for (var channel = 0; channel < _channels && trials.Count < TrialColumns; channel += step)
        {
            trials.Add(columns.Slice(channel * stride, bytes).ToArray());
        }

        return _content.Choose(_policy, trials);
    }
}
