using Toolkit.Analysis.Charts;
using Toolkit.Analysis.Charts.Runs;

namespace Toolkit.Analysis.Spectra;

/// <summary>
/// The samples of a captured value on its first principal components, coloured by a column that describes samples.
/// </summary>
internal sealed class ComponentsChart : IRunChart
{
    private const int MaximumPoints = 20_000;
    private const int MaximumCategories = 12;
    private static readonly string[] Axes = ["pc1", "pc2", "pc3"];

    /// <inheritdoc/>
    public string Name => "principal-components";

    /// <inheritdoc/>
    public string Title => "Principal components";

    /// <inheritdoc/>
    public ChartPage Page => ChartPage.Spectra;

    /// <inheritdoc/>
    public int Order => 40;

    /// <inheritdoc/>
    public string? WhyNot(IRunData run) => run.Results.Contains(ActivationSpectrum.ComponentsName)
        ? null
        : "no captured value has been decomposed yet: `inspect svd RUN --tensor NAME` does.";

    /// <inheritdoc/>
    public IReadOnlyList<ChartOption> Options(IRunData run) =>
    [
        ChartOption.OneOf(
            "tensor",
            "Value",
            [.. run.Activations.Select(a => a.Name)],
            run.Activations.FirstOrDefault(a => a.Role == "hidden")?.Name),
        ChartOption.OneOf(
            "color", "Colour", [.. run.SampleColumns], run.SampleColumns.Contains("product") ? "product" : null),
        ChartOption.OneOf("x", "Horizontal", Axes, Axes[0]),
        ChartOption.OneOf("y", "Vertical", Axes, Axes[1]),
    ];

    /// <inheritdoc/>
    public async Task<ChartSpec> DrawAsync(IRunData run, ChartChoices choices, CancellationToken cancellation)
    {
        var table = await run.ResultAsync(ActivationSpectrum.ComponentsName, cancellation);
        var matrices = table.Values<string?>("matrix").ToArray();
        var all = Enumerable.Range(0, table.RowCount).Where(row => matrices[row] == choices["tensor"]).ToArray();
        if (all.Length == 0)
        {
            throw new Formats.BadInputException(
                $"{run.Name}: '{choices["tensor"]}' has not been decomposed yet. Decompose it: "
                    + "`inspect svd RUN --tensor NAME`.");
        }

        var step = (all.Length + MaximumPoints - 1) / MaximumPoints;

        // Of all pairs, a step that shares a factor with the order of the group would show some right factors only.
        while (run.Group is { } group && System.Numerics.BigInteger.GreatestCommonDivisor(step, group.Order) > 1)
        {
            step++;
        }

        var rows = all.Where((_, index) => index % step == 0).ToArray();
        var samples = table.Numbers("sample_id");
        var described = await run.SampleColumnAsync(choices["color"], cancellation);
        string[] colors = [.. rows.Select(row => described[(int)samples[row]])];
        var points = new PointMark
        {
            X = Column(choices["x"]),
            Y = Column(choices["y"]),
            Labels = [.. rows.Select((row, index) => $"sample {samples[row]}: {choices["color"]} {colors[index]}")],
        };
        string[] different = [.. colors.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        return ChartSpec.Single(
            $"Principal components of {choices["tensor"]}",
            ChartAxis.Linear(choices["x"].ToUpperInvariant()),
            ChartAxis.Linear(choices["y"].ToUpperInvariant()),
            different.Length <= MaximumCategories
                ? points with { Categories = colors }
                : points with { Values = [.. colors.Select(Number)], Colors = ColorScale.Sequential(choices["color"]) })
                    with
            {
                Caption = "Rows minus their mean, projected on the directions of largest variance; coloured by "
                    + $"{choices["color"]}.",
                Provenance = new ChartProvenance
                {
                    Run = run.Name,
                    ModelSha256 = run.ModelSha256,
                    Tensor = choices["tensor"],
                    Count = all.Length,
                    Reduction = step > 1 ? $"every {step}th row" : null,
                },
            };

        double[] Column(string name)
        {
            var values = table.Numbers(name);
            return [.. rows.Select(row => values[row])];
        }

        // Names that are no numbers become their rank in order: equal names have equal colours.
        double Number(string text) =>
            double.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out var number)
                ? number
                : Array.BinarySearch(different, text, StringComparer.Ordinal);
    }
}
