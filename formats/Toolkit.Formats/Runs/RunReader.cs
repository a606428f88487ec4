using Toolkit.Formats.Runs.Activations;
using Toolkit.Formats.Runs.Statistics;
using Toolkit.Formats.Tables;
using Toolkit.Formats.Tensors;

namespace Toolkit.Formats.Runs;

/// <summary>
/// Reads a complete run directory: the list of tensors, statistics, samples, and values by ranges of samples and
/// subsets of channels, touching only the pages that hold them. Thread-safe: every call opens its own files.
/// </summary>
public sealed class RunReader
{
    private readonly Dictionary<string, TensorEntry> _byName;
    private readonly ILookup<int, TensorPart> _parts;

    private RunReader(string folder, RunManifest manifest, IReadOnlyList<TensorEntry> tensors)
    {
        Folder = folder;
        Manifest = manifest;
        Tensors = tensors;
        _byName = tensors.GroupBy(t => t.Name).ToDictionary(g => g.Key, g => g.First(), StringComparer.Ordinal);
        _parts = manifest.Shards.SelectMany(s => s.Segments).SelectMany(Parts).ToLookup(p => p.Tensor, p => p.Part);
    }

    /// <summary>The run directory.</summary>
    public string Folder { get; }

    /// <summary>What the run holds.</summary>
    public RunManifest Manifest { get; }

    /// <summary>How many samples there are.</summary>
    public long Samples => Manifest.Plan.Samples;

    /// <summary>Every value of the graph, stored or not, in the graph's order.</summary>
    public IReadOnlyList<TensorEntry> Tensors { get; }

    /// <summary>The model's copy in the run directory; null where it was too large to copy.</summary>
    public string? ModelPath => Manifest.Plan.Model.File is { } file
        && File.Exists(RunPaths.Full(Folder, file)) ? RunPaths.Full(Folder, file) : null;

    /// <summary>Opens a run.</summary>
    /// <param name="folder">The run directory.</param>
    /// <returns>The reader.</returns>
    /// <exception cref="BadInputException">There is no such folder, it holds no run, or an unfinished or damaged one;
    /// the message says which and what to do.</exception>
    public static RunReader Open(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        var plan = ReadPlan(folder);
        var path = RunPaths.Full(folder, RunPaths.Manifest);
        if (!File.Exists(path))
        {
            var done = RunMerge.ReadShards(folder, []);
            var samples = done.Sum(s => s.Segments.Sum(g => g.Samples));
            throw new BadInputException(
                $"{folder}: the run is not finished ({samples} of {plan.Samples} samples). Go on with "
                    + "`inspect capture … --resume`, or, "
                + "where several shards were captured, complete it with `inspect merge`.");
        }

        var manifest = RunJson.Read<RunManifest>(path);
        if (manifest.Plan.Faults().FirstOrDefault() is { } fault)
        {
            throw new BadInputException($"{path}: {fault}.");
        }

        foreach (var file in manifest.Shards.Files())
        {
            if (Path.IsPathRooted(file.Path) || file.Path.Split('/').Contains(".."))
            {
                throw new BadInputException($"{path}: it names a file outside the run ('{file.Path}').");
            }
        }

        return new RunReader(folder, manifest, TensorTable.Read(RunPaths.Full(folder, RunPaths.Tensors)));
    }

    /// <summary>Reads what a run captures, finished or not.</summary>
    /// <param name="folder">The run directory.</param>
    /// <returns>The plan.</returns>
    /// <exception cref="BadInputException">The folder holds no run, or its plan is damaged or of another
    /// version.</exception>
    public static RunPlan ReadPlan(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        if (!Directory.Exists(folder))
        {
            throw new BadInputException($"{folder}: there is no such folder. A run is made by `inspect capture`.");
        }

        var path = RunPaths.Full(folder, RunPaths.Plan);
        if (!File.Exists(path))
        {
            throw new BadInputException(
                $"{folder}: this folder holds no run (no {RunPaths.Plan}). A run is made by `inspect capture`.");
        }

        var plan = RunJson.Read<RunPlan>(path);
        return plan.Faults().FirstOrDefault() is { } fault ? throw new BadInputException($"{path}: {fault}.") : plan;
    }

    /// <summary>The tensor of a name.</summary>
    /// <param name="name">The value's ONNX name.</param>
    /// <returns>The entry; it may say why the value was not stored.</returns>
    /// <exception cref="BadInputException">There is none; the message lists the nearest names.</exception>
    public TensorEntry Find(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (_byName.TryGetValue(name, out var entry))
        {
            return entry;
        }

        var nearest = Tensors.Where(t => t.IsStored).Select(t => t.Name)
            .OrderBy(candidate => Distance(name, candidate)).Take(3).Select(n => $"'{n}'");
        throw new BadInputException(
            $"{Folder}: '{name}' is not a value of the run. Nearest: {string.Join(", ", nearest)}. List them with "
                + "`inspect sql RUN \"SELECT name FROM tensors\"`.");
    }

