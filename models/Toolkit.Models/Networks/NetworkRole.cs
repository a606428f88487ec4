namespace Toolkit.Models.Networks;

/// <summary>
/// What a value or a product of weights stands for, so that an analysis finds it without knowing the architecture.
/// </summary>
/// <param name="Name">
/// <c>hidden</c> and <c>logits</c> name values; <c>embed_x</c> [n, h], <c>embed_y</c> [n, h] and <c>unembed</c> [h, n]
/// name weights. Networks with a residual stream also have <c>readout</c>, <c>residual</c> (values) and
/// <c>readout_weights</c>.
/// </param>
/// <param name="Value">The value of the graph that plays the role; null where weights do.</param>
/// <param name="Position">The position on axis 1 of the value that counts; null where the value has no
/// positions.</param>
/// <param name="Factors">The initializers whose product, left to right, plays the role; empty where a value
/// does.</param>
public sealed record NetworkRole(string Name, string? Value, int? Position, IReadOnlyList<RoleFactor> Factors)
{
    /// <summary>The neurons that decide: [batch, h], after the last nonlinearity.</summary>
    public const string Hidden = "hidden";

    /// <summary>The network's answer: [batch, n].</summary>
    public const string Logits = "logits";

    /// <summary>The effective embedding of the left element: [n, h].</summary>
    public const string EmbedX = "embed_x";

    /// <summary>The effective embedding of the right element: [n, h].</summary>
    public const string EmbedY = "embed_y";

    /// <summary>The effective unembedding: [h, n].</summary>
    public const string Unembed = "unembed";

    /// <summary>The value that the logits are linear in, where it is not the hidden layer: [batch, r].</summary>
    public const string Readout = "readout";

    /// <summary>From the readout to the logits: [r, n].</summary>
    public const string ReadoutWeights = "readout_weights";

    /// <summary>The part of the readout that bypasses the hidden layer: [batch, r].</summary>
    public const string Residual = "residual";

    /// <summary>A role played by a value of the graph.</summary>
    /// <param name="name">The role.</param>
    /// <param name="value">The value's name.</param>
    /// <param name="position">The position on axis 1 that counts, if the value has positions.</param>
    /// <returns>The role.</returns>
    public static NetworkRole OfValue(string name, string value, int? position = null) =>
        new(name, value, position, []);

    /// <summary>A role played by a product of weights.</summary>
    /// <param name="name">The role.</param>
    /// <param name="factors">The factors, left to right.</param>
    /// <returns>The role.</returns>
    public static NetworkRole OfWeights(string name, params IReadOnlyList<RoleFactor> factors) =>
        new(name, null, null, factors);
}
