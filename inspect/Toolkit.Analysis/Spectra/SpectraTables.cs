using Toolkit.Formats;
using Toolkit.Formats.Tables;

namespace Toolkit.Analysis.Spectra;

/// <summary>
/// Spectra as result tables: <c>svd</c>, one row per singular value, and <c>spectra</c>, one row per matrix.
/// </summary>
public static class SpectraTables
{
    /// <summary>The name of the table of singular values.</summary>
    public const string Values = "svd";

    /// <summary>The name of the table with one row per matrix.</summary>
    public const string Summaries = "spectra";

    /// <summary>
    /// One row per singular value: matrix, index (from 1), singular_value, explained_variance, cumulative_variance.
    /// </summary>
    /// <param name="spectra">The spectra.</param>
    /// <returns>The table.</returns>
    public static Table ValuesOf(IReadOnlyList<Spectrum> spectra)
    {
        ArgumentNullException.ThrowIfNull(spectra);
        return new Table(
            TableColumn.Create(
                "matrix", [.. spectra.SelectMany(s => Enumerable.Repeat<string?>(s.Name, s.Values.Length))]),
            TableColumn.Create(
                "kind", [.. spectra.SelectMany(s => Enumerable.Repeat<string?>(NameOf(s.Kind), s.Values.Length))]),
            TableColumn.Create("index", spectra.SelectMany(s => Enumerable.Range(1, s.Values.Length)).ToArray()),
            TableColumn.Create("singular_value", spectra.SelectMany(s => s.Values).ToArray()),
            TableColumn.Create("explained_variance", spectra.SelectMany(s => s.ExplainedVariance()).ToArray()),
            TableColumn.Create("cumulative_variance", spectra.SelectMany(s => s.CumulativeVariance()).ToArray()));
    }

    /// <summary>One row per matrix: its shape, norms and kinds of rank.</summary>
    /// <param name="spectra">The spectra.</param>
    /// <returns>The table.</returns>
    public static Table SummariesOf(IReadOnlyList<Spectrum> spectra)
    {
        ArgumentNullException.ThrowIfNull(spectra);
        return new Table(
            TableColumn.Create("matrix", spectra.Select(s => (string?)s.Name).ToArray()),
            TableColumn.Create("kind", spectra.Select(s => (string?)NameOf(s.Kind)).ToArray()),
            TableColumn.Create("formula", spectra.Select(s => s.Formula).ToArray()),
            TableColumn.Create("rows", spectra.Select(s => s.Rows).ToArray()),
            TableColumn.Create("columns", spectra.Select(s => (long)s.Columns).ToArray()),
            TableColumn.Create("spectral_norm", spectra.Select(s => s.SpectralNorm).ToArray()),
            TableColumn.Create("frobenius_norm", spectra.Select(s => s.FrobeniusNorm).ToArray()),
            TableColumn.Create("numerical_rank", spectra.Select(s => s.NumericalRank).ToArray()),
            TableColumn.Create("effective_rank", spectra.Select(s => s.EffectiveRank).ToArray()),
            TableColumn.Create("stable_rank", spectra.Select(s => s.StableRank).ToArray()),
            TableColumn.Create("participation_ratio", spectra.Select(s => s.ParticipationRatio).ToArray()),
            TableColumn.Create("rank_keeping_90_percent", spectra.Select(s => s.RankKeeping(0.90)).ToArray()),
            TableColumn.Create("rank_keeping_99_percent", spectra.Select(s => s.RankKeeping(0.99)).ToArray()),
            TableColumn.Create("precision", spectra.Select(s => s.Precision).ToArray()));
    }

    /// <summary>The spectra that two stored tables hold: to add others to them.</summary>
    /// <param name="values">The table <c>svd</c>.</param>
    /// <param name="summaries">The table <c>spectra</c>.</param>
    /// <returns>One spectrum per row of <paramref name="summaries"/>.</returns>
    /// <exception cref="BadInputException">They are not these tables.</exception>
    public static IReadOnlyList<Spectrum> Read(Table values, Table summaries)
    {
        ArgumentNullException.ThrowIfNull(values);
        ArgumentNullException.ThrowIfNull(summaries);
        try
        {
            var byName = values.Values<string?>("matrix").ToArray().Zip(
                values.Values<double>("singular_value").ToArray())
                .ToLookup(pair => pair.First, pair => pair.Second, StringComparer.Ordinal);
            return
            [
                .. Enumerable.Range(0, summaries.RowCount).Select(row =>
                {
                    var name = summaries.Values<string?>("matrix")[row] ?? string.Empty;
                    var frobenius = summaries.Values<double>("frobenius_norm")[row];
                    return new Spectrum(
                        name,
                        Enum.Parse<MatrixKind>(
                            summaries.Values<string?>("kind")[row] ?? string.Empty, ignoreCase: true),
                        summaries.Values<string?>("formula")[row],
                        summaries.Values<long>("rows")[row],
                        (int)summaries.Values<long>("columns")[row],
                        [.. byName[name]],
                        frobenius * frobenius,
                        summaries.Values<double>("precision")[row]);
                }),
            ];
        }
        catch (Exception e) when (e is KeyNotFoundException or InvalidOperationException or ArgumentException)
        {
            throw new BadInputException(
                $"results/{Values}.parquet and results/{Summaries}.parquet are not what `inspect svd` writes: "
                    + $"{e.Message} Delete them.", e);
        }
    }

    /// <summary>Both tables, ready to be stored.</summary>
    /// <param name="spectra">The spectra.</param>
    /// <returns>The outputs <c>svd</c> and <c>spectra</c>.</returns>
    public static IReadOnlyList<AnalysisOutput> OutputsOf(IReadOnlyList<Spectrum> spectra)
    {
        ArgumentNullException.ThrowIfNull(spectra);
        var summary = new SpectraSummary(
            "Singular values of matrices as they are (no mean subtracted, but of centred(…)). explained_variance = "
                + "sigma^2 / sum sigma^2; "
            + "effective_rank = exp(entropy of sigma / sum sigma) (Roy & Vetterli 2007); stable_rank = sum sigma^2 / "
            + "sigma_1^2; "
            + "participation_ratio = (sum sigma^2)^2 / sum sigma^4; numerical_rank counts sigma > sigma_1 * "
            + "max(rows, columns) * eps (of half precision: > ||A||_F * eps).",
            [.. spectra.Select(s => new SpectrumSummary(
                s.Name, NameOf(s.Kind),
                s.Formula, s.Rows, s.Columns, s.SpectralNorm, s.FrobeniusNorm, s.NumericalRank, s.EffectiveRank,
                s.StableRank, s.ParticipationRatio, s.Values))]);
        return [new(Values, ValuesOf(spectra), summary), new(Summaries, SummariesOf(spectra), summary)];
    }

    internal static string NameOf(MatrixKind kind) => kind.ToString().ToLowerInvariant();
}
