namespace Toolkit.Analysis.RhoSets;

/// <summary>A neuron of a circuit: l(x) = bᵀρ(x)a, r(y) = aᵀρ(y)c, u(z) = coefficient·bᵀρ(z)c.</summary>
/// <param name="Neuron">Its index.</param>
/// <param name="Orbit">The ρ-set that b and −c are in, or −1 where they are nearest to two different ones.</param>
/// <param name="B">Which member b is.</param>
/// <param name="C">The member whose negative c is.</param>
/// <param name="LeftScale">|b| before it was made of length 1.</param>
/// <param name="RightScale">|c|.</param>
/// <param name="Coefficient">Of the unembedding, along bᵀρ(z)c.</param>
/// <param name="BDistance">From b to its member.</param>
/// <param name="CDistance">From −c to its member.</param>
public sealed record RhoSetNeuron(
    int Neuron,
    int Orbit,
    int B,
    int C,
    double LeftScale,
    double RightScale,
    double Coefficient,
    double BDistance,
    double CDistance)
{
    /// <summary>The scale of both sides in the idealised circuit.</summary>
    public double Scale => (LeftScale + RightScale) / 2;
}
