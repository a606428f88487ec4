using Toolkit.Formats;
using Toolkit.Models.Configuration;

namespace Toolkit.Models.Networks;

/// <summary>
/// Makes the network that a configuration describes. A new architecture is one class and one line here.
/// </summary>
public static class GroupNetworkFactory
{
    /// <summary>Makes the network.</summary>
    /// <param name="config">The configuration.</param>
    /// <param name="order">n, the order of the configuration's group.</param>
    /// <returns>The network.</returns>
    /// <exception cref="BadInputException">The architecture has no such depth.</exception>
    public static GroupNetwork Create(ExperimentConfig config, int order)
    {
        ArgumentNullException.ThrowIfNull(config);
        var layers = config.Layers;
        return config.Architecture switch
        {
            Architecture.OneLayerMlp => new OneLayerMlp(order, layers.EmbedDim, layers.HiddenDim, layers.Depth),
            Architecture.OneLayerMlpWithBias =>
                new OneLayerMlp(order, layers.EmbedDim, layers.HiddenDim, layers.Depth, withBias: true),
            Architecture.Bilinear when layers.Depth != 1 => throw new BadInputException(
                $"'layers.depth' is {layers.Depth}; a BilinearNet has one product and no other depth. Leave it out."),
            Architecture.Bilinear => new BilinearNet(order, layers.EmbedDim),
            Architecture.Transformer => new GroupTransformer(order, layers),
            _ => throw new ArgumentOutOfRangeException(
                nameof(config), config.Architecture, "There is no network of this architecture."),
        };
    }
}
