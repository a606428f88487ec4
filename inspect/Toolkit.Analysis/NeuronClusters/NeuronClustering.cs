using Toolkit.Analysis.Charts;
using Toolkit.Models.Groups;
using Toolkit.Models.Representations;

namespace Toolkit.Analysis.NeuronClusters;

/// <summary>
/// Which irrep each neuron works for: the shares of its embedding vector's squared norm in the isotypic parts.
/// </summary>
/// <remarks>
/// Source: B. Chughtai et al. (ICML 2023), section "neuron clustering". For neuron j, e_j is column j of E_x [n, h] and
/// share_ρ = ‖P_ρ e_j‖² / ‖e_j‖² with P_ρ[g, h] = d_ρ / (⟨χ, χ⟩ n) · χ_ρ(g⁻¹h). The shares of all irreps sum to 1. A
/// neuron whose ‖e_j‖² is below <see cref="OffBelow"/> is off. O(n²·h·irreps).
/// </remarks>
public static class NeuronClustering
{
    /// <summary>The squared norm below which a neuron counts as off, as published.</summary>
    public const double OffBelow = 1;

    /// <summary>Measures the shares.</summary>
    /// <param name="group">The group, numbered as the rows are.</param>
    /// <param name="irreps">All real irreps of the group.</param>
    /// <param name="embedding">The effective embedding, [n, neurons].</param>
    /// <param name="cancellation">Stops the work.</param>
    /// <returns>Squared norms [neurons] and shares [irreps, neurons]; the shares of a zero vector are NaN.</returns>
    public static (double[] SquaredNorms, ChartMatrix Shares) Measure(
        FiniteGroup group, IReadOnlyList<Irrep> irreps, ChartMatrix embedding, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(group);
        ArgumentNullException.ThrowIfNull(irreps);
        ArgumentNullException.ThrowIfNull(embedding);
        if (embedding.Rows != group.Order)
        {
            throw new ArgumentException(
                $"The embedding has {embedding.Rows} rows; {group.Name} has {group.Order} elements.",
                nameof(embedding));
        }

        int n = group.Order, neurons = embedding.Columns;

        // ‖P e‖² = eᵀPe is a sum over c of P(c) times the correlation Σ_g e(g) e(gc): one pass over n² pairs serves all
        // irreps.
        var correlation = new double[n * neurons];
        var values = embedding.Values;
        Parallel.For(0, n, new ParallelOptions { CancellationToken = cancellation }, c =>
        {
            var span = values.Span;
            var sums = correlation.AsSpan(c * neurons, neurons);
            for (var g = 0; g < n; g++)
            {
                var left = span.Slice(g * neurons, neurons);
                var right = span.Slice(group.Multiply(g, c) * neurons, neurons);
                for (var j = 0; j < neurons; j++)
                {
                    sums[j] += (double)left[j] * right[j];
                }
            }
        });
        double[] norms = [.. Enumerable.Range(0, neurons).Select(j => correlation[(group.Identity * neurons) + j])];
        var shares = new float[irreps.Count * neurons];
        for (var i = 0; i < irreps.Count; i++)
        {
            var scale = (double)irreps[i].Dimension / (irreps[i].Norm * n);
            for (var j = 0; j < neurons; j++)
            {
                var sum = 0.0;
                for (var c = 0; c < n; c++)
                {
                    sum += irreps[i].Character(c) * correlation[(c * neurons) + j];
                }

                shares[(i * neurons) + j] = (float)(scale * sum / norms[j]);
            }
        }

        return (norms, new ChartMatrix(irreps.Count, neurons, shares));
    }
}
