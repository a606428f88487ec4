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
    public async Task<ChartSpec> DrawAsync(IRunData run, ChartChoices choices, CancellationToken cancellation)
    {
        var tensor = run.Activations.First(t => t.Name == choices["tensor"]);
        var feature = choices.Integer("feature");
        var values = (await run.ChannelsAsync(tensor.Name, [ActivationOptions.Flat(tensor, choices, feature)], cancellation)).Values.ToArray();
        var top = Enumerable.Range(0, values.Length).Where(i => !float.IsNaN(values[i])).OrderByDescending(i => values[i]).ThenBy(i => i).Take(choices.Integer("count")).ToList();
        var splits = run.SampleColumns.Contains("split") ? await run.SampleColumnAsync("split", cancellation) : null;
        var kinds = splits is null ? [string.Empty] : top.Select(i => splits[i]).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList();
        return new ChartSpec
        {
            Title = $"Samples with the greatest {ActivationOptions.NameOf(run, tensor, feature)}",
            Caption = splits is null ? string.Empty : "Bars are coloured by the split that the sample belongs to.",
            Provenance = run.Provenance(tensor.Name, run.SampleCount),
            Panels =
            [
                new ChartPanel
                {
                    X = ChartAxis.Named(ActivationOptions.HasPairs(run) ? "pair a · b" : "sample", [.. top.Select(i => SampleNames.NameOf(run, i))]),
                    Y = ChartAxis.Linear("activation"),
                    Bars = BarLayout.Stacked,
                    Marks = [.. kinds.Select((kind, color) => new BarMark
                    {
                        Name = kind,
                        Color = color,
                        Values = [.. top.Select(i => splits is null || splits[i] == kind ? values[i] : double.NaN)],
                    })],
                },
            ],
        };
    }
}
