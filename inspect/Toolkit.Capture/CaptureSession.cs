using System.Threading.Channels;
using Toolkit.Capture.Interventions;
using Toolkit.Capture.Streaming;
using Toolkit.Formats;
using Toolkit.Formats.Checkpoints.Numpy;
using Toolkit.Formats.Runs;
using Toolkit.Formats.Runs.Statistics;
using Toolkit.Formats.Tables;
using Toolkit.Formats.Tensors;
using Toolkit.Runtime;

namespace Toolkit.Capture;

/// <summary>
/// Captures: runs batch after batch, and while the next batch runs, all cores encode and write the last one. At most
/// three batches of values are in memory, whatever the number of samples. Where a memory budget asks for passes, every
/// segment runs through one model after the other.
/// </summary>
public static class CaptureSession
{
    /// <summary>Runs a prepared capture to its end, or goes on with it.</summary>
    /// <param name="preparation">What was decided.</param>
    /// <param name="progress">Is told how many samples of this shard are done; may be null.</param>
    /// <param name="cancellation">Stops after the batch under way; finished segments stay.</param>
    /// <returns>What was captured.</returns>
    /// <exception cref="BadInputException">The folder holds something else, or the model fails on a sample.</exception>
    /// <exception cref="IOException">The disk is full.</exception>
    public static async Task<CaptureSummary> RunAsync(
        CapturePreparation preparation, IProgress<long>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(preparation);
        var options = preparation.Options;
        using var run = RunWriter.Open(options.Folder, preparation.Plan, options.Shard, options.Shards, options.Resume);
        preparation.CopyModel();
        var done = run.Finished.Sum(s => s.Samples);
        progress?.Report(done);

        var effects = options.Interventions.Count > 0
            ? new OutputEffects(OutputEffects.Comparable(preparation.Plain), preparation.OutputFeatureAxis)
            : null;
        if (preparation.Probes is { } probes)
        {
            probes.Run(run, preparation, progress, effects, cancellation);
            run.Complete(options.Time);
            CarriedState.Delete(run);
            return Summary(run, preparation, effects, done) with { Values = run.CountMeasured() };
        }

        // One batch waits while one is encoded and one runs.
        var channel = Channel.CreateBounded<BatchValues>(1);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var writing = WriteAsync(run, preparation, channel.Reader, done, progress, stop);
        try
        {
            await ProduceAsync(run, preparation, effects, channel.Writer, stop.Token);
            channel.Writer.Complete();
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            // The writer failed: its exception is the one to show.
        }
        catch (Exception e)
        {
            channel.Writer.TryComplete(e);
            await DrainAsync(writing);
            throw;
        }

        await writing;
        cancellation.ThrowIfCancellationRequested();
        run.Complete(options.Time);
        CarriedState.Delete(run);
        return Summary(run, preparation, effects, done);
    }

    private static CaptureSummary Summary(
        RunWriter run, CapturePreparation preparation, OutputEffects? effects, long done) => new(
        run.Folder,
        run.EndSample - run.FirstSample,
        run.Finished
            .SelectMany(s => s.Files)
            .Where(f => f.Tensor is not null)
            .Select(f => f.Tensor)
            .Distinct()
            .Count(),
        run.Finished.SelectMany(s => s.Files).Sum(f => f.Bytes),
        preparation.Plan.OutputDifference,
        run.Shards == 1)
    {
        SamplesBefore = done,
        Effects = run.ReadEffects(),
        OutputsWithoutEffect = effects is null ? [] : OutputEffects.Others(preparation.Plain),
        ChannelBytes = run.Finished.SelectMany(s => s.Files).Where(f => f.Channels is not null).Sum(f => f.Bytes),
    };

    /// <summary>
    /// Waits for the writer to end after the producer failed: the producer's exception is the one to show.
    /// </summary>
    private static Task DrainAsync(Task writing) =>
        writing.ContinueWith(
            static task => _ = task.Exception,
            CancellationToken.None,
            TaskContinuationOptions.None,
            TaskScheduler.Default);

