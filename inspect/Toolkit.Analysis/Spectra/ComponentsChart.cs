using Toolkit.Analysis.Charts;
using Toolkit.Analysis.Charts.Runs;
using Toolkit.Formats.Tables;

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
        // A table of many samples is read twice in parts and never held: first how many rows are of the value.
        var count = 0;
        await run.ResultAsync(ActivationSpectrum.ComponentsName, ["matrix"], part =>
        {
            count += RowsOf(part).Count;
            return part.Slice(0, 0);
        }, cancellation);
        if (count == 0)
        {
            throw new Formats.BadInputException(
                $"{run.Name}: '{choices["tensor"]}' has not been decomposed yet. Decompose it: "
                    + "`inspect svd RUN --tensor NAME`.");
        }

        var step = (count + MaximumPoints - 1) / MaximumPoints;

        // Of all pairs, a step that shares a factor with the order of the group would show some right factors only.
        while (run.Group is { } group && System.Numerics.BigInteger.GreatestCommonDivisor(step, group.Order) > 1)
        {
            step++;
        }

        var passed = 0;
        string[] columns = [.. new[] { "matrix", "sample_id", choices["x"], choices["y"] }.Distinct()];
        var table = await run.ResultAsync(ActivationSpectrum.ComponentsName, columns, part =>
        {
            var rows = RowsOf(part);
            var first = passed;
            passed += rows.Count;
            return part.Pick([.. rows.Where((_, index) => (first + index) % step == 0)]);
        }, cancellation);
        var samples = table.Numbers("sample_id");
        var colors = await run.SampleColumnAsync(
            choices["color"], [.. samples.Select(sample => (long)sample)], cancellation);
        var points = new PointMark
        {
            X = table.Numbers(choices["x"]),
            Y = table.Numbers(choices["y"]),
            Labels = [.. samples.Select((sample, index) => $"sample {sample}: {choices["color"]} {colors[index]}")],
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
                    Count = count,
                    Reduction = step > 1 ? $"every {step}th row" : null,
                },
            };

        List<int> RowsOf(Table part)
        {
            var matrices = part.Values<string?>("matrix");
            var rows = new List<int>();
            for (var row = 0; row < matrices.Length; row++)
            {
                if (matrices[row] == choices["tensor"])
                {
                    rows.Add(row);
                }
            }

            return rows;
        }

        // Names that are no numbers become their rank in order: equal names have equal colours.
        double Number(string text) =>
            double.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out var number)
                ? number
                : Array.BinarySearch(different, text, StringComparer.Ordinal);
    }
}
