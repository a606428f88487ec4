using Toolkit.Formats;
using Toolkit.Formats.Tensors;

namespace Toolkit.Models.Networks;

/// <summary>Fits the tensors of a checkpoint, ours or a foreign one, to a network.</summary>
public static class GroupNetworkParameters
{
    // TransformerLens keeps these beside the parameters: aliases of W_E that the published forward pass registers.
    private static readonly string[] Aliases = ["x_embed", "y_embed"];

    /// <summary>Checks every tensor against the network and fills in buffers that the checkpoint lacks.</summary>
    /// <param name="network">The network, from <see cref="GroupNetworkFactory"/>.</param>
    /// <param name="tensors">The checkpoint's tensors by name.</param>
    /// <param name="source">The checkpoint's name, for messages.</param>
    /// <returns>
    /// The network to use and exactly its parameters. A transformer whose frozen biases are all zero loses them; with
    /// any other bias it is the network with biases.
    /// </returns>
    /// <exception cref="BadInputException">Tensors are missing, unknown, or of another shape or type: all are
    /// listed.</exception>
    public static (GroupNetwork Network, IReadOnlyDictionary<string, HostTensor> Parameters) Fit(
        GroupNetwork network, IReadOnlyDictionary<string, HostTensor> tensors, string source)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(tensors);
        if (network is GroupTransformer transformer && transformer.WithBiases() is var full)
        {
            var biases = full.Parameters.Select(parameter => parameter.Name).Except(
                network.Parameters.Select(parameter => parameter.Name));
            network = biases.Any(name => tensors.TryGetValue(name, out var bias)
                && bias.Bytes.Span.IndexOfAnyExcept((byte)0) >= 0)
                ? full
                : transformer;
        }

        List<string> faults = [];
        Dictionary<string, HostTensor> fitted = new(StringComparer.Ordinal);
        foreach (var parameter in network.Parameters)
        {
            if (!tensors.TryGetValue(parameter.Name, out var tensor))
            {
                if (parameter.FixedContent() is { } content && !parameter.IsTrained)
                {
                    fitted.Add(parameter.Name, content);
                }
                else
                {
                    faults.Add($"'{parameter.Name}' {parameter.Shape} is missing");
                }
            }
            else if (tensor.Shape != parameter.Shape || tensor.Type != parameter.Type)
            {
                faults.Add(
                    $"'{parameter.Name}' is {tensor.Type.DisplayName()} {tensor.Shape}, expected "
                        + $"{parameter.Type.DisplayName()} {parameter.Shape}");
            }
            else
            {
                fitted.Add(parameter.Name, tensor);
            }
        }

        faults.AddRange(tensors.Keys
            .Where(name => !IsKnown(name))
            .Order(StringComparer.Ordinal)
            .Select(name => $"'{name}' is not part of it"));
        return faults.Count == 0
            ? (network, fitted)
            : throw new BadInputException(
                $"{source}: not a {network.Architecture} for a group of {network.Order} elements: "
                    + $"{string.Join("; ", faults)}. "
                + "Does the configuration belong to this checkpoint?");

        bool IsKnown(string name) => fitted.ContainsKey(name)
            || (network is GroupTransformer known
                && (known.WithBiases().Parameters.Any(parameter => parameter.Name == name)
                    || (Aliases.Contains(name) && IsAlias(name))))
            || network.Parameters.Any(parameter => parameter.Name == name);

        // An alias with content of its own would be a different network: say so rather than drop it.
        bool IsAlias(string name) => tensors.TryGetValue("embed.W_E", out var embedding)
            && tensors[name].Bytes.Span.SequenceEqual(embedding.Bytes.Span);
    }
}
