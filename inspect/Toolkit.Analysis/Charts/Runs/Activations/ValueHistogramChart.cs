using Toolkit.Formats.Runs.Statistics;

namespace Toolkit.Analysis.Charts.Runs.Activations;

/// <summary>How a captured value is distributed over all samples, from the statistics alone: no activation is read.</summary>
internal sealed class ValueHistogramChart : IRunChart
{
    private const int FewestBins = 4, MostBins = 96;

    /// <summary>How counts are measured.</summary>
    internal static ChartOption CountAxis { get; } = ChartOption.OneOf("counts", "Count axis", ["log", "linear"]);

    /// <inheritdoc/>
    public string Name => "value-histogram";

    /// <inheritdoc/>
    public string Title => "Distribution of a captured value";

    /// <inheritdoc/>
    public ChartPage Page => ChartPage.Tensor;

    /// <inheritdoc/>
    public int Order => 55;

    /// <inheritdoc/>
    public string? WhyNot(IRunData run) => Names(run).Count == 0 ? ActivationOptions.NoActivations : null;

    /// <inheritdoc/>
    public IReadOnlyList<ChartOption> Options(IRunData run) =>
    [
        ActivationOptions.Tensor(run, Names(run), "hidden"),
        CountAxis,
    ];

    /// <inheritdoc/>
    public IReadOnlyList<IReadOnlyDictionary<string, string>> InReport(IRunData run) =>
        ActivationOptions.InReport(run, Names(run));

    /// <inheritdoc/>
    public (int Columns, int Panels)? Panels(IRunData run, IReadOnlyDictionary<string, string> given) => (1, 1);

    /// <inheritdoc/>
    public Task<ChartSpec> DrawAsync(IRunData run, ChartChoices choices, CancellationToken cancellation) =>
        OfAsync(run, choices["tensor"], choices, cancellation);

    /// <summary>The distribution of a value of which the run has statistics.</summary>
    internal static async Task<ChartSpec> OfAsync(
        IRunData run, string name, ChartChoices choices, CancellationToken cancellation)
    {
        var statistics = await run.StatisticsAsync(name, cancellation);
        if (statistics?.Histogram is not { } histogram)
        {
            throw new Formats.BadInputException($"{run.Name}: the capture kept no histogram of '{name}'.");
        }

        var whole = statistics.Whole;
        return ChartSpec.Single(
            $"Distribution of {name}",
            ChartAxis.Linear("value"),
            choices["counts"] == "log" ? ChartAxis.Log("count") : ChartAxis.Linear("count"),
            Even(histogram, whole.Minimum, whole.Maximum))
            with
            {
                Caption = $"Mean {whole.Mean:G6}, standard deviation {whole.StandardDeviation:G6}, {whole.Zeros:N0} zeros, {whole.NaN:N0} NaN, "
                    + $"{whole.PositiveInfinities + whole.NegativeInfinities:N0} infinities. Counts come from the capture's logarithmic bins and are spread evenly inside them.",
                Provenance = run.Provenance(name, whole.Count, statistics.HistogramStep > 1 ? $"every {RunCharting.Ordinal(statistics.HistogramStep)} value" : null),
            };
    }

    /// <summary>
    /// Spreads logarithmic bins over even ones: 2 n^(1/3) of them (Rice's rule), so that few values are no comb of
    /// fractions.
    /// </summary>
    internal static HistogramMark Even(LogHistogram histogram, double minimum, double maximum)
    {
        if (!(minimum <= maximum))
        {
            return new HistogramMark { Edges = [0], Counts = [] };
        }

        if (minimum == maximum)
        {
            var reach = minimum == 0 ? 0.5 : Math.Abs(minimum) * 0.5;
            return new HistogramMark { Edges = [minimum - reach, minimum + reach], Counts = [Total(histogram)] };
        }

        var bins = (int)Math.Clamp(Math.Ceiling(2 * Math.Cbrt(Total(histogram))), FewestBins, MostBins);
        var counts = new double[bins];
        var width = (maximum - minimum) / bins;
        for (var bin = 0; bin < LogHistogram.Bins; bin++)
        {
            if (histogram.Counts[bin] == 0)
            {
                continue;
            }

            var (low, high) = Ends(bin);
            low = Math.Clamp(low, minimum, maximum);
            high = Math.Clamp(high, minimum, maximum);
            var first = Math.Clamp((int)((low - minimum) / width), 0, bins - 1);
            var last = Math.Clamp((int)((high - minimum) / width), 0, bins - 1);
            for (var i = first; i <= last; i++)
            {
                var share = high > low ? (Math.Min(high, minimum + ((i + 1) * width)) - Math.Max(low, minimum + (i * width))) / (high - low) : 1.0 / (last - first + 1);
                counts[i] += histogram.Counts[bin] * Math.Max(0, share);
            }
        }

        return new HistogramMark
        {
            Edges = [.. Enumerable.Range(0, bins + 1).Select(i => minimum + (i * width))],
            Counts = counts,
        };
    }

    /// <summary>Stored values, and those that were measured and not stored.</summary>
    private static IReadOnlyList<string> Names(IRunData run) =>
    [
        .. run.Activations.Select(tensor => tensor.Name),
        .. run.Values.Where(value => value.IsMeasuredOnly).Select(value => value.Name),
    ];

    private static double Total(LogHistogram histogram)
    {
        var total = 0L;
        foreach (var count in histogram.Counts)
        {
            total += count;
        }

        return total;
    }

    private static (double Low, double High) Ends(int bin)
    {
        var middle = LogHistogram.Bins / 2;
        var (low, high) = bin >= middle
            ? (LogHistogram.Edge(bin), bin + 1 < LogHistogram.Bins ? LogHistogram.Edge(bin + 1) : float.MaxValue)
            : (bin == 0 ? -float.MaxValue : LogHistogram.Edge(bin - 1), LogHistogram.Edge(bin));
        return (double.IsFinite(low) ? low : -float.MaxValue, double.IsFinite(high) ? high : float.MaxValue);
    }
}
