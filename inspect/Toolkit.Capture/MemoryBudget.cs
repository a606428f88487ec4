using System.Numerics;
using Toolkit.Capture.Planning;
using Toolkit.Capture.Streaming;
using Toolkit.Formats;

namespace Toolkit.Capture;

/// <summary>
/// Estimates the memory of a capture's process, and divides its values into passes that each keep within a budget.
/// </summary>
/// <param name="estimate">Memory of a run's values by their lifetimes.</param>
/// <param name="size">Bytes of a value for one sample, as it comes out of the runtime.</param>
/// <param name="rows">Rows of a value for one sample, as stored.</param>
/// <param name="copies">Copies that are made of a value while it is encoded: none, one for another order of axes, one
/// for another type.</param>
/// <param name="channelBytes">Buffers of a capture that writes values by channels too; 0 where it does not.</param>
/// <param name="modelBytes">Bytes of the model's file and its external data.</param>
/// <param name="repetitions">How often every batch is run to measure noise, at least 1.</param>
internal sealed class MemoryBudget(
    MemoryEstimate estimate,
    Func<PlannedValue, long> size,
    Func<PlannedValue, long> rows,
    Func<PlannedValue, int> copies,
    long channelBytes,
    long modelBytes,
    int repetitions)
{
    /// <summary>
    /// What the process takes before any value: .NET, ONNX Runtime, the Parquet and protobuf libraries. Measured 95 to
    /// 150 MiB on Linux; the rest is for garbage and pooled buffers, of which a busy machine left up to 50 MiB more
    /// than an idle one.
    /// </summary>
    private const long ProcessBytes = 256L << 20;

    /// <summary>The file's bytes, the session's weights, and the same prepacked for its kernels.</summary>
    private const int ModelCopies = 3;

    /// <summary>Besides the batch that runs: one waits, one is encoded.</summary>
    private const int WaitingBatches = 2;

    /// <summary>
    /// Values that are encoded at once where memory is limited; the same on every machine, so that every shard divides
    /// alike.
    /// </summary>
    public const int EncodingThreads = 2;

    /// <summary>A page, its encoding and its compression, for every value whose file is open.</summary>
    private const long PageBytes = 3L << 20;

    /// <summary>Sample and position of a row, in lists that grow by doubling, until the row group ends.</summary>
    private const long RowBytes = 24;
    private const long GroupRows = 1L << 20;

    /// <summary>Below this many bytes of values in a run, a smaller batch costs more than another pass.</summary>
    private const long SmallRunBytes = 4L << 20;

    /// <summary>The most memory that a pass takes.</summary>
    /// <param name="values">What it captures.</param>
    /// <param name="batch">Samples of one run.</param>
    /// <param name="segment">Samples after which files end.</param>
    public long Bytes(IReadOnlyCollection<PlannedValue> values, int batch, long segment) =>
        checked(Fixed(batch) - (estimate.PlainBytes * batch)
            + (estimate.Bytes(values) * batch) + values.Sum(value => Waiting(value, batch, segment))
                + (values.Count == 0 ? 0 : values.Max(value => Encoding(value, batch))));

    /// <summary>Divides values into passes.</summary>
    /// <param name="values">The values.</param>
    /// <param name="batch">Samples of one run.</param>
    /// <param name="segment">Samples after which files end.</param>
    /// <param name="budgetBytes">What the process may take; null for one pass.</param>
    /// <returns>The values of each pass, in order of evaluation; null where one value alone is too large.</returns>
    /// <remarks>
    /// Lifetimes are not looked at: exposed values count as if all of them lived at the peak, which keeps the division
    /// linear.
    /// </remarks>
    public IReadOnlyList<IReadOnlyList<PlannedValue>>? Split(
        IEnumerable<PlannedValue> values, int batch, long segment, long? budgetBytes)
    {
        var ordered = values.OrderBy(static value => value.Order).ToList();
        if (budgetBytes is not { } budget)
        {
            return [ordered];
        }

        var passes = new List<IReadOnlyList<PlannedValue>>();
        var pass = new List<PlannedValue>();
        var (bytes, largest) = (Fixed(batch), 0L);
        foreach (var value in ordered)
        {
            var added = checked((size(value) * batch) + Waiting(value, batch, segment));
            var encoding = Encoding(value, batch);
            if (pass.Count > 0 && bytes + added + Math.Max(largest, encoding) > budget)
            {
                passes.Add(pass);
                (pass, bytes, largest) = ([], Fixed(batch), 0);
            }

            largest = Math.Max(largest, encoding);
            if (bytes + added + largest > budget)
            {
                return null;
            }

            pass.Add(value);
            bytes += added;
        }

        passes.Add(pass);
        return passes;
    }

    /// <summary>Chooses the batch and the passes of a capture.</summary>
    /// <param name="values">What is captured.</param>
    /// <param name="options">The capture.</param>
    /// <param name="canBatch">False where the model takes one sample at a time.</param>
    /// <param name="samples">Samples of the run.</param>
    /// <param name="segmentOf">Samples of a segment, for a batch.</param>
    /// <exception cref="BadInputException">The budget is too small for one value; the message says what would
    /// do.</exception>
    public (int Batch, IReadOnlyList<IReadOnlyList<PlannedValue>> Passes) Choose(
        IReadOnlyList<PlannedValue> values,
        CaptureOptions options,
        bool canBatch,
        long samples,
        Func<int, long> segmentOf)
    {
        var bytes = values.Sum(size);
        var batch = !canBatch ? 1 : options.Batch ?? BatchSize.Batch(bytes, estimate.PlainBytes, samples);
        var passes = Split(values, batch, segmentOf(batch), options.MemoryBudgetBytes);
        for (var smaller = batch / 2;
            canBatch && options.Batch is null && smaller >= 1 && passes is not { Count: 1 };
            smaller /= 2)
        {
            if (passes is not null && bytes * smaller < SmallRunBytes)
            {
                break;
            }

            var divided = Split(values, smaller, segmentOf(smaller), options.MemoryBudgetBytes);
            if (divided is not null && (passes is null || divided.Count < passes.Count))
            {
                (batch, passes) = (smaller, divided);
            }
        }

        return passes is not null ? (batch, passes) : throw TooSmall(values, options, canBatch, batch, segmentOf);
    }

    private long Fixed(int batch) =>
        checked(ProcessBytes + channelBytes + (ModelCopies * modelBytes) + (estimate.PlainBytes * batch));

    /// <summary>Buffers come from a pool, in powers of two.</summary>
    private long Encoding(PlannedValue value, int batch) =>
        checked(EncodingThreads * copies(value) * (long)BitOperations.RoundUpToPowerOf2((ulong)(size(value) * batch)));

    private long Waiting(PlannedValue value, int batch, long segment)
    {
        var stored = checked(size(value) * segment);
        return checked(((WaitingBatches + (repetitions > 1 ? 1 : 0)) * batch * size(value))
            + Math.Min(PageBytes, 3 * stored)
                + (RowBytes * Math.Min(GroupRows, rows(value) * segment)));
    }

    private BadInputException TooSmall(
        IReadOnlyList<PlannedValue> values, CaptureOptions options, bool canBatch, int batch, Func<int, long> segmentOf)
    {
        var tried = canBatch && options.Batch is null ? 1 : batch;
        var (largest, least) = values
            .Select(value => (value, Bytes: Alone(value, tried)))
            .MaxBy(static pair => pair.Bytes);
        var smallest = values.Max(value => Alone(value, 1));
        return new BadInputException(
            $"{options.ModelPath}: --memory-budget {ByteSize.Text(options.MemoryBudgetBytes!.Value)} is too small: "
                + $"'{largest.Key}' alone takes about {ByteSize.Text(least)} "
            + $"with a batch of {tried} (values of a run, three batches under way, the model, the process). The "
            + $"least that works is {ByteSize.Ceiling(least)}"
            + (tried > 1 && canBatch ? $", or {ByteSize.Ceiling(smallest)} with --batch 1." : "."));

        long Alone(PlannedValue value, int samples) => checked(Fixed(samples)
            + (size(value) * samples) + Waiting(value, samples, segmentOf(samples)) + Encoding(value, samples));
    }
}