    /// <summary>Reads all values of a tensor.</summary>
    /// <param name="tensor">A stored tensor of numbers whose samples have one shape.</param>
    /// <returns>[records, sample shape in stored order]: one record per sample, or per batch, as
    /// <see cref="TensorEntry.Granularity"/> says.</returns>
    /// <exception cref="BadInputException">It is not stored, ragged, text, over 2 GiB, or its files are
    /// damaged.</exception>
    public HostTensor Read(TensorEntry tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        var records = Records(tensor);
        return records.Read(0, records.Count, [], channelsFirst: false);
    }

    /// <summary>Reads some samples of a tensor.</summary>
    /// <param name="tensor">A stored tensor with one set of rows per sample, all of one shape.</param>
    /// <param name="firstSample">The first sample.</param>
    /// <param name="samples">How many.</param>
    /// <returns>[samples, sample shape in stored order].</returns>
    /// <exception cref="BadInputException">It is not stored, ragged, text, over 2 GiB, or its files are
    /// damaged.</exception>
    public HostTensor Read(TensorEntry tensor, long firstSample, long samples) =>
        ReadChannels(tensor, [], firstSample, samples);

    /// <summary>
    /// Reads one position of some samples into memory of the caller; the other positions are not decoded.
    /// </summary>
    /// <param name="tensor">A stored tensor with one set of rows per sample, all of one shape.</param>
    /// <param name="position">The row within each sample, row-major over all axes but the last; 0 where a sample is one
    /// row.</param>
    /// <param name="firstSample">The first sample.</param>
    /// <param name="samples">How many.</param>
    /// <param name="target">Takes [samples, channels], little-endian, exactly.</param>
    /// <exception cref="BadInputException">It is not stored, ragged, text, or its files are damaged.</exception>
    public void ReadPosition(TensorEntry tensor, long position, long firstSample, long samples, Memory<byte> target) =>
        SampleRecords(tensor, firstSample, samples).ReadPosition(firstSample, samples, position, target);

    /// <summary>Reads some feature channels of some samples.</summary>
    /// <param name="tensor">A stored tensor with one set of rows per sample, all of one shape.</param>
    /// <param name="channels">The channels; all where empty.</param>
    /// <param name="firstSample">The first sample.</param>
    /// <param name="samples">How many.</param>
    /// <returns>[samples, …, channels]: the sample shape with the chosen channels last.</returns>
    /// <exception cref="BadInputException">It is not stored, ragged, text, over 2 GiB, or its files are
    /// damaged.</exception>
    public HostTensor ReadChannels(TensorEntry tensor, ReadOnlySpan<int> channels, long firstSample, long samples) =>
        ReadSamples(tensor, channels, firstSample, samples, channelsFirst: false);

    /// <summary>
    /// Reads single feature channels (neurons) over samples, each channel's values together. Where the run was written
    /// by channels too, nothing but these channels is read; else all rows are.
    /// </summary>
    /// <param name="tensor">A stored tensor with one set of rows per sample, all of one shape.</param>
    /// <param name="channels">The channels; all where empty.</param>
    /// <param name="firstSample">The first sample.</param>
    /// <param name="samples">How many.</param>
    /// <returns>[channels, samples, …]: the sample shape without its last axis at the end.</returns>
    /// <exception cref="BadInputException">It is not stored, ragged, text, over 2 GiB, or its files are
    /// damaged.</exception>
    public HostTensor ReadByChannel(TensorEntry tensor, ReadOnlySpan<int> channels, long firstSample, long samples) =>
        ReadSamples(tensor, channels, firstSample, samples, channelsFirst: true);

    /// <summary>
    /// Reads single feature channels at one position (token, place) of each sample; the other positions take no memory.
    /// </summary>
    /// <param name="tensor">A stored tensor with one set of rows per sample, all of one shape.</param>
    /// <param name="channels">The channels; all where empty.</param>
    /// <param name="position">The row of each sample, from 0, less than its rows.</param>
    /// <param name="firstSample">The first sample.</param>
    /// <param name="samples">How many.</param>
    /// <returns>[channels, samples].</returns>
    /// <exception cref="BadInputException">It is not stored, ragged, text, over 2 GiB, or its files are
    /// damaged.</exception>
    public HostTensor ReadByChannel(
        TensorEntry tensor, ReadOnlySpan<int> channels, long position, long firstSample, long samples) =>
        SampleRecords(tensor, firstSample, samples)
            .Read(firstSample, samples, channels.ToArray(), channelsFirst: true, position);

