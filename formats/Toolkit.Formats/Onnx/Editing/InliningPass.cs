using Google.Protobuf.Collections;
using Toolkit.Formats.Onnx.Schema;

namespace Toolkit.Formats.Onnx.Editing;

/// <summary>One inlining of a whole model.</summary>
internal sealed class InliningPass
{
    /// <summary>A function that calls a function … ; deeper is taken for a recursion.</summary>
    private const int MaximumDepth = 64;

    private readonly ModelProto _model;
    private readonly string _modelPath;
    private readonly Dictionary<(string Domain, string Name, string Overload), FunctionProto> _functions = [];
    private readonly UniqueNames _names = new();
    private int _calls;
    private int _nodes;

    public InliningPass(ModelProto model, string modelPath)
    {
        _model = model;
        _modelPath = modelPath;
        foreach (var function in model.Functions)
        {
            if (!_functions.TryAdd((Domain(function.Domain), function.Name, function.Overload), function))
            {
                throw new BadInputException(
                    $"{modelPath}: function {HostileText.Quote(function.Name)} is defined twice. Export the "
                        + "model again.");
            }
        }

        ReserveNames(model.Graph);
    }

    public int Run()
    {
        InlineList(_model.Graph.Node, depth: 0);
        return _calls;
    }

    private static string Domain(string domain) => domain == "ai.onnx" ? "" : domain;

    private void InlineList(RepeatedField<NodeProto> nodes, int depth)
    {
        var result = new List<NodeProto>(nodes.Count);
        var changed = false;
        foreach (var node in nodes)
        {
            if (_functions.TryGetValue((Domain(node.Domain), node.OpType, node.Overload), out var function))
            {
                changed = true;
                Expand(node, function, result, depth);
                continue;
            }

            foreach (var attribute in node.Attribute)
            {
                foreach (var graph in Subgraphs(attribute))
                {
                    InlineList(graph.Node, depth);
                }
            }

            result.Add(node);
        }

        if (changed)
        {
            nodes.Clear();
            nodes.AddRange(result);
        }
    }

    private void Expand(NodeProto call, FunctionProto function, List<NodeProto> result, int depth)
    {
        if (depth >= MaximumDepth)
        {
            throw new BadInputException(
                $"{_modelPath}: function {HostileText.Quote(function.Name)} calls itself. Export the model again.");
        }

        ImportOperatorSets(function);
        _calls++;
        var prefix = _names.Take(call.Name.Length > 0
            ? call.Name
            : call.Output.FirstOrDefault(static name => name.Length > 0) ?? function.Name);
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var i = 0; i < function.Input.Count; i++)
        {
            names[function.Input[i]] = i < call.Input.Count ? call.Input[i] : "";
        }

        var passedOn = new List<(string From, string To)>();
        for (var i = 0; i < function.Output.Count && i < call.Output.Count; i++)
        {
            if (call.Output[i].Length > 0 && !names.TryAdd(function.Output[i], call.Output[i]))
            {
                // An input, or an output listed twice, leaves the function as it came.
                passedOn.Add((names[function.Output[i]], call.Output[i]));
            }
        }

        var attributes = function.AttributeProto.Concat(call.Attribute)
            .GroupBy(static attribute => attribute.Name, StringComparer.Ordinal)
            .ToDictionary(static group => group.Key, static group => group.Last(), StringComparer.Ordinal);
        var body = new RepeatedField<NodeProto>();
        foreach (var node in function.Node)
        {
            if (++_nodes > FunctionInliner.MaximumNodes)
            {
                throw new BadInputException(
                    $"{_modelPath}: its functions expand to more than {FunctionInliner.MaximumNodes} nodes. Inline "
                        + "them where the model is made.");
            }

            var copy = node.Clone();
            copy.Name = _names.Take($"{prefix}/{(node.Name.Length > 0 ? node.Name : node.OpType)}");
            Rename(copy, names, attributes, prefix);
            body.Add(copy);
        }

