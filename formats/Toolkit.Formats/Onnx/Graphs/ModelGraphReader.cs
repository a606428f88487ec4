using Toolkit.Formats.Onnx.Schema;

namespace Toolkit.Formats.Onnx.Graphs;

/// <summary>Builds the view of a model, once.</summary>
internal sealed class ModelGraphReader(ModelProto model, string modelPath)
{
    private readonly List<GraphScope> _scopes = [];
    private readonly UniqueNames _keys = new();
    private readonly UniqueNames _paths = new();

    public ModelGraph Read()
    {
        CheckWhatRuns();
        ReadScope(model.Graph, parent: null, owner: null, attribute: null);
        return new ModelGraph(model, modelPath, _scopes);
    }

    /// <summary>Refuses what ONNX Runtime takes without a word, or refuses in words that help nobody.</summary>
    private void CheckWhatRuns()
    {
        var graph = model.Graph;
        if (graph.Node.Count == 0 && graph.Input.Count == 0 && graph.Initializer.Count == 0)
        {
            throw new BadInputException($"{modelPath}: the graph is empty: no inputs, no nodes, no weights.");
        }

        // The runtime's interface for .NET cuts larger ones to 32 bits.
        foreach (var input in graph.Input)
        {
            if (input.Type?.TensorType?.Shape?.Dim.FirstOrDefault(static d => d.DimValue > int.MaxValue) is { } huge)
            {
                throw new BadInputException(
                    $"{modelPath}: input {HostileText.Quote(input.Name)} has an axis of {huge.DimValue} elements; ONNX "
                        + $"Runtime takes at most {int.MaxValue}. The file may be damaged.");
            }
        }
    }

    /// <summary>Depth is bounded by the parser: a graph within a graph takes three of its hundred levels.</summary>
    private GraphScope ReadScope(GraphProto graph, GraphScope? parent, GraphNode? owner, string? attribute)
    {
        var path = owner is null ? "" : _paths.Take(Join(parent!.Path, $"{owner.Name}/{attribute}"));
        var scope = new GraphScope(graph, parent, owner, attribute, path);
        _scopes.Add(scope);
        AddGiven(scope);
        var nodes = graph.Node.Select((proto, i) => new GraphNode(proto, scope, i)).ToList();
        foreach (var node in nodes)
        {
            AddOutputs(scope, node);
        }

        foreach (var node in nodes)
        {
            node.Inputs = [.. node.Proto.Input.Select(name => name.Length == 0 ? null : Resolve(scope, node, name))];
            foreach (var input in node.Inputs)
            {
                input?.AddConsumer(node);
            }

            ReadSubgraphs(scope, node);
        }

        if (parent is null && graph.Output
            .GroupBy(static output => output.Name, StringComparer.Ordinal)
            .FirstOrDefault(static group => group.Skip(1).Any()) is { Key: var twice })
        {
            throw new BadInputException(
                $"{modelPath}: output {HostileText.Quote(twice)} is listed twice. Export the model again.");
        }

        foreach (var output in graph.Output)
        {
            // A branch may hand out a value of an outer scope; only its own become outputs of it.
            if (scope.Own(output.Name) is { } value)
            {
                value.IsOutput = true;
            }
            else if (scope.Find(output.Name) is null)
            {
                throw new BadInputException(
                    $"{modelPath}: output {HostileText.Quote(output.Name)} of {Where(scope)} is never computed. "
                        + "Export the model again.");
            }
        }

        scope.Nodes = EvaluationOrder(scope, nodes);
        if (!ReferenceEquals(scope.Nodes, nodes))
        {
            scope.SortValues([
                .. scope.Values.Where(static value => value.Producer is null),
                .. scope.Nodes.SelectMany(static node => node.Outputs).OfType<GraphValue>(),
            ]);
        }

        return scope;
    }

    private void ReadSubgraphs(GraphScope scope, GraphNode node)
    {
        List<GraphScope>? subgraphs = null;
        foreach (var attribute in node.Proto.Attribute)
        {
            if (attribute.G is { } graph)
            {
                (subgraphs ??= []).Add(ReadScope(graph, scope, node, attribute.Name));
            }

            for (var i = 0; i < attribute.Graphs.Count; i++)
            {
                (subgraphs ??= []).Add(ReadScope(attribute.Graphs[i], scope, node, $"{attribute.Name}[{i}]"));
            }
        }

        if (subgraphs is null)
        {
            return;
        }

        node.Subgraphs = subgraphs;
        node.Captured =
        [
            .. subgraphs.SelectMany(static sub => sub.Nodes
                .SelectMany(static inner => inner.Inputs.OfType<GraphValue>().Concat(inner.Captured))
                        .Concat(sub.Graph.Output.Select(output => sub.Find(output.Name)!)))
                .Where(value => subgraphs.TrueForAll(sub => value.Scope != sub))
                .Distinct(),
        ];
        foreach (var value in node.Captured)
        {
            value.AddConsumer(node);
        }
    }

