namespace Toolkit.Models.Networks;

/// <summary>The sizes of a <see cref="GroupTransformer"/>; the defaults are the published ones.</summary>
public sealed record TransformerDimensions
{
    /// <summary>Blocks; at least 1. Default 1.</summary>
    public int Layers { get; init; } = 1;

    /// <summary>Attention heads per block; at least 1. Default 4.</summary>
    public int Heads { get; init; } = 4;

    /// <summary>Columns of the residual stream; at least 1. Default 128.</summary>
    public int ModelDim { get; init; } = 128;

    /// <summary>Columns of one head; at least 1. Default 32.</summary>
    public int HeadDim { get; init; } = 32;

    /// <summary>Neurons of a block's MLP; at least 1. Default 512.</summary>
    public int MlpDim { get; init; } = 512;
}
