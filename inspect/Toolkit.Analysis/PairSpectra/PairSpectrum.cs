namespace Toolkit.Analysis.PairSpectra;

/// <summary>The power of every hidden neuron in every pair of irreps (ρ, σ) of G × G.</summary>
/// <param name="Irreps">m names, in the order of the powers.</param>
/// <param name="Power">[h, m, m] row-major: neuron, irrep of the left element, irrep of the right element.</param>
/// <param name="Energy">Σ H(x, y)² of every neuron over all pairs, summed directly: what the powers must add up
/// to.</param>
/// <param name="Tolerance">The relative deviation that rounding explains: binary64 for small problems, binary32
/// above.</param>
public sealed record PairSpectrum(IReadOnlyList<string> Irreps, double[] Power, double[] Energy, double Tolerance)
{
    /// <summary>h.</summary>
    public int Neurons => Energy.Length;

    /// <summary>The powers of one neuron.</summary>
    /// <param name="neuron">Its index.</param>
    /// <returns>[m, m] row-major.</returns>
    public ReadOnlySpan<double> Of(int neuron) =>
        Power.AsSpan(neuron * Irreps.Count * Irreps.Count, Irreps.Count * Irreps.Count);
}
