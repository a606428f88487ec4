using Toolkit.Formats.Onnx.Schema;

namespace Toolkit.Formats.Onnx;

/// <summary>Finds every constant tensor of a model.</summary>
public static class OnnxTensors
{
    /// <summary>Initializers, attributes and sparse parts, in every nested graph and function.</summary>
    public static IEnumerable<TensorProto> All(ModelProto model)
    {
        var nodes = new Stack<IEnumerable<NodeProto>>();
        var graphs = new Stack<GraphProto>();
        graphs.Push(model.Graph ?? new GraphProto());
        foreach (var training in model.TrainingInfo)
        {
            graphs.Push(training.Initialization ?? new GraphProto());
            graphs.Push(training.Algorithm ?? new GraphProto());
        }

        foreach (var function in model.Functions)
        {
            nodes.Push(function.Node);
        }

        while (graphs.Count > 0 || nodes.Count > 0)
        {
            if (graphs.TryPop(out var graph))
            {
                foreach (var tensor in graph.Initializer)
                {
                    yield return tensor;
                }

                foreach (var tensor in graph.SparseInitializer.SelectMany(Parts))
                {
                    yield return tensor;
                }

                nodes.Push(graph.Node);
            }

            if (!nodes.TryPop(out var list))
            {
                continue;
            }

            foreach (var attribute in list.SelectMany(static node => node.Attribute))
            {
                foreach (var nested in attribute.Graphs.Concat(attribute.G is null ? [] : [attribute.G]))
                {
                    graphs.Push(nested);
                }

                foreach (var tensor in Constants(attribute))
                {
                    yield return tensor;
                }
            }
        }
    }

    private static IEnumerable<TensorProto> Constants(AttributeProto attribute) =>
        [
            .. attribute.T is null ? [] : new[] { attribute.T },
            .. attribute.Tensors,
            .. attribute.SparseTensor is null ? [] : Parts(attribute.SparseTensor),
            .. attribute.SparseTensors.SelectMany(Parts),
        ];

    private static IEnumerable<TensorProto> Parts(SparseTensorProto sparse)
    {
        if (sparse.Values is not null)
        {
            yield return sparse.Values;
        }

        if (sparse.Indices is not null)
        {
            yield return sparse.Indices;
        }
    }
}