        InlineList(body, depth + 1);
        result.AddRange(body);
        result.AddRange(passedOn.Select(static pair =>
            new NodeProto { OpType = "Identity", Name = pair.To, Input = { pair.From }, Output = { pair.To } }));
    }

    private void Rename(
        NodeProto node, Dictionary<string, string> names, Dictionary<string, AttributeProto> attributes, string prefix)
    {
        for (var i = 0; i < node.Input.Count; i++)
        {
            node.Input[i] = Map(node.Input[i], names, prefix);
        }

        for (var i = 0; i < node.Output.Count; i++)
        {
            node.Output[i] = Map(node.Output[i], names, prefix);
        }

        for (var i = node.Attribute.Count - 1; i >= 0; i--)
        {
            var attribute = node.Attribute[i];
            if (attribute.RefAttrName.Length > 0)
            {
                if (attributes.TryGetValue(attribute.RefAttrName, out var given))
                {
                    node.Attribute[i] = given.Clone();
                    node.Attribute[i].Name = attribute.Name;
                }
                else
                {
                    node.Attribute.RemoveAt(i);
                    continue;
                }
            }

            foreach (var graph in Subgraphs(node.Attribute[i]))
            {
                RenameGraph(graph, names, attributes, prefix);
            }
        }
    }

    private void RenameGraph(
        GraphProto graph,
        Dictionary<string, string> outer,
        Dictionary<string, AttributeProto> attributes,
        string prefix)
    {
        // Own names hide the function's; they need no new ones, for they cannot be seen from outside.
        var names = new Dictionary<string, string>(outer, StringComparer.Ordinal);
        foreach (var own in graph.Input.Select(static input => input.Name)
            .Concat(graph.Initializer.Select(static tensor => tensor.Name))
            .Concat(graph.Node.SelectMany(static node => node.Output)))
        {
            names[own] = own;
        }

        foreach (var node in graph.Node)
        {
            Rename(node, names, attributes, prefix);
        }

        foreach (var output in graph.Output)
        {
            output.Name = Map(output.Name, names, prefix);
        }
    }

    private string Map(string name, Dictionary<string, string> names, string prefix)
    {
        if (name.Length == 0)
        {
            return "";
        }

        if (!names.TryGetValue(name, out var mapped))
        {
            names[name] = mapped = _names.Take($"{prefix}/{name}");
        }

        return mapped;
    }

    private void ImportOperatorSets(FunctionProto function)
    {
        foreach (var needed in function.OpsetImport)
        {
            var present = _model.OpsetImport.FirstOrDefault(set => Domain(set.Domain) == Domain(needed.Domain));
            if (present is null)
            {
                _model.OpsetImport.Add(needed.Clone());
            }
            else if (present.Version != needed.Version
                && function.Node.Any(node => Domain(node.Domain) == Domain(needed.Domain)))
            {
                throw new BadInputException(
                    $"{_modelPath}: function {HostileText.Quote(function.Name)} is written in version "
                        + $"{needed.Version} of operator set "
                    + $"'{needed.Domain}', the model in {present.Version}. Convert one of them.");
            }
        }
    }

    private void ReserveNames(GraphProto graph)
    {
        foreach (var name in graph.Input.Select(static input => input.Name)
            .Concat(graph.Initializer.Select(static tensor => tensor.Name))
            .Concat(graph.Node.SelectMany(static node => node.Output)))
        {
            _names.Reserve(name);
        }

        foreach (var node
            in graph.Node.Where(node => !_functions.ContainsKey((Domain(node.Domain), node.OpType, node.Overload))))
        {
            _names.Reserve(node.Name);
            foreach (var nested in node.Attribute.SelectMany(Subgraphs))
            {
                ReserveNames(nested);
            }
        }
    }

    private static IEnumerable<GraphProto> Subgraphs(AttributeProto attribute) =>
        attribute.G is null ? attribute.Graphs : attribute.Graphs.Prepend(attribute.G);
}
