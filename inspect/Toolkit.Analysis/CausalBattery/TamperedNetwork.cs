using Toolkit.Analysis.Representations;
using Toolkit.Formats;
using Toolkit.Formats.Onnx.Editing;
using Toolkit.Formats.Onnx.Graphs;
using Toolkit.Formats.Onnx.Schema;
using Toolkit.Formats.Tensors;
using Toolkit.Models.Networks;
using Toolkit.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Toolkit.Analysis.CausalBattery;

/// <summary>
/// A network's graph with changed embeddings, run in ONNX Runtime up to the pre-activation of its last hidden layer and
/// beside it.
/// </summary>
/// <remarks>
/// The pre-activation is what the Relu before the hidden layer reads; a bias behind the Relu is looked through. The
/// embeddings are what Gather takes from the first factor of the roles embed_x and embed_y; where one Gather serves a
/// sequence of tokens, the position of the element is negated alone.
/// </remarks>
internal sealed class TamperedNetwork : IDisposable
{
    private readonly GroupNetworkSource _source;
    private readonly InferenceEngine _engine;
    private readonly PairInputs _pairs;
    private readonly NetworkRole _hidden;
    private readonly NetworkRole? _residual;
    private readonly string? _before;
    private readonly int _width;

    private TamperedNetwork(
        GroupNetworkSource source,
        InferenceEngine engine,
        PairInputs pairs,
        NetworkRole hidden,
        NetworkRole? residual,
        string? before,
        int width)
    {
        _pairs = pairs;
        _source = source;
        _engine = engine;
        _hidden = hidden;
        _residual = residual;
        _before = before;
        _width = width;
    }

    /// <summary>Whether there is a ReLU to tamper with.</summary>
    public bool HasPreActivation => _before is not null;

    /// <summary>Opens the network.</summary>
    /// <exception cref="BadInputException">The graph has no such embeddings, or does not run so.</exception>
    public static TamperedNetwork Open(GroupNetworkSource source, int order, int neurons, EmbeddingChange change)
    {
        var (hidden, readout, residual) = new GroupNetworkReader(source.Model, source.Path, source.Roles).FirstPass();
        if (readout is not null && residual is null)
        {
            throw new BadInputException(
                $"{source.Path}: the readout is not the hidden layer, and nothing plays the role "
                    + $"'{NetworkRole.Residual}', so what reaches the logits beside the neurons is not known.");
        }

        var edit = ModelEdit.Of(source.Model, source.Path);
        var before = BeforeRelu(edit.Graph, hidden.Value!);
        if (change != EmbeddingChange.None)
        {
            Negate(edit, source.Roles, change, hidden.Position);
        }

        edit.Model.Graph.Output.Clear();
        foreach (var name in (string?[])[hidden.Value, residual?.Value, before])
        {
            if (name is not null)
            {
                edit.Model.Graph.Output.Add(new ValueInfoProto { Name = name });
            }
        }

        var engine = InferenceEngine.Open(edit.Model, source.Path, new InferenceOptions { Threads = 1 });
        try
        {
            return new(
                source, engine, PairInputs.Of(source.Path, engine.Inputs, order), hidden, residual, before, neurons);
        }
        catch
        {
            engine.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Runs some pairs on the calling thread alone; several may call at a time. Tensors belong to the caller's scope.
    /// </summary>
    /// <returns>The pre-activation [pairs, h] (null without a ReLU), the hidden layer, and what reaches the readout
    /// beside it (null where nothing does).</returns>
    public (Tensor? Before, Tensor Hidden, Tensor? Residual) Run(
        long[] left, long[] right, CancellationToken cancellation)
    {
        using var result = _engine.Run(_pairs.Read(left, right), null, cancellation);
        return (Read(_before, _hidden.Position), Read(_hidden.Value, _hidden.Position)!, Read(
            _residual?.Value, _residual?.Position));

        Tensor? Read(string? name, int? position)
        {
            if (name is null)
            {
                return null;
            }

            var value = result[name];
            var width = (int)value.Shape[value.Shape.Rank - 1];
            var values = new PositionedValues(value, position, width, first: 0).Span;
            return values.Length == left.Length * width && (name == _residual?.Value || width == _width)
                ? tensor(values.ToArray(), [left.Length, width], ScalarType.Float32)
                : throw new BadInputException(
                    $"{_source.Path}: '{name}' is {value.Shape}, which does not fit {left.Length} pairs and {_width} "
                        + "neurons.");
        }
    }

    public void Dispose() => _engine.Dispose();

    private static string? BeforeRelu(ModelGraph graph, string hidden)
    {
        var node = graph.Find(hidden)?.Producer?.Proto;
        if (node?.OpType == "Add")
        {
            node = node.Input.Select(input => graph.Find(input)?.Producer?.Proto).OfType<NodeProto>().FirstOrDefault();
        }

        return node?.OpType == "Relu" && graph.Find(node.Input[0])?.Producer is not null ? node.Input[0] : null;
    }

    private static void Negate(
        ModelEdit edit, IReadOnlyList<NetworkRole> roles, EmbeddingChange change, int? lastPosition)
    {
        string? Table(string role) =>
            roles.FirstOrDefault(one => one.Name == role)?.Factors is [var first, ..] ? first.Initializer : null;
        var isLeft = change == EmbeddingChange.LeftNegated;
        var table = Table(isLeft ? NetworkRole.EmbedX : NetworkRole.EmbedY);
        var readers = edit.Model.Graph.Node.Where(node => node.OpType == "Gather" && node.Input[0] == table).ToArray();
        var isShared = Table(NetworkRole.EmbedX) == Table(NetworkRole.EmbedY);
        if (readers.Length != (isShared && lastPosition is null ? 2 : 1))
        {
            throw new BadInputException(
                $"{readers.Length} Gather nodes read the embedding '{table}', so the graph does not show which is "
                    + $"the {(isLeft ? "left" : "right")} element's");
        }

        var value = edit.Graph.Find(readers[isShared && readers.Length == 2 && !isLeft ? 1 : 0].Output[0])!;
        var original = edit.Detach(value);
        var sign = edit.FreshName("sign");
        float[] signs = isShared && lastPosition is { } last
            ? [.. Enumerable.Range(0, last + 1).Select(at => at == (isLeft ? 0 : 1) ? -1f : 1f)]
            : [-1];
        edit.AddConstant(new TensorProto
        {
            Name = sign,
            DataType = (int)ElementType.Float32,
            Dims = { signs.Length, 1 },
            FloatData = { signs },
        });
        edit.AddNodesBehind(value, SchemaNodes.Node("Mul", [original, sign], [value.Name]));
    }
}