    /// <summary>Whether single channels of a tensor can be read without reading the rest.</summary>
    /// <param name="tensor">The tensor.</param>
    /// <returns>True where the run was written by channels too.</returns>
    public bool IsByChannel(TensorEntry tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        return _parts[tensor.Id].Any() && _parts[tensor.Id].All(part => part.Blocks.Count > 0);
    }

    /// <summary>Reads all rows of a tensor that is ragged or text, one by one.</summary>
    /// <param name="tensor">A stored tensor.</param>
    /// <returns>The rows, by sample and position.</returns>
    /// <exception cref="BadInputException">It is not stored, or its files are damaged.</exception>
    public IEnumerable<RaggedRow> ReadRagged(TensorEntry tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        CheckStored(tensor);
        return _parts[tensor.Id].SelectMany(part =>
        {
            using var file = ActivationFileReader.Open(RunPaths.Full(Folder, part.Path));
            return file.ReadRagged();
        });
    }

    /// <summary>
    /// Reads the table of samples: <c>sample_id</c> and, for group tasks, <c>a</c>, <c>b</c>, <c>product</c>,
    /// <c>split</c>.
    /// </summary>
    /// <returns>One row per sample, in order.</returns>
    /// <exception cref="BadInputException">A file is missing or damaged.</exception>
    public Table ReadSamples() => Join([.. SampleFiles.Select(path => ParquetTable.Read(path))]);

    /// <summary>Reads some rows of the table of samples, one row group at a time.</summary>
    /// <param name="columns">The columns wanted, at least one of <see cref="ReadSampleColumns"/>.</param>
    /// <param name="samples">Samples from 0, in any order.</param>
    /// <returns>One row for each of <paramref name="samples"/>, in their order.</returns>
    /// <exception cref="BadInputException">A file is missing or damaged, lacks a column or has too few
    /// rows.</exception>
    public Table ReadSamples(IReadOnlyList<string> columns, IReadOnlyList<long> samples)
    {
        ArgumentNullException.ThrowIfNull(samples);
        long[] ascending = [.. samples.Distinct().Order()];
        ArgumentOutOfRangeException.ThrowIfNegative(ascending is [var least, ..] ? least : 0, nameof(samples));
        var (first, found) = (0L, 0);
        var parts = new List<Table>();
        foreach (var path in SampleFiles)
        {
            parts.Add(Task.Run(() => ParquetTable.ReadAsync(path, columns, Keep, CancellationToken.None))
                .GetAwaiter().GetResult());
        }

        return found == ascending.Length
            ? Join(parts).Pick([.. samples.Select(sample => Array.BinarySearch(ascending, sample))])
            : throw new BadInputException(
                $"{Folder}: the table of samples has {first} rows; one for sample {ascending[^1]} was expected. "
                    + "Check the run with `inspect verify`.");

        Table Keep(Table part)
        {
            var rows = new List<int>();
            for (; found < ascending.Length && ascending[found] < first + part.RowCount; found++)
            {
                rows.Add((int)(ascending[found] - first));
            }

            first += part.RowCount;
            return part.Pick(rows);
        }
    }

    /// <summary>The names of the columns of the table of samples; no row is read.</summary>
    /// <returns>At least one: without samples, <c>sample_id</c>.</returns>
    /// <exception cref="BadInputException">A file is missing or damaged.</exception>
    public IReadOnlyList<string> ReadSampleColumns() =>
        SampleFiles.FirstOrDefault() is { } path ? ParquetTable.ReadColumnNames(path) : ["sample_id"];

    /// <summary>Reads the statistics of every tensor over the whole run, with those of its channels.</summary>
    /// <returns>By tensor; tensors without statistics (text) are absent.</returns>
    /// <exception cref="BadInputException">A file is missing or damaged.</exception>
    public IReadOnlyDictionary<int, TensorStatistics> ReadStatistics() => StatisticsTable
        .Read(RunPaths.Full(Folder, RunPaths.Statistics), RunPaths.Full(Folder, RunPaths.Channels))
        .ToDictionary(s => s.Tensor, s => s.Node.Values);

    /// <summary>Reads the covariance of a tensor's channels over the whole run (<c>--covariance</c>).</summary>
    /// <param name="tensor">The tensor; its values need not be stored.</param>
    /// <returns>Rows, mean and sums of products; null where the capture was not asked for them.</returns>
    /// <exception cref="BadInputException">The file is missing or damaged.</exception>
    public CovarianceSums? ReadCovariance(TensorEntry tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        return Manifest.Plan.Covariance?.Contains(tensor.Id) == true
            ? CovarianceTable.ReadWhole(RunPaths.Full(Folder, RunPaths.Covariance), tensor.Id)
            : null;
    }

