namespace Toolkit.Analysis.Spectra;

/// <summary>What a decomposed matrix is.</summary>
public enum MatrixKind
{
    /// <summary>A weight of the model, as it is in the file; leading axes together are the rows.</summary>
    Weight,

    /// <summary>A product of weights that acts as one: an effective embedding or unembedding.</summary>
    Effective,

    /// <summary>
    /// The natural representation of the group: row g holds the d × d permutation matrix of g, flattened.
    /// </summary>
    Natural,

    /// <summary>A captured value: one row per sample (and position), one column per feature.</summary>
    Activation,
}