    private static async Task ProduceAsync(
        RunWriter run,
        CapturePreparation preparation,
        OutputEffects? effects,
        ChannelWriter<BatchValues> writer,
        CancellationToken cancellation)
    {
        CarriedState? state = null;
        foreach (var (index, first, samples) in run.Remaining())
        {
            var segment = run.Begin(index, first, samples);
            state ??= CarriedState.Before(run, preparation, first, (int)Math.Min(preparation.Plan.Batch, samples));
            CarriedState? end = null;
            foreach (var pass in preparation.Passes)
            {
                end = await ProduceAsync(
                    pass,
                    segment,
                    preparation,
                    pass == preparation.Passes[0] ? effects : null,
                    state.Copy(),
                    writer,
                    cancellation);
                if (preparation.Passes.Count > 1)
                {
                    pass.Close();
                }
            }

            state = end;
        }
    }

    /// <summary>Runs the batches of one segment through the model of one pass.</summary>
    /// <returns>The state behind the last sample.</returns>
    private static async Task<CarriedState> ProduceAsync(
        CapturePass pass,
        RunSegment segment,
        CapturePreparation preparation,
        OutputEffects? effects,
        CarriedState state,
        ChannelWriter<BatchValues> writer,
        CancellationToken cancellation)
    {
        var options = preparation.Options;
        string[] names = [.. pass.Exposed.OutputNames
            .Concat(effects?.Outputs ?? [])
            .Concat(options.Carry.Select(c => c.Output))
            .Distinct(StringComparer.Ordinal)];
        var end = segment.FirstSample + segment.Samples;
        for (var at = segment.FirstSample; at < end; at += preparation.Plan.Batch)
        {
            var count = (int)Math.Min(preparation.Plan.Batch, end - at);
            var inputs = state.With(preparation.Source.Read(at, count));
            var result = pass.Engine.Run(inputs, names, cancellation);
            effects?.Add(preparation.Plain, inputs, result, segment, at / preparation.Plan.Batch, count);
            if (options.Repeat > 1)
            {
                NoiseMeter.Measure(
                    segment,
                    pass.Layouts,
                    result,
                    () => pass.Engine.Run(inputs, names, cancellation),
                    options.Repeat - 1);
            }

            state.Update(result);
            var isLast = at + count == end;
            var batch = new BatchValues(
                pass, segment, result, at, count, isLast, isLast && options.Carry.Count > 0 ? state.Save() : null);
            try
            {
                await writer.WriteAsync(batch, cancellation);
            }
            catch
            {
                batch.Result.Dispose();
                segment.Dispose();
                throw;
            }
        }

        return state;
    }

    private static async Task WriteAsync(
        RunWriter run,
        CapturePreparation preparation,
        ChannelReader<BatchValues> reader,
        long done,
        IProgress<long>? progress,
        CancellationTokenSource stop)
    {
        var plan = preparation.Plan;
        Dictionary<string, ValueSink[]> sinks = [];
        CapturePass? pass = null;
        var isLimited = preparation.Options.MemoryBudgetBytes is not null;
        var runs = 0L;
        RunSegment? open = null;
        try
        {
            await foreach (var batch in reader.ReadAllAsync(CancellationToken.None))
            {
                open = batch.Segment;
                if (batch.Pass != pass)
                {
                    pass = batch.Pass;
                    sinks = pass.Layouts.GroupBy(l => l.Output.OutputName)
                        .ToDictionary(
                            g => g.Key,
                            g => g.Select(
                                l => new ValueSink(l, plan.Covariance?.Contains(l.Entry.Id) == true)).ToArray(),
                            StringComparer.Ordinal);
                }

                using (batch.Result)
                {
                    Encode(preparation, sinks, batch);
                }

                if (isLimited)
                {
                    // Left alone, the collector takes several times what is alive before it looks for garbage.
                    GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
                }

                runs += batch.Samples;
                if (batch.EndsPass)
                {
                    batch.Segment.End(batch.Pass.Layouts.Select(l => l.Entry), Threads(preparation));
                }

                if (batch.EndsPass && batch.Pass == preparation.Passes[^1])
                {
                    Finish(run, preparation, batch);
                    batch.Segment.Dispose();
                    open = null;
                }

                progress?.Report(done + (runs / preparation.Passes.Count));
            }
        }
        catch
        {
            await stop.CancelAsync();
            while (reader.TryRead(out var left))
            {
                left.Result.Dispose();
                left.Segment.Dispose();
            }

            throw;
        }
        finally
        {
            open?.Dispose();
        }
    }

