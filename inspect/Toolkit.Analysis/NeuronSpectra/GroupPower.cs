using Toolkit.Models.Groups;
using Toolkit.Models.Representations;

namespace Toolkit.Analysis.NeuronSpectra;

/// <summary>The power of functions on a group in each irrep: ‖P_ρ f‖² = (d/⟨χ,χ⟩)/n · Σ_t χ(t)·Σ_g f(g)f(gt).</summary>
/// <remarks>
/// Equal to d/⟨χ,χ⟩·tr(f̂ᵀf̂)/n with f̂(ρ) = Σ_g f(g)ρ(g); summed over all irreps it is ‖f‖² (Parseval). D. Stander et
/// al., "Grokking Group Multiplication with Cosets" (ICML 2024). O(n²) for each function: the autocorrelation is taken
/// once for all irreps.
/// </remarks>
public static class GroupPower
{
    /// <summary>The power of one function in every irrep.</summary>
    /// <param name="group">The group.</param>
    /// <param name="spans">The irreps.</param>
    /// <param name="function">n values in index order.</param>
    /// <returns>One power for each irrep.</returns>
    public static double[] Of(FiniteGroup group, IReadOnlyList<RepresentationSpan> spans, ReadOnlySpan<double> function)
    {
        ArgumentNullException.ThrowIfNull(group);
        ArgumentNullException.ThrowIfNull(spans);
        var n = group.Order;
        ArgumentOutOfRangeException.ThrowIfNotEqual(function.Length, n);
        var correlation = new double[n];
        for (var g = 0; g < n; g++)
        {
            var row = group.Row(g);
            var value = function[g];
            for (var t = 0; t < n; t++)
            {
                correlation[t] += value * function[row[t]];
            }
        }

        var power = new double[spans.Count];
        for (var i = 0; i < power.Length; i++)
        {
            double sum = 0;
            var characters = spans[i].Characters;
            for (var t = 0; t < n; t++)
            {
                sum += characters[t] * correlation[t];
            }

            power[i] = Math.Max(0, spans[i].ProjectorScale * sum);
        }

        return power;
    }

    /// <summary>The Fourier coefficient f̂(ρ) = Σ_g f(g)·ρ(g), [d, d] row-major.</summary>
    /// <param name="irrep">ρ.</param>
    /// <param name="function">n values in index order.</param>
    /// <returns>The matrix.</returns>
    public static double[] Transform(Irrep irrep, ReadOnlySpan<double> function)
    {
        ArgumentNullException.ThrowIfNull(irrep);
        var size = irrep.Dimension * irrep.Dimension;
        var sum = new double[size];
        var matrices = irrep.Matrices();
        for (var g = 0; g < function.Length; g++)
        {
            var matrix = matrices.Slice(g * size, size);
            for (var i = 0; i < size; i++)
            {
                sum[i] += function[g] * matrix[i];
            }
        }

        return sum;
    }
}
