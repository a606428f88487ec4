using Toolkit.Models.Representations;

namespace Toolkit.Analysis.RhoSets;

/// <summary>What the neurons of one irrep compute, fitted to the circuit of Wu et al.</summary>
/// <param name="Irrep">ρ.</param>
/// <param name="A">The vector a that all neurons share, of length 1.</param>
/// <param name="Neurons">The cluster's neurons.</param>
/// <param name="Orbits">The ρ-sets.</param>
public sealed record RhoSetCircuit(
    Irrep Irrep, double[] A, IReadOnlyList<RhoSetNeuron> Neurons, IReadOnlyList<RhoOrbit> Orbits)
{
    /// <summary>Median of σ₁²/Σσ² of the coefficients of l, r and u.</summary>
    public required (double Left, double Right, double Unembed) RankOne { get; init; }

    /// <summary>Σ‖a_i − ā‖²/Σ‖a_i‖² over the neurons.</summary>
    public required double AVariance { get; init; }

    /// <summary>Σ‖a_i − d_i‖²/Σ‖a_i‖², d being the right function's own vector.</summary>
    public required double ADifference { get; init; }

    /// <summary>The share of u's coefficients along the product of those of l and r (r² without a constant).</summary>
    public required double UnembedOnProduct { get; init; }

    /// <summary>The mean distance of b and −c from their ρ-sets.</summary>
    public required double Distance { get; init; }

    /// <summary>The first check that the circuit fails, in words; null where it passes all.</summary>
    public required string? Failure { get; init; }
}
