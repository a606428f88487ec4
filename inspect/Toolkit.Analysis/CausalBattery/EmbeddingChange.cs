namespace Toolkit.Analysis.CausalBattery;

/// <summary>What is done to the embeddings before the network runs.</summary>
internal enum EmbeddingChange
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>The left element's embedding changes its sign.</summary>
    LeftNegated,

    /// <summary>The right element's embedding changes its sign.</summary>
    RightNegated,
}