    /// <summary>Reads what interventions did to the model's outputs over the whole run.</summary>
    /// <returns>One per output that is a tensor of floats, in the model's order; none where the capture had no
    /// interventions.</returns>
    /// <exception cref="BadInputException">The file is missing or damaged.</exception>
    public IReadOnlyList<OutputEffect> ReadEffects() =>
        Manifest.Tables.All(static table => table.Path != RunPaths.Effects) ? [] :
        [
            .. EffectTable.Read(RunPaths.Full(Folder, RunPaths.Effects)).Select(
                static row => OutputEffect.Of(row.Output, row.Node.Values)),
        ];

    /// <summary>
    /// Tensors whose covariance was asked for and cannot be given: their channels were not as many in every batch, or
    /// they had no values.
    /// </summary>
    /// <returns>In the order of their numbers.</returns>
    /// <exception cref="BadInputException">The file is missing or damaged.</exception>
    public IReadOnlyList<TensorEntry> WithoutCovariance()
    {
        if (Manifest.Plan.Covariance is not { } wanted)
        {
            return [];
        }

        var table = ParquetTable.Read(RunPaths.Full(Folder, RunPaths.Covariance), ["tensor"]);
        var found = table.Values<int>("tensor").ToArray().ToHashSet();
        return [.. Tensors.Where(t => wanted.Contains(t.Id) && !found.Contains(t.Id))];
    }

    private IEnumerable<string> SampleFiles => Manifest.Shards.Files()
        .Where(f => f.Path.StartsWith("samples/", StringComparison.Ordinal))
        .Select(f => RunPaths.Full(Folder, f.Path));

    private static int Distance(string a, string b)
    {
        var left = a.AsSpan(0, Math.Min(a.Length, 200));
        var right = b.AsSpan(0, Math.Min(b.Length, 200));
        var row = Enumerable.Range(0, right.Length + 1).ToArray();
        for (var i = 1; i <= left.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= right.Length; j++)
            {
                var cost = left[i - 1] == right[j - 1]
                    ? diagonal
                    : 1 + Math.Min(diagonal, Math.Min(row[j], row[j - 1]));
                (diagonal, row[j]) = (row[j], cost);
            }
        }

        return row[^1];
    }

    private void CheckStored(TensorEntry tensor)
    {
        if (!tensor.IsStored)
        {
            throw new BadInputException(
                $"{Folder}: '{tensor.Name}' was not stored: {tensor.Reason ?? "it has no values"}.");
        }
    }

    private HostTensor ReadSamples(
        TensorEntry tensor, ReadOnlySpan<int> channels, long firstSample, long samples, bool channelsFirst) =>
        SampleRecords(tensor, firstSample, samples).Read(firstSample, samples, channels.ToArray(), channelsFirst);

    private Table Join(IReadOnlyList<Table> parts)
    {
        try
        {
            return parts.Count == 0
                ? new Table(TableColumn.Create("sample_id", Array.Empty<long>()))
                : parts[0].Append([.. parts.Skip(1)]);
        }
        catch (ArgumentException different)
        {
            throw new BadInputException(
                $"{Folder}: the tables of samples differ between segments: {different.Message} Check the run with "
                    + "`inspect verify`.",
                different);
        }
    }

    private TensorRecords SampleRecords(TensorEntry tensor, long firstSample, long samples)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        ArgumentOutOfRangeException.ThrowIfNegative(firstSample);
        ArgumentOutOfRangeException.ThrowIfNegative(samples);
        if (tensor.Granularity != RowGranularity.Sample)
        {
            throw new BadInputException(
                $"{Folder}: '{tensor.Name}' is stored once per {tensor.Granularity.ToString().ToLowerInvariant()}, "
                    + "not per sample.");
        }

        ArgumentOutOfRangeException.ThrowIfGreaterThan(samples, Samples - firstSample);
        return Records(tensor);
    }

    private TensorRecords Records(TensorEntry tensor)
    {
        CheckStored(tensor);
        return new TensorRecords(Folder, tensor, [.. _parts[tensor.Id]]);
    }

    private static IEnumerable<(int Tensor, TensorPart Part)> Parts(SegmentRecord segment)
    {
        var blocks = segment.Files.Where(f => f.Channels is not null).ToLookup(f => f.Channels!.Tensor);
        return segment.Files.Where(f => f.Tensor is not null)
            .Select(f => (f.Tensor!.Value, new TensorPart(f.Rows, f.Path, [.. blocks[f.Tensor.Value]])));
    }
}
