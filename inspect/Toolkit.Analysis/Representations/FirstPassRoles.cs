using Toolkit.Models.Networks;

namespace Toolkit.Analysis.Representations;

/// <summary>The values of the graph that the first pass over all pairs needs.</summary>
/// <param name="Hidden">The hidden layer, [batch, h].</param>
/// <param name="Readout">What the logits are linear in, [batch, r]; null where it is the hidden layer.</param>
/// <param name="Residual">The part of the readout that bypasses the hidden layer, [batch, r]; null where there is
/// none.</param>
public sealed record FirstPassRoles(NetworkRole Hidden, NetworkRole? Readout, NetworkRole? Residual)
{
    /// <summary>
    /// The graph's own logits, [batch, n], against which the others are proved; null where they are not known.
    /// </summary>
    public NetworkRole? Logits { get; init; }

    /// <summary>Those that are read, as far as there are such: hidden, readout, residual.</summary>
    public IEnumerable<NetworkRole> Values => new[] { Hidden, Readout, Residual }.OfType<NetworkRole>();
}
