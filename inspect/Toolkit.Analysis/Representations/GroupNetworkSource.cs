using Google.Protobuf;
using Toolkit.Formats.Onnx.Schema;
using Toolkit.Formats.Tensors;
using Toolkit.Models.Groups;
using Toolkit.Models.Networks;

namespace Toolkit.Analysis.Representations;

/// <summary>A network that can be run again: for analyses that intervene, or that need every activation.</summary>
/// <param name="Model">The model.</param>
/// <param name="Path">Its file: for messages and external data.</param>
/// <param name="Roles">What plays which role.</param>
public sealed record GroupNetworkSource(ModelProto Model, string Path, IReadOnlyList<NetworkRole> Roles)
{
    /// <summary>The hidden layer of these very weights from a capture; null where there is none.</summary>
    public HiddenRows? Captured { get; init; }

    /// <summary>The hidden layer, read or run again at every call.</summary>
    /// <param name="group">The group.</param>
    /// <param name="moments">The first pass of these weights, which may keep what the hidden layer follows from; null:
    /// there is none.</param>
    /// <param name="cancellation">Stops between two runs.</param>
    /// <returns>The rows.</returns>
    public HiddenRows Hidden(
        FiniteGroup group, GroupNetworkMoments? moments = null, CancellationToken cancellation = default) =>
        moments?.Residual is null
            ? Captured ?? GroupNetworkRunner.Hidden(group, Model, Path, Roles, cancellation: cancellation)
            : GroupNetworkRunner.Hidden(group, Model, Path, Roles, moments, cancellation);

    /// <summary>
    /// The same network with every weight matrix drawn anew from N(0, 1/columns), as the published networks start;
    /// vectors and scalars stay.
    /// </summary>
    /// <param name="seed">Of the weights.</param>
    /// <returns>The network; it shares nothing that is written to.</returns>
    public GroupNetworkSource AtRandom(int seed)
    {
        var random = new Random(seed);
        var model = Model.Clone();
        for (var i = 0; i < model.Graph.Initializer.Count; i++)
        {
            var tensor = model.Graph.Initializer[i];
            if (tensor.DataType != (int)ElementType.Float32 || tensor.Dims.Count < 2)
            {
                continue;
            }

            var values = new float[tensor.Dims.Aggregate(1L, (product, extent) => product * extent)];
            var deviation = 1 / Math.Sqrt(tensor.Dims[^1]);
            for (var k = 0; k < values.Length; k++)
            {
                values[k] = (float)(deviation * NormalNumbers.Next(random));
            }

            model.Graph.Initializer[i] = new TensorProto
            {
                Name = tensor.Name,
                DataType = tensor.DataType,
                Dims = { tensor.Dims },
                RawData = ByteString.CopyFrom(System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>(values)),
            };
        }

        return this with { Model = model, Captured = null };
    }
}
