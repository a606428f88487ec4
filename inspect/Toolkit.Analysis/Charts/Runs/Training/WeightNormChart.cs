namespace Toolkit.Analysis.Charts.Runs.Training;

/// <summary>Σ weights² over training: it falls while the network cleans up after memorising.</summary>
internal sealed class WeightNormChart : IRunChart
{
    private const string Column = "sum_of_squared_weights";

    /// <inheritdoc/>
    public string Name => "weight-norm";

    /// <inheritdoc/>
    public string Title => "Sum of squared weights over training";

    /// <inheritdoc/>
    public ChartPage Page => ChartPage.Training;

    /// <inheritdoc/>
    public int Order => 20;

    /// <inheritdoc/>
    public string? WhyNot(IRunData run) =>
        run.Results.Contains(TrainingCurvesChart.Table) ? null : TrainingCurvesChart.Missing;

    /// <inheritdoc/>
    public IReadOnlyList<ChartOption> Options(IRunData run) =>
        [ChartOption.OneOf("epochs", "Epoch axis", ["linear", "log"])];

    /// <inheritdoc/>
    public async Task<ChartSpec> DrawAsync(IRunData run, ChartChoices choices, CancellationToken cancellation)
    {
        var table = await run.ResultAsync(TrainingCurvesChart.Table, cancellation);
        if (!table.Contains(Column))
        {
            throw new Formats.BadInputException(
                $"{run.Name}: the training metrics have no column {Column}; they have "
                    + $"{string.Join(", ", table.Columns.Select(c => c.Name))}.");
        }

        var (rows, reduction) = RunCharting.Thin(table.RowCount, 2000);
        return ChartSpec.Single(
            Title,
            TrainingCurvesChart.EpochAxis(choices["epochs"]),
            ChartAxis.Linear("Σ weights²"),
            TrainingCurvesChart.Lines(table, rows, (string.Empty, Column)))
            with { Caption = "Over all trained tensors.", Provenance = run.Provenance(
                count: table.RowCount, reduction: reduction) };
    }
}
