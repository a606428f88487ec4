using Toolkit.Formats.Tables;

namespace Toolkit.Analysis.Charts.Runs.Representations;

/// <summary>The table of the representation analysis, one row per irrep, as charts read it.</summary>
internal static class IrrepResults
{
    public const string Table = "group";
    public const string Missing = "there is no representation analysis yet: `inspect group RUN` makes it, for "
        + "networks on group composition.";

    /// <summary>Irreps beyond which only the largest are named, the rest together.</summary>
    private const int MostNamed = 10;

    public static string? WhyNot(IRunData run) => run.Results.Contains(Table) ? null : Missing;

    public static string[] Names(Table table) =>
        [.. table.Values<string?>("irrep").ToArray().Select(name => name ?? "?")];

    /// <summary>The rows that a picture names, in the table's order: all, or those with the greatest shares.</summary>
    public static IReadOnlyList<int> Named(Table table, IReadOnlyList<double[]> shares)
    {
        var all = Enumerable.Range(0, table.RowCount);
        return table.RowCount <= MostNamed
            ? [.. all]
            : [.. all
                .OrderByDescending(row => shares.Max(column => double.IsFinite(column[row]) ? column[row] : 0))
                .Take(MostNamed - 1)
                .Order()];
    }
}
