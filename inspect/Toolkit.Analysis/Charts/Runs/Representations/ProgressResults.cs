using Toolkit.Formats.Tables;

namespace Toolkit.Analysis.Charts.Runs.Representations;

/// <summary>The table of key irreps over checkpoints, as charts read it.</summary>
internal sealed class ProgressResults
{
    private const string Name = "progress_irreps";
    private readonly Table _table;
    private readonly string[] _irreps;
    private readonly double[] _epochs;

    private ProgressResults(Table table)
    {
        _table = table;
        _irreps = [.. table.Values<string?>("irrep").ToArray().Select(name => name ?? "?")];
        _epochs = table.Numbers("epoch");
        Irreps = [.. _irreps.Distinct(StringComparer.Ordinal)];
    }

    /// <summary>The key irreps, in the table's order.</summary>
    public IReadOnlyList<string> Irreps { get; }

    /// <summary>How many checkpoints were measured.</summary>
    public int Checkpoints => _epochs.Distinct().Count();

    public static string? WhyNot(IRunData run) => run.Results.Contains(Name)
        ? null
        : "there are no progress measures yet: `inspect group TRAINING-FOLDER --progress 100 --out RUN` computes "
            + "them from the checkpoints.";

    public static async Task<ProgressResults> ReadAsync(IRunData run, CancellationToken cancellation) =>
        new(await run.ResultAsync(Name, cancellation));

    /// <summary>One measure of one irrep by epoch, ascending.</summary>
    public (double[] Epochs, double[] Values) Series(string irrep, string column)
    {
        var values = _table.Numbers(column);
        int[] rows = [.. Enumerable.Range(0, _irreps.Length)
            .Where(row => _irreps[row] == irrep)
            .OrderBy(row => _epochs[row])];
        return ([.. rows.Select(row => _epochs[row])], [.. rows.Select(row => values[row])]);
    }

    /// <summary>The first epoch at which a measure exceeds a threshold; NaN where it never does.</summary>
    public double FirstEpochAbove(string irrep, string column, double threshold)
    {
        var (epochs, values) = Series(irrep, column);
        var at = Array.FindIndex(values, value => value > threshold);
        return at < 0 ? double.NaN : epochs[at];
    }
}
