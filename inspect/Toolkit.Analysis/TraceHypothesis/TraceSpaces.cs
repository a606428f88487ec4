namespace Toolkit.Analysis.TraceHypothesis;

/// <summary>The spaces in which logits and trace are compared.</summary>
public static class TraceSpaces
{
    /// <summary>As they are. Depends on the constant per pair, which softmax does not see.</summary>
    public const string Logits = "logits";

    /// <summary>
    /// Both with their mean over z subtracted for every pair (x, y): what the network says. This is the one to read.
    /// </summary>
    public const string Centred = "logits_centred";

    /// <summary>
    /// After softmax over z, of the logits and of the trace itself. The trace is small, so its softmax is nearly flat.
    /// </summary>
    public const string Probabilities = "softmax";

    /// <summary>
    /// After softmax over z, of the logits and of the multiple of the trace that fits the centred logits best.
    /// </summary>
    public const string FittedProbabilities = "softmax_fitted";

    /// <summary>
    /// Centred as the notebook did. <c>logits - logits.mean(-1)</c> lacks <c>keepdim</c>: [n, n, n] − [n, n] subtracts
    /// the mean of pair (y, z) from entry (x, y, z), so the constant per pair stays in and a foreign one is added. Kept
    /// to compare with, not to use.
    /// </summary>
    public const string NotebookCentred = "logits_centred_wrong_axis";
}