    /// <summary>How many values are encoded at a time.</summary>
    private static int Threads(CapturePreparation preparation) => preparation.Options.MemoryBudgetBytes is null
        ? Environment.ProcessorCount
        : MemoryBudget.EncodingThreads;

    private static void Encode(CapturePreparation preparation, Dictionary<string, ValueSink[]> sinks, BatchValues batch)
    {
        var number = batch.FirstSample / preparation.Plan.Batch;

        // Large values first, so that no core ends up alone with one.
        var values =
            batch.Result.Values.Where(v => sinks.ContainsKey(v.Name)).OrderByDescending(v => v.SizeBytes).ToList();
        ParallelLoop.For(values.Count, Threads(preparation), i =>
        {
            foreach (var sink in sinks[values[i].Name])
            {
                if (sink.Layout.Entry.Granularity != RowGranularity.Constant || batch.FirstSample == 0)
                {
                    sink.Take(batch.Segment, values[i], number, batch.FirstSample, batch.Samples);
                }
            }
        });
    }

    private static void Finish(RunWriter run, CapturePreparation preparation, BatchValues batch)
    {
        var segment = batch.Segment;
        if (batch.State is { } state)
        {
            NpzWriter.Write(CarriedState.FileOf(run, segment.Index), state);
        }

        var ids = new long[segment.Samples];
        for (var i = 0; i < ids.Length; i++)
        {
            ids[i] = segment.FirstSample + i;
        }

        segment.Complete(new Table(
            [TableColumn.Create("sample_id", ids), .. preparation.Source.Describe(
                segment.FirstSample, (int)segment.Samples)]));
    }

    private sealed record BatchValues(
        CapturePass Pass,
        RunSegment Segment,
        InferenceResult Result,
        long FirstSample,
        int Samples,
        bool EndsPass,
        IReadOnlyDictionary<string, HostTensor>? State);
}

/// <summary>What a capture did.</summary>
/// <param name="Folder">The run directory.</param>
/// <param name="Samples">Samples of this shard.</param>
/// <param name="Values">Values of the graph that were stored, or measured where no values are kept.</param>
/// <param name="Bytes">Bytes that were written.</param>
/// <param name="OutputDifference">Largest difference of the model's outputs with and without exposed values; null where
/// not measured.</param>
/// <param name="IsComplete">False where other shards are to come.</param>
public sealed record CaptureSummary(
    string Folder, long Samples, int Values, long Bytes, double? OutputDifference, bool IsComplete)
{
    /// <summary>Those of <see cref="Bytes"/> that hold values by channels; 0 where there are no such files.</summary>
    public long ChannelBytes { get; init; }

    /// <summary>Those of <see cref="Samples"/> that an earlier process had captured.</summary>
    public long SamplesBefore { get; init; }

    /// <summary>
    /// What interventions did to the outputs, over the samples of this shard; empty where there were none.
    /// </summary>
    public IReadOnlyList<OutputEffect> Effects { get; init; } = [];

    /// <summary>
    /// Outputs that are no tensors of floats, so that the effect of interventions on them is not measured.
    /// </summary>
    public IReadOnlyList<string> OutputsWithoutEffect { get; init; } = [];
}