    private void AddGiven(GraphScope scope)
    {
        var constants = new HashSet<string>(
            scope.Graph.Initializer.Select(static tensor => tensor.Name), StringComparer.Ordinal);
        constants.UnionWith(scope.Graph.SparseInitializer.Select(static sparse => sparse.Values?.Name ?? ""));
        for (var i = 0; i < scope.Graph.Input.Count; i++)
        {
            // Before IR version 4 every constant is listed as an input, too.
            var name = scope.Graph.Input[i].Name;
            if (!constants.Contains(name))
            {
                Add(scope, name, GraphValueSource.Input, null, i);
            }
        }

        var index = 0;
        foreach (var tensor in scope.Graph.Initializer)
        {
            Add(scope, tensor.Name, GraphValueSource.Initializer, null, index++);
        }

        foreach (var sparse in scope.Graph.SparseInitializer)
        {
            Add(scope, sparse.Values?.Name ?? "", GraphValueSource.Initializer, null, index++);
        }
    }

    private void AddOutputs(GraphScope scope, GraphNode node)
    {
        var outputs = new GraphValue?[node.Proto.Output.Count];
        for (var i = 0; i < outputs.Length; i++)
        {
            if (node.Proto.Output[i].Length > 0)
            {
                outputs[i] = Add(scope, node.Proto.Output[i], GraphValueSource.Node, node, i);
            }
        }

        node.Outputs = outputs;
    }

    private GraphValue Add(GraphScope scope, string name, GraphValueSource source, GraphNode? producer, int index)
    {
        if (name.Contains('\0', StringComparison.Ordinal))
        {
            throw new BadInputException(
                $"{modelPath}: the name of value {HostileText.Quote(name)} of {Where(scope)} holds a zero "
                    + "character, which the runtime takes for its end. Export the model again.");
        }

        var value = new GraphValue(name, _keys.Take(Join(scope.Path, name)), scope, source, producer, index);
        return scope.Add(value)
            ? value
            : throw new BadInputException(
                $"{modelPath}: value {HostileText.Quote(name)} of {Where(scope)} is defined twice. Export the "
                    + "model again.");
    }

    private GraphValue Resolve(GraphScope scope, GraphNode node, string name) => scope.Find(name)
        ?? throw new BadInputException(
            $"{modelPath}: node {HostileText.Quote(node.Name)} of {Where(scope)} reads {HostileText.Quote(name)}, "
                + "which nothing computes. Export the model again.");

    /// <summary>
    /// The file's order where every value is computed before it is read, else one that is found; linear in nodes and
    /// edges.
    /// </summary>
    private List<GraphNode> EvaluationOrder(GraphScope scope, List<GraphNode> nodes)
    {
        var sorted = true;
        var missing = new int[nodes.Count];
        foreach (var node in nodes)
        {
            foreach (var producer in Producers(scope, node))
            {
                missing[node.Index]++;
                sorted &= producer.Index < node.Index;
            }
        }

        if (sorted)
        {
            return nodes;
        }

        var ready = new Queue<GraphNode>(nodes.Where(node => missing[node.Index] == 0));
        var order = new List<GraphNode>(nodes.Count);
        var readers = nodes.SelectMany(node => Producers(scope, node).Select(producer => (producer, node)))
            .ToLookup(static edge => edge.producer, static edge => edge.node);
        while (ready.TryDequeue(out var node))
        {
            order.Add(node);
            foreach (var reader in readers[node])
            {
                if (--missing[reader.Index] == 0)
                {
                    ready.Enqueue(reader);
                }
            }
        }

        return order.Count == nodes.Count
            ? order
            : throw new BadInputException(
                $"{modelPath}: {Where(scope)} has a cycle through node "
                    + $"{HostileText.Quote(nodes.First(node => missing[node.Index] > 0).Name)}. Export the model again.");
    }

    private static IEnumerable<GraphNode> Producers(GraphScope scope, GraphNode node) =>
        node.Inputs.OfType<GraphValue>().Concat(node.Captured)
            .Where(value => value.Producer is not null && value.Scope == scope)
            .Select(static value => value.Producer!)
            .Distinct();

    private static string Where(GraphScope scope) =>
        scope.Path.Length == 0 ? "the graph" : $"the graph {HostileText.Quote(scope.Path)}";

    private static string Join(string path, string name) => path.Length == 0 ? name : $"{path}/{name}";
}
