namespace Toolkit.Analysis.RhoSets;

/// <summary>A ρ-set: vectors of length 1 that ρ permutes among themselves, one orbit ≅ G/Stab.</summary>
/// <param name="Vectors">Its members, each d numbers.</param>
/// <param name="Coefficients">
/// Σ of scale × unembedding coefficient over the neurons of each pair (b, c): [b, c] row-major, c the negative of the
/// member with that index; NaN where no neuron has it.
/// </param>
public sealed record RhoOrbit(IReadOnlyList<double[]> Vectors, double[] Coefficients)
{
    /// <summary>The number of pairs (b, c) that no neuron has.</summary>
    public int Missing => Coefficients.Count(double.IsNaN);

    /// <summary>The mean coefficient over the pairs that neurons have; 0 where there are none.</summary>
    public double Mean => Coefficients.Where(double.IsFinite).DefaultIfEmpty(0).Average();

    /// <summary>
    /// The standard deviation over these pairs relative to the mean: 0 in the idealised circuit; NaN for a mean of 0.
    /// </summary>
    public double Variation
    {
        get
        {
            var mean = Mean;
            var squares = Coefficients.Where(double.IsFinite)
                .Select(value => (value - mean) * (value - mean))
                .DefaultIfEmpty(double.NaN)
                .Average();
            return mean == 0 ? double.NaN : Math.Sqrt(squares) / Math.Abs(mean);
        }
    }
}
