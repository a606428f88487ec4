using Toolkit.Analysis.Charts;
using Toolkit.Analysis.Charts.Runs;

namespace Toolkit.Analysis.NeuronSpectra;

/// <summary>How many neurons belong to each irrep.</summary>
internal sealed class NeuronClusterChart : IRunChart
{
    /// <inheritdoc/>
    public string Name => "neuron-clusters";

    /// <inheritdoc/>
    public string Title => "Neurons by irrep";

    /// <inheritdoc/>
    public ChartPage Page => ChartPage.Representations;

    /// <inheritdoc/>
    public int Order => 20;

    /// <inheritdoc/>
    public string? WhyNot(IRunData run) => run.Results.Contains("neurons")
        ? null
        : "there is no table 'neurons' yet: `inspect group RUN` makes it, for networks on group composition.";

    /// <inheritdoc/>
    public IReadOnlyList<ChartOption> Options(IRunData run) => [];

    /// <inheritdoc/>
    public async Task<ChartSpec> DrawAsync(IRunData run, ChartChoices choices, CancellationToken cancellation)
    {
        var table = await run.ResultAsync("neurons", cancellation);
        var clusters = table.Values<string?>("cluster").ToArray().GroupBy(name => name ?? string.Empty, StringComparer.Ordinal)
            .OrderByDescending(cluster => cluster.Count()).ToList();
        return new ChartSpec
        {
            Title = Title,
            Caption = "A neuron belongs to the irrep with over half of its power; off: almost no energy; mixed: no irrep has half.",
            Provenance = new ChartProvenance { Run = run.Name, ModelSha256 = run.ModelSha256, Count = table.RowCount },
            Panels =
            [
                new ChartPanel
                {
                    X = ChartAxis.Named("irrep", [.. clusters.Select(cluster => cluster.Key)]),
                    Y = ChartAxis.Linear("neurons"),
                    Marks = [new BarMark { Name = "neurons", Values = [.. clusters.Select(cluster => (double)cluster.Count())] }],
                },
            ],
        };
    }
}
