namespace Toolkit.Analysis.Charts.Runs.Activations;

/// <summary>The samples on which a feature is greatest.</summary>
internal sealed class TopSamplesChart : IRunChart
{
    /// <inheritdoc/>
    public string Name => "top-samples";

    /// <inheritdoc/>
    public string Title => "Top activating samples";

    /// <inheritdoc/>
    public ChartPage Page => ChartPage.Tensor;

    /// <inheritdoc/>
    public int Order => 50;

    /// <inheritdoc/>
    public string? WhyNot(IRunData run) => run.Activations.Count == 0 ? ActivationOptions.NoActivations : null;

    /// <inheritdoc/>
    public IReadOnlyList<ChartOption> Options(IRunData run) => OptionsFor(run, new Dictionary<string, string>());

    /// <inheritdoc/>
    public IReadOnlyList<ChartOption> OptionsFor(IRunData run, IReadOnlyDictionary<string, string> given)
    {
        var tensor = ActivationOptions.Chosen(run, given, "hidden");
        return
        [
            ActivationOptions.Tensor(run, "hidden"),
            .. ActivationOptions.Positions(tensor),
            ActivationOptions.Feature(tensor),
            ChartOption.Integer("count", "How many", 1, 60, 24),
        ];
    }

    /// <inheritdoc/>
    public (int Columns, int Panels)? Panels(IRunData run, IReadOnlyDictionary<string, string> given) => (1, 1);

    /// <inheritdoc/>
    public async Task<ChartSpec> DrawAsync(IRunData run, ChartChoices choices, CancellationToken cancellation)
    {
        var tensor = run.Activations.First(t => t.Name == choices["tensor"]);
        var feature = choices.Integer("feature");
        var values =
            (await run.ChannelsAsync(
                tensor.Name, [ActivationOptions.Flat(tensor, choices, feature)], cancellation)).Values;
        var top = Greatest(values.Span, choices.Integer("count"));
        var splits = run.SampleColumns.Contains("split")
            ? await run.SampleColumnAsync("split", [.. top.Select(i => (long)i)], cancellation)
            : null;
        var kinds = splits is null
            ? [string.Empty]
            : splits.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList();
        return new ChartSpec
        {
            Title = $"Samples with the greatest {ActivationOptions.NameOf(run, tensor, feature)}"
                + ActivationOptions.PlaceOf(tensor, choices),
            Caption = splits is null ? string.Empty : "Bars are coloured by the split that the sample belongs to.",
            Provenance = run.Provenance(tensor.Name, run.SampleCount),
            Panels =
            [
                new ChartPanel
                {
                    X = ChartAxis.Named(
                        ActivationOptions.HasPairs(run) ? "pair a · b" : "sample",
                        [.. top.Select(i => SampleNames.NameOf(run, i))]),
                    Y = ChartAxis.Linear("activation"),
                    Bars = BarLayout.Stacked,
                    Marks = [.. kinds.Select((kind, color) => new BarMark
                    {
                        Name = kind,
                        Color = color,
                        Values = [.. top.Select(
                            (i, at) => splits is null || splits[at] == kind ? values.Span[i] : double.NaN)],
                    })],
                },
            ],
        };
    }

    /// <summary>
    /// Where the greatest values stand, the greatest first and equal ones in their order; NaN is left out. O(n log
    /// count).
    /// </summary>
    private static List<int> Greatest(ReadOnlySpan<float> values, int count)
    {
        // The least of those kept so far is the first to go; of equal ones the last.
        var kept = new PriorityQueue<int, (float Value, int Place)>(count + 1);
        for (var i = 0; i < values.Length; i++)
        {
            if (float.IsNaN(values[i])
                || (kept.Count == count && kept.TryPeek(out _, out var least) && values[i] <= least.Value))
            {
                continue;
            }

            kept.Enqueue(i, (values[i], -i));
            if (kept.Count > count)
            {
                kept.Dequeue();
            }
        }

        var top = new List<int>(kept.Count);
        while (kept.TryDequeue(out var place, out _))
        {
            top.Add(place);
        }

        top.Reverse();
        return top;
    }
}
