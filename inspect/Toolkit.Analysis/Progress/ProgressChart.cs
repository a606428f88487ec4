using Toolkit.Analysis.Charts;
using Toolkit.Analysis.Charts.Runs;

namespace Toolkit.Analysis.Progress;

/// <summary>Train, test, excluded and restricted loss over the checkpoints: the three phases of grokking.</summary>
internal sealed class ProgressChart : IRunChart
{
    private static readonly (string Column, string Label)[] Losses =
    [
        ("train_loss", "train"),
        ("test_loss", "test"),
        ("total_hidden_excluded_loss", "excluded (hidden, train)"),
        ("total_hidden_restricted_loss", "restricted (hidden, all)"),
        ("total_logit_excluded_loss", "excluded (logits, train)"),
        ("total_logit_restricted_loss", "restricted (logits, all)"),
    ];

    /// <inheritdoc/>
    public string Name => "progress-measures";

    /// <inheritdoc/>
    public string Title => "Progress measures";

    /// <inheritdoc/>
    public ChartPage Page => ChartPage.Training;

    /// <inheritdoc/>
    public int Order => 30;

    /// <inheritdoc/>
    public string? WhyNot(IRunData run) => run.Results.Contains("progress") && run.Results.Contains("progress_irreps")
        ? null
        : "there are no progress measures yet: `inspect group TRAINING-FOLDER --progress 100 --out RUN` computes "
            + "them from the checkpoints.";

    /// <inheritdoc/>
    public IReadOnlyList<ChartOption> Options(IRunData run) => [];

    /// <inheritdoc/>
    public async Task<ChartSpec> DrawAsync(IRunData run, ChartChoices choices, CancellationToken cancellation)
    {
        var table = await run.ResultAsync("progress", cancellation);
        var irreps = await run.ResultAsync("progress_irreps", cancellation);
        var epochs = table.Numbers("epoch");
        var names = irreps.Values<string?>("irrep").ToArray();
        var similarity = irreps.Numbers("trace_similarity");
        var irrepEpochs = irreps.Numbers("epoch");
        return new ChartSpec
        {
            Title = Title,
            Caption = "Excluded: key irreps removed; restricted: key irreps alone. The similarity of the logits' "
                + "trace with each key irrep tells when it was learnt.",
            Provenance = new ChartProvenance { Run = run.Name, ModelSha256 = run.ModelSha256, Count = table.RowCount },
            Columns = 3,
            Panels =
            [
                new ChartPanel
                {
                    Title = "Losses",
                    X = ChartAxis.Linear("epoch"),
                    Y = ChartAxis.Log("loss", "nat"),
                    Marks = [.. Losses.Select(
                        loss => new LineMark { Name = loss.Label, X = epochs, Y = table.Numbers(loss.Column) })],
                },
                new ChartPanel
                {
                    Title = "Trace similarity of key irreps",
                    X = ChartAxis.Linear("epoch"),
                    Y = ChartAxis.Linear("similarity"),
                    Marks = [.. names.Distinct(StringComparer.Ordinal).Select(name => new LineMark
                    {
                        Name = name ?? string.Empty,
                        X = [.. irrepEpochs.Where((_, row) => names[row] == name)],
                        Y = [.. similarity.Where((_, row) => names[row] == name)],
                    })],
                },
                new ChartPanel
                {
                    Title = "Sum of squared weights",
                    X = ChartAxis.Linear("epoch"),
                    Y = ChartAxis.Log("Σ w²"),
                    Marks = [new LineMark { Name = "Σ w²", X = epochs, Y = table.Numbers("sum_of_squared_weights") }],
                },
            ],
        };
    }
}
