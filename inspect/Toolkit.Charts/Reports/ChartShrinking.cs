using Toolkit.Analysis.Charts;

namespace Toolkit.Charts.Reports;

/// <summary>Reduces heat maps that are finer than a page shows.</summary>
internal static class ChartShrinking
{
    /// <summary>Heat maps of more cells become means of blocks; a block is named by its first row or column.</summary>
    public static ChartSpec Apply(ChartSpec spec, ReportOptions options)
    {
        var side = options.ReducedSide;
        string? reduction = null;
        var panels = spec.Panels.Select(panel =>
        {
            if (panel.Marks is not [HeatMapMark map] || (long)map.Matrix.Rows * map.Matrix.Columns <= options.MostCells
                || MatrixReduction.Describe(map.Matrix, side, side) is not { } words)
            {
                return panel;
            }

            reduction = words;
            var (high, wide) = MatrixReduction.Block(map.Matrix, side, side);
            return panel with
            {
                X = Thin(panel.X, wide),
                Y = Thin(panel.Y, high),
                Marks = [map with { Matrix = MatrixReduction.Fit(map.Matrix, side, side) }],
            };
        }).ToList();
        return reduction is null
            ? spec
            : spec with { Panels = panels, Caption = $"{spec.Caption} Drawn as {reduction}.".TrimStart() };
    }

    private static ChartAxis Thin(ChartAxis axis, int every) => every == 1 ? axis
        : axis.Categories is { } names ? axis with { Categories = [.. names.Where((_, i) => i % every == 0)] }
        : axis with { Label = $"{axis.Label} ÷ {every}" };
}
