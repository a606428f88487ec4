namespace Toolkit.Models.Configuration;

/// <summary>
/// Widths and depths of a network. The published Transformers ignore the first two and have the sizes given as defaults
/// here.
/// </summary>
/// <param name="EmbedDim">"embed_dim": columns of each embedding of the MLPs.</param>
/// <param name="HiddenDim">"hidden_dim": neurons of the MLPs' hidden layer.</param>
public sealed record LayerSizes(int EmbedDim, int HiddenDim)
{
    /// <summary>"depth": hidden layers of an MLP, or blocks of a Transformer. Default 1.</summary>
    public int Depth { get; init; } = 1;

    /// <summary>"d_model": width of the Transformer's residual stream. Default 128.</summary>
    public int ModelDim { get; init; } = 128;

    /// <summary>"n_heads": attention heads of the Transformer. Default 4.</summary>
    public int Heads { get; init; } = 4;

    /// <summary>"d_head": width of one attention head. Default 32.</summary>
    public int HeadDim { get; init; } = 32;

    /// <summary>"d_mlp": neurons of the Transformer's MLP. Default 512.</summary>
    public int MlpDim { get; init; } = 512;
}
