using Toolkit.Models.Representations;

namespace Toolkit.Analysis.Representations;

/// <summary>How to measure.</summary>
/// <param name="Spans">The representations, in the order of the keys; the trivial one among them.</param>
public sealed record RepresentationOptions(IReadOnlyList<RepresentationSpan> Spans)
{
    /// <summary>An irrep is key where the trace similarity of its logits exceeds this.</summary>
    public const double KeySimilarity = 0.005;

    /// <summary>
    /// Key irreps by name, for example those of the final checkpoint; null: decided here by
    /// <see cref="KeySimilarity"/>.
    /// </summary>
    public IReadOnlyList<string>? KeyIrreps { get; init; }

    /// <summary>"epoch": the optimiser steps the weights have behind them.</summary>
    public double Epoch { get; init; }

    /// <summary>
    /// True to give the published values: sum_of_squared_weights 0 and losses over 15,000 rows eight times too large
    /// for transformers, similarities with traces of float32, no keys of our own.
    /// </summary>
    public bool Legacy { get; init; }

    /// <summary>True for a transformer: both defects are of these summaries alone.</summary>
    public bool IsTransformer { get; init; }
}
