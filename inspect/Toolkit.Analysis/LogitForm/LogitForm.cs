using Toolkit.Analysis.NeuronSpectra;
using Toolkit.Analysis.Representations;
using Toolkit.Formats.Tables;
using Toolkit.Models.Groups;
using Toolkit.Models.Representations;
using Toolkit.Models.Tasks;

namespace Toolkit.Analysis.LogitForm;

/// <summary>
/// What functional form the logits have: all d² entries of ρ(x)ρ(y)ρ(z⁻¹) against the trace alone, and how
/// bi-equivariant they are.
/// </summary>
/// <remarks>
/// Fit: least squares of the centred logits on the entries of ρ(xyz⁻¹) is the projection of c(g), the mean logit over
/// xyz⁻¹ = g: explained is n²·‖P_ρ c‖²/‖ℓ̄‖² in full and the squared trace similarity for the trace alone; the gap is
/// what a trace read-out leaves out (B. Stefanou, finite-group-interp, 2026). Bi-equivariant logits depend on xyz⁻¹ up
/// to conjugation alone, ℓ(gx, yh, gzh) = ℓ(x, y, z) (W. Wu et al., ICLR 2025): explained by c is n²·‖c‖²/‖ℓ̄‖², and
/// the correct logit has no spread over pairs with one product.
/// </remarks>
public static class LogitForm
{
    /// <summary>Measures the logits.</summary>
    /// <param name="task">The task.</param>
    /// <param name="weights">Effective weights.</param>
    /// <param name="moments">The first pass.</param>
    /// <param name="irreps">The irreps.</param>
    /// <returns>The table "logit_form", one row for each irrep.</returns>
    public static AnalysisOutput Measure(
        GroupTask task, GroupNetworkWeights weights, GroupNetworkMoments moments, IrrepTable irreps)
    {
        ArgumentNullException.ThrowIfNull(task);
        ArgumentNullException.ThrowIfNull(irreps);
        var (means, squares) = LogitMeans.Of(task.Group, weights, moments);
        var n = task.Group.Order;
        var spans = irreps.Select(RepresentationSpan.Of).ToArray();
        var power = GroupPower.Of(task.Group, spans, means);
        var pairs = (double)n * n;
        var full = power.Select(value => squares == 0 ? 0 : pairs * value / squares).ToArray();
        var trace = spans.Select(span => squares == 0 ? 0 : pairs * TracePower(span, means) / squares).ToArray();
        var table = new Table(
            TableColumn.Create("irrep", [.. spans.Select(span => span.Name)]),
            TableColumn.Create("dimension", spans.Select(span => span.Dimension).ToArray()),
            TableColumn.Create("explained_full", full),
            TableColumn.Create("explained_trace", trace),
            TableColumn.Create("gap", full.Zip(trace, (a, b) => a - b).ToArray()));
        var summary = new
        {
            Method = "least squares on the entries of ρ(xyz⁻¹) against the trace alone; bi-equivariance (Wu et al., ICLR 2025)",
            ExplainedByQuotient = squares == 0 ? 0 : pairs * means.Sum(value => value * value) / squares,
            ExplainedFull = full.Sum(),
            ExplainedTrace = trace.Sum(),
            CorrectLogitSpread = LogitMeans.CorrectSpread(task.Group, weights, moments),
        };
        return new("logit_form", table, summary)
        {
            Headline =
                $"Logits: of their variance {Words.Percent(summary.ExplainedByQuotient)} is a function of xyz⁻¹ "
                    + $"alone (bi-equivariance), {Words.Percent(summary.ExplainedTrace)} "
                    + $"a sum of traces; the correct logit varies by {Words.Percent(summary.CorrectLogitSpread)} "
                    + "over pairs of one product",
        };
    }

    /// <summary>‖⟨c, χ⟩χ/⟨χ,χ⟩‖²: the part of c along the character.</summary>
    private static double TracePower(RepresentationSpan span, double[] function)
    {
        double inner = 0;
        double squares = 0;
        for (var g = 0; g < function.Length; g++)
        {
            inner += function[g] * span.Characters[g];
            squares += span.Characters[g] * span.Characters[g];
        }

        return inner * inner / squares;
    }
}
