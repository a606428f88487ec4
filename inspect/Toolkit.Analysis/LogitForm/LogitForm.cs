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
/// <para>
/// Fit: least squares of the centred logits on the entries of ρ(xyz⁻¹) is the projection of c(g), the mean logit over
/// xyz⁻¹ = g: explained is n²·‖P_ρ c‖²/‖ℓ̄‖² in full and the squared trace similarity for the trace alone; the gap is
/// what a trace read-out leaves out (B. Stefanou, finite-group-interp, 2026).
/// </para>
/// <para>
/// Bi-equivariant logits, ℓ(gx, yh, gzh) = ℓ(x, y, z), are functions of x⁻¹zy⁻¹ (W. Wu et al., ICLR 2025), which is
/// conjugate to (xyz⁻¹)⁻¹: a trace is a function of both, a full matrix of one. With c′(w) the mean logit over x⁻¹zy⁻¹
/// = w, such a function explains n²·‖P_ρ c′‖²/‖ℓ̄‖² in ρ. The correct logit of bi-equivariant logits has no spread over
/// pairs with one product.
/// </para>
/// </remarks>
public static class LogitForm
{
    /// <summary>Measures the logits.</summary>
    /// <param name="task">The task.</param>
    /// <param name="weights">Effective weights.</param>
    /// <param name="moments">The first pass.</param>
    /// <param name="irreps">The irreps.</param>
    /// <param name="cancellation">Stops between two left elements.</param>
    /// <returns>The table "logit_form", one row for each irrep.</returns>
    public static AnalysisOutput Measure(
        GroupTask task,
        GroupNetworkWeights weights,
        GroupNetworkMoments moments,
        IrrepTable irreps,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(task);
        ArgumentNullException.ThrowIfNull(irreps);
        var (means, squares) = LogitMeans.Of(task.Group, weights, moments);
        var equivariantMeans = LogitMeans.BiEquivariant(task.Group, weights, moments, cancellation);
        var n = task.Group.Order;
        var spans = irreps.Select(RepresentationSpan.Of).ToArray();
        var pairs = (double)n * n;
        double[] Explained(double[] function) => [.. GroupPower.Of(task.Group, spans, function)
            .Select(value => squares == 0 ? 0 : pairs * value / squares)];
        var (full, equivariant) = (Explained(means), Explained(equivariantMeans));
        var trace = spans.Select(span => squares == 0 ? 0 : pairs * TracePower(span, means) / squares).ToArray();
        var table = new Table(
            TableColumn.Create("irrep", [.. spans.Select(span => span.Name)]),
            TableColumn.Create("dimension", spans.Select(span => span.Dimension).ToArray()),
            TableColumn.Create("explained_full", full),
            TableColumn.Create("explained_trace", trace),
            TableColumn.Create("gap", full.Zip(trace, (a, b) => a - b).ToArray()),
            TableColumn.Create("explained_bi_equivariant", equivariant));
        var summary = new
        {
            Method = "least squares on the entries of ρ(xyz⁻¹) against the trace alone; bi-equivariance (Wu et al., ICLR 2025)",
            ExplainedBiEquivariant = equivariant.Sum(),
            ExplainedFull = full.Sum(),
            ExplainedTrace = trace.Sum(),
            CorrectLogitSpread = LogitMeans.CorrectSpread(task.Group, weights, moments),
        };
        return new("logit_form", table, summary)
        {
            Headline =
                $"Logits: of their variance {Words.Percent(summary.ExplainedBiEquivariant)} is a function of x⁻¹zy⁻¹ "
                    + $"alone (bi-equivariance), {Words.Percent(summary.ExplainedFull)} one of xyz⁻¹, "
                    + $"{Words.Percent(summary.ExplainedTrace)} a sum of traces, which are both; the correct logit "
                    + $"varies by {Words.Percent(summary.CorrectLogitSpread)} over pairs of one product",
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
