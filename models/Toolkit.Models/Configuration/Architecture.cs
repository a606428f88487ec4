namespace Toolkit.Models.Configuration;

/// <summary>The networks of the literature; names in a configuration are the published ones.</summary>
public enum Architecture
{
    /// <summary>"OneLayerMLP": two embeddings, one hidden layer, unembedding, no biases.</summary>
    OneLayerMlp,

    /// <summary>"OneLayerMLPwithBias": the same with a bias added after the ReLU.</summary>
    OneLayerMlpWithBias,

    /// <summary>"BilinearNet": the element-wise product of two embeddings, unembedded.</summary>
    Bilinear,

    /// <summary>"Transformer": one layer, four heads, no normalisation; reads its answer at the "=" token.</summary>
    Transformer,
}
