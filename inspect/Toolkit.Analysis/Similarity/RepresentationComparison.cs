using Toolkit.Analysis.LinearAlgebra;
using Toolkit.Formats.Tables;

namespace Toolkit.Analysis.Similarity;

/// <summary>Compares the features that two networks give the same samples.</summary>
public static class RepresentationComparison
{
    /// <summary>The name of the result.</summary>
    public const string Name = "compare";

    private const int Shuffles = 5;

    /// <summary>Computes every measure.</summary>
    /// <param name="x">[samples, features of x], finite.</param>
    /// <param name="y">[samples, features of y], finite, the same samples in the same order.</param>
    /// <param name="seed">The seed of the shuffles that chance is measured by.</param>
    /// <returns>The scores.</returns>
    /// <exception cref="ArgumentException">The numbers of samples differ.</exception>
    /// <exception cref="Formats.BadInputException">A value is NaN or infinite.</exception>
    public static SimilarityScores Run(HostMatrix x, HostMatrix y, int seed = 0)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(y);
        if (x.Rows != y.Rows)
        {
            throw new ArgumentException($"{x.Rows} samples cannot be compared with {y.Rows}.", nameof(y));
        }

        x.RequireFinite("the first side");
        y.RequireFinite("the second side");
        var (svcca, pwcca) = CanonicalCorrelation.Of(x, y);
        var centeredX = CenteredFeatures.Of(x);
        var centeredY = CenteredFeatures.Of(y);
        return new SimilarityScores(
            x.Rows,
            LinearCka.OfCentered(centeredX, centeredY),
            LinearCka.Debiased(x, y),
            Chance(centeredX, centeredY, seed),
            svcca,
            pwcca,
            ProcrustesSimilarity.Of(x, y),
            RepresentationalSimilarity.Of(x, y));
    }

    /// <summary>Scores of several pairs of values, ready to be stored.</summary>
    /// <param name="pairs">The pairs.</param>
    /// <returns>The output <c>compare</c>, one row per pair.</returns>
    public static AnalysisOutput Output(IReadOnlyList<ComparedPair> pairs)
    {
        ArgumentNullException.ThrowIfNull(pairs);
        return new AnalysisOutput(
            Name,
            new Table(
                TableColumn.Create("other_run", pairs.Select(p => (string?)p.OtherRun).ToArray()),
                TableColumn.Create("tensor", pairs.Select(p => (string?)p.Tensor).ToArray()),
                TableColumn.Create("other_tensor", pairs.Select(p => (string?)p.OtherTensor).ToArray()),
                TableColumn.Create("samples", pairs.Select(p => p.Scores.Samples).ToArray()),
                TableColumn.Create("features", pairs.Select(p => p.Features).ToArray()),
                TableColumn.Create("other_features", pairs.Select(p => p.OtherFeatures).ToArray()),
                TableColumn.Create("cka", pairs.Select(p => p.Scores.Cka).ToArray()),
                TableColumn.Create("cka_debiased", pairs.Select(p => p.Scores.CkaDebiased).ToArray()),
                TableColumn.Create("cka_chance", pairs.Select(p => p.Scores.CkaChance).ToArray()),
                TableColumn.Create("svcca", pairs.Select(p => p.Scores.Svcca).ToArray()),
                TableColumn.Create("pwcca", pairs.Select(p => p.Scores.Pwcca).ToArray()),
                TableColumn.Create("procrustes", pairs.Select(p => p.Scores.Procrustes).ToArray()),
                TableColumn.Create("rsa", pairs.Select(p => p.Scores.Rsa).ToArray())),
            new ComparisonSummary(
                "Features of the same samples in two runs. cka: linear CKA (Kornblith et al. 2019), cka_debiased: "
                    + "with unbiased HSIC (Nguyen et al. "
                + "2021), cka_chance: with one side's samples shuffled; svcca, pwcca: mean and projection-weighted "
                + "canonical correlation of the "
                + "directions with 99 % of the variance (Raghu et al. 2017, Morcos et al. 2018); procrustes: 1 - d/2 "
                + "(Ding et al. 2021); rsa: Spearman "
                + "correlation of the distances between the first 1000 samples (Kriegeskorte et al. 2008).",
                pairs));
    }

    private static double Chance(HostMatrix x, HostMatrix y, int seed)
    {
        var random = new Random(seed);
        var norm = LinearCka.OfCentered(x, y) / LinearCka.Cross(x, y);
        var order = Enumerable.Range(0, y.Rows).ToArray();
        var sum = 0.0;
        for (var shuffle = 0; shuffle < Shuffles; shuffle++)
        {
            random.Shuffle(order);
            var shuffled = new HostMatrix(y.Rows, y.Columns);
            for (var row = 0; row < y.Rows; row++)
            {
                y.Row(order[row]).CopyTo(shuffled.Values.AsSpan(row * y.Columns, y.Columns));
            }

            // A shuffle leaves both norms as they are.
            sum += norm * LinearCka.Cross(x, shuffled);
        }

        return sum / Shuffles;
    }
}
