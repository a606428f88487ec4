using Toolkit.Analysis.LinearAlgebra;
using Toolkit.Analysis.Representations;
using Toolkit.Formats.Tables;
using Toolkit.Models.Representations;

namespace Toolkit.Analysis.ReadOut;

/// <summary>
/// The change of basis from hidden neurons to the entries of ρ(ab), and how nearly the unembedding reads the trace
/// tr(ρ(ab)ρ(c⁻¹)) off them.
/// </summary>
/// <remarks>
/// B. Chughtai et al. (ICML 2023), demo. The part of the hidden layer that depends on w = ab alone is h_ρ(w) = Σ_ij
/// M_ij ρ(w)_ij with M = (d/⟨χ,χ⟩)/n·Σ_w ρ(w)_ij h(w), [d², h]. A trace read-out means (M·W_U)[ij, c] = a·ρ(c⁻¹)_ji for
/// one number a: fitted here, with the share of ‖M·W_U‖² (c centred) that it explains.
/// </remarks>
public static class TraceReadOut
{
    /// <summary>
    /// Irreps with less of what is read out are left out of the line for a person; the table has them.
    /// </summary>
    private const double LeastShownShare = 0.01;

    /// <summary>Measures every irrep.</summary>
    /// <param name="irreps">The irreps.</param>
    /// <param name="weights">Effective weights.</param>
    /// <param name="moments">The first pass.</param>
    /// <returns>The table "trace_read_out", one row for each irrep.</returns>
    public static AnalysisOutput Measure(IrrepTable irreps, GroupNetworkWeights weights, GroupNetworkMoments moments)
    {
        ArgumentNullException.ThrowIfNull(irreps);
        ArgumentNullException.ThrowIfNull(weights);
        ArgumentNullException.ThrowIfNull(moments);
        var n = irreps.Group.Order;
        var hidden = new HostMatrix(n, moments.HiddenWidth, [.. moments.ProductSums.Select(sum => sum / n)]);
        var rows = irreps
            .Where(irrep => !irrep.IsTrivial)
            .Select(irrep => (irrep, Fit: Fit(irrep, hidden, weights.Unembed)))
            .ToList();
        var table = new Table(
            TableColumn.Create("irrep", [.. rows.Select(row => row.irrep.Name)]),
            TableColumn.Create("dimension", rows.Select(row => row.irrep.Dimension).ToArray()),
            TableColumn.Create("hidden_energy", rows.Select(row => row.Fit.HiddenEnergy).ToArray()),
            TableColumn.Create("read_out_energy", rows.Select(row => row.Fit.Energy).ToArray()),
            TableColumn.Create("trace_scale", rows.Select(row => row.Fit.Scale).ToArray()),
            TableColumn.Create("trace_explained", rows.Select(row => row.Fit.Explained).ToArray()));
        var whole = rows.Sum(row => row.Fit.Energy);
        var carried = rows
            .Where(row => row.Fit.Energy >= LeastShownShare * whole && whole > 0)
            .OrderByDescending(row => row.Fit.Energy);
        return new(
            "trace_read_out",
            table,
            new { Method = "change of basis from the hidden layer to ρ(ab), read out by W_U (Chughtai et al., ICML 2023)" })
        {
            Headline = "Read-out: W_U reads the trace of ρ(ab)ρ(c⁻¹) for "
                + $"{Words.List(carried.Select(row => $"{row.irrep.Name} ({Words.Percent(row.Fit.Explained)})"))}",
        };
    }

    private static (double HiddenEnergy, double Energy, double Scale, double Explained) Fit(
        Irrep irrep, HostMatrix hidden, HostMatrix unembed)
    {
        var n = hidden.Rows;
        var size = irrep.Dimension * irrep.Dimension;
        var entries = new HostMatrix(n, size, irrep.Matrices().ToArray());
        var basis = MatrixProduct.OfTransposed(entries, hidden);                       // [d², h]
        var scale = (double)irrep.Dimension / irrep.Norm / n;
        for (var i = 0; i < basis.Values.Length; i++)
        {
            basis.Values[i] *= scale;
        }

        var read = MatrixProduct.Of(basis, unembed);                                   // [d², n]
        double energy = 0;
        double inner = 0;
        double target = 0;
        for (var i = 0; i < irrep.Dimension; i++)
        {
            for (var j = 0; j < irrep.Dimension; j++)
            {
                var row = read.Row((i * irrep.Dimension) + j);
                double mean = 0;
                foreach (var value in row)
                {
                    mean += value / n;
                }

                for (var c = 0; c < n; c++)
                {
                    // ρ is orthogonal: ρ(c⁻¹)_ji = ρ(c)_ij. Its mean over c is 0 for every irrep but the trivial one.
                    var value = row[c] - mean;
                    var expected = entries[c, (i * irrep.Dimension) + j];
                    energy += value * value;
                    inner += value * expected;
                    target += expected * expected;
                }
            }
        }

        return (basis.Values.Sum(value => value * value), energy, inner / target, energy == 0
            ? 0
            : inner * inner / (target * energy));
    }
}
