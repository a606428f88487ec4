using Toolkit.Analysis.LinearAlgebra;

namespace Toolkit.Analysis.Representations;

/// <summary>The weights of a group network that analyses need, whatever its architecture.</summary>
/// <param name="EmbedX">The effective embedding of the left element, [n, h].</param>
/// <param name="EmbedY">The effective embedding of the right element, [n, h].</param>
/// <param name="Unembed">From hidden neurons to logits, [h, n].</param>
public sealed record GroupNetworkWeights(HostMatrix EmbedX, HostMatrix EmbedY, HostMatrix Unembed)
{
    /// <summary>
    /// From the readout value to logits, [r, n]; null where the readout is the hidden layer itself, with
    /// <see cref="Unembed"/>.
    /// </summary>
    public HostMatrix? Readout { get; init; }

    /// <summary>What the logits are the readout value times: <see cref="Readout"/>, or else <see cref="Unembed"/>.</summary>
    public HostMatrix ToLogits => Readout ?? Unembed;

    /// <summary>The sum of the squares of all trained weights.</summary>
    public double SumOfSquaredWeights { get; init; }
}
