using System.Globalization;
using System.Runtime.InteropServices;
using Toolkit.Capture.Inputs;
using Toolkit.Capture.Planning;
using Toolkit.Capture.Streaming;
using Toolkit.Formats;
using Toolkit.Formats.Runs;
using Toolkit.Formats.Tensors;
using Toolkit.Runtime;

namespace Toolkit.Capture.Interventions;

/// <summary>Measures values of the untouched model, or of a stored run, before interventions change them.</summary>
/// <param name="plan">The plan of the untouched model.</param>
/// <param name="options">The capture.</param>
/// <param name="source">The samples.</param>
/// <param name="runtime">How the model runs.</param>
internal sealed class ValueMeasures(
    ExposurePlan plan, CaptureOptions options, IInputSource source, InferenceOptions runtime)
{
    private const int MeasuringBatch = 256;

    /// <summary>The mean of every element of a value over the samples.</summary>
    /// <param name="planned">The value.</param>
    /// <param name="asked">What needs it.</param>
    /// <returns>The means, and the shape of one sample, which broadcasts over all of them.</returns>
    /// <exception cref="BadInputException">It cannot be measured, or a sample of it is not finite.</exception>
    public (float[] Means, long[] Shape) Means(PlannedValue planned, MeanValue asked)
    {
        var (moments, shape) = Measure(planned, null);
        if (moments.NotFinite > 0)
        {
            throw new BadInputException(
                $"{plan.ModelPath}: {asked.Text}: {NotFinite(planned, moments)}; their mean is no number. Leave "
                    + "such samples out of the inputs, or give the value to take its place: --set VALUE=FILE.");
        }

        return (moments.ElementMeans(), shape);
    }

    /// <summary>Mean and covariance of the channels of a value, over the samples or over those of a run.</summary>
    /// <param name="planned">The value.</param>
    /// <param name="asked">What needs them.</param>
    /// <param name="order">The order of the value's axes that puts the channels last.</param>
    /// <param name="width">How many channels it has.</param>
    /// <exception cref="BadInputException">It cannot be measured, or a sample of it is not finite.</exception>
    public Moments Channels(PlannedValue planned, RankValue asked, int[] order, int width)
    {
        var moments = asked.Run is { } run ? Stored(planned, run, width) : Measure(planned, order).Moments;
        return moments.NotFinite == 0 ? moments : throw new BadInputException(
            $"{asked.Run ?? plan.ModelPath}: {asked.Text}: {NotFinite(planned, moments)}; they have no principal "
                + "directions. Take those of a run over finite samples: --rank VALUE=k@RUN.");
    }

    /// <summary>The shape of a value for the first sample.</summary>
    /// <param name="planned">An exposable value at the top of the model.</param>
    public IEnumerable<long> ShapeOfFirst(PlannedValue planned)
    {
        var exposed = plan.Expose([planned]);
        using var engine = exposed.Open(runtime);
        using var result = engine.Run(source.Read(0, 1), exposed.OutputNames);
        return result.Values[0].Shape.Dimensions.ToArray();
    }

    private static string NotFinite(PlannedValue planned, Moments moments) =>
        $"'{planned.Key}' holds NaN or infinite values in {moments.NotFinite} of {moments.Samples} samples, first "
            + $"in sample {moments.FirstNotFinite}";

    /// <summary>
    /// Runs the untouched model over all samples and measures one value: its elements' means, and with an order of axes
    /// that puts features last, their covariance.
    /// </summary>
    private (Moments Moments, long[] ShapeOfOne) Measure(PlannedValue planned, int[]? order)
    {
        if (options.Carry.Count > 0)
        {
            throw new BadInputException(
                $"{plan.ModelPath}: '{planned.Key}' cannot be measured beforehand with --carry: it depends on the "
                    + "state of the samples before. Capture the untouched model with --carry first; then take "
                    + "--rank VALUE=k@RUN, or for a mean --set VALUE=FILE.");
        }

        if (!planned.IsExposable || planned.Depth > 0)
        {
            throw new BadInputException(
                $"{plan.ModelPath}: '{planned.Key}' cannot be measured: {planned.Reason ?? "it is inside a subgraph"}.");
        }

        Moments? moments = null;
        long[] shape = [];
        var exposed = plan.Expose([planned]);
        using var engine = exposed.Open(runtime);
        var isCounted = CountsSamples(engine, exposed.OutputNames, planned, order is null);
        var batch = isCounted
            ? source.FixedBatch ?? options.Batch
                ?? Math.Min(MeasuringBatch, BatchSize.Batch(0, plan.PlainPeakBytes, source.Samples))
            : 1;
        for (var first = 0L; first < source.Samples; first += batch)
        {
            var samples = (int)Math.Min(batch, source.Samples - first);
            using var result = engine.Run(source.Read(first, samples), exposed.OutputNames);
            var value = result.Values[0];
            if (value.Shape.Rank == 0 || value.Shape.Count == 0)
            {
                throw new BadInputException(
                    $"{plan.ModelPath}: '{planned.Key}' is {value.Shape} for {samples} samples: there is nothing to "
                        + "measure.");
            }

            if (moments is null)
            {
                moments = new Moments((int)value.Shape[order?[^1] ?? value.Shape.Rank - 1], order is not null);
                shape = isCounted ? [1, .. value.Shape.Dimensions[1..]] : value.Shape.Dimensions.ToArray();
            }

            var floats = ArrayConversion.To(value.ToHostTensor(), ElementType.Float32)
                ?? throw new BadInputException(
                    $"{plan.ModelPath}: '{planned.Key}' has values beyond float32 and cannot be measured.");
            moments.Add(Patch.Ordered(floats, order).AsSpan<float>(), samples);
        }

        return (moments!, shape);
    }

    /// <summary>
    /// Whether the first axis of a value is that of samples, so that many can be measured in one run; else they are
    /// measured one at a time.
    /// </summary>
    /// <exception cref="BadInputException">A mean over the samples would not fit a batch of them.</exception>
    private bool CountsSamples(
        InferenceEngine engine, IReadOnlyList<string> outputs, PlannedValue planned, bool replaces)
    {
        if (source.FixedBatch == 1 || source.Samples == 1 || options.Batch == 1)
        {
            return false;
        }

        using var one = engine.Run(source.Read(0, 1), outputs);
        using var two = engine.Run(source.Read(0, 2), outputs);
        var (a, b) = (one.Values[0].Shape, two.Values[0].Shape);
        if (replaces && (a.Rank != b.Rank || Enumerable.Range(0, a.Rank).Any(i => a[i] != b[i] && a[i] != 1)))
        {
            throw new BadInputException(
                $"{plan.ModelPath}: '{planned.Key}' is {a} for one sample and {b} for two: its mean over the samples "
                    + "does not fit several of them. Use --batch 1.");
        }

        return a.Rank > 0 && a.Rank == b.Rank && a[0] == 1 && b[0] == 2
            && a.Dimensions[1..].SequenceEqual(b.Dimensions[1..]);
    }

    private static Moments Stored(PlannedValue planned, string folder, int width)
    {
        var run = RunReader.Open(folder);
        var tensor = run.Find(planned.Key);
        if (tensor.StoredType is null)
        {
            throw new BadInputException(
                run.Manifest.Plan.StatsOnly
                    ? $"{folder}: the run holds only statistics; the principal directions of '{planned.Key}' follow "
                        + "from its values. Capture them: the same without --stats-only."
                    : $"{folder}: the run does not hold '{planned.Key}' ({tensor.Reason}). Capture it there, too.");
        }

        if (tensor.Channels != width
            || tensor.SampleShape is null
            || tensor.Granularity != RowGranularity.Sample
            || tensor.StoredType != ElementType.Float32.DisplayName())
        {
            throw new BadInputException(
                $"{folder}: '{planned.Key}' is stored as {tensor.StoredType} with "
                    + $"{tensor.Channels?.ToString(CultureInfo.InvariantCulture) ?? "various"} channels by "
                    + $"{tensor.Granularity.ToString().ToLowerInvariant()}; float32 with {width} by sample was "
                    + "expected.");
        }

        var moments = new Moments(width, withCovariance: true);
        var step = Math.Max(1, (16L << 20) / Math.Max(1, tensor.SampleShape!.Aggregate(4L, (a, b) => a * b)));
        for (var first = 0L; first < run.Samples; first += step)
        {
            var count = Math.Min(step, run.Samples - first);
            moments.Add(MemoryMarshal.Cast<byte, float>(run.Read(tensor, first, count).Bytes.Span), (int)count);
        }

        return moments;
    }
}
