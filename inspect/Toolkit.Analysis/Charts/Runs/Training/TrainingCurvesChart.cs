using Toolkit.Formats.Tables;

namespace Toolkit.Analysis.Charts.Runs.Training;

/// <summary>Loss and accuracy over training, for the training and the test pairs.</summary>
internal sealed class TrainingCurvesChart : IRunChart
{
    internal const string Table = "training";
    internal const string Missing = "the run has no training metrics: capture a model that lies beside its "
        + "metrics.parquet, as `train run` leaves it.";
    private const int MostPoints = 2000;

    /// <inheritdoc/>
    public string Name => "training-curves";

    /// <inheritdoc/>
    public string Title => "Loss and accuracy over training";

    /// <inheritdoc/>
    public ChartPage Page => ChartPage.Training;

    /// <inheritdoc/>
    public int Order => 10;

    /// <inheritdoc/>
    public string? WhyNot(IRunData run) => run.Results.Contains(Table) ? null : Missing;

    /// <inheritdoc/>
    public IReadOnlyList<ChartOption> Options(IRunData run) =>
        [ChartOption.OneOf("epochs", "Epoch axis", ["linear", "log"])];

    /// <inheritdoc/>
    public async Task<ChartSpec> DrawAsync(IRunData run, ChartChoices choices, CancellationToken cancellation)
    {
        var table = await run.ResultAsync(Table, cancellation);
        var (rows, reduction) = RunCharting.Thin(table.RowCount, MostPoints);
        var epochs = EpochAxis(choices["epochs"]);
        return new ChartSpec
        {
            Title = Title,
            Caption = "Full-batch cross-entropy and fraction of right answers, training against test pairs.",
            Provenance = run.Provenance(count: table.RowCount, reduction: reduction),
            Columns = 2,
            Panels =
            [
                new ChartPanel
                {
                    X = epochs,
                    Y = ChartAxis.Log("loss", "nat"),
                    Marks = Lines(table, rows, ("train", "train_loss"), ("test", "test_loss")),
                },
                new ChartPanel
                {
                    X = epochs,
                    Y = ChartAxis.Linear("accuracy") with { Minimum = -0.02, Maximum = 1.02 },
                    Marks = Lines(table, rows, ("train", "train_accuracy"), ("test", "test_accuracy")),
                },
            ],
        };
    }

    /// <summary>The axis of epochs; epoch 0 is a gap on a logarithmic one.</summary>
    internal static ChartAxis EpochAxis(string kind) =>
        kind == "log" ? ChartAxis.Log("epoch") : ChartAxis.Linear("epoch");

    /// <summary>One line per column that the table has.</summary>
    internal static IReadOnlyList<ChartMark> Lines(
        Table table, IReadOnlyList<int> rows, params (string Name, string Column)[] series)
    {
        var epochs = table.Numbers("epoch");
        return
        [
            .. series.Where(line => table.Contains(line.Column)).Select((line, i) =>
            {
                var values = table.Numbers(line.Column);
                return new LineMark
                {
                    Name = line.Name,
                    Color = i,
                    X = [.. rows.Select(row => epochs[row])],
                    Y = [.. rows.Select(row => values[row])],
                };
            }),
        ];
    }
}
