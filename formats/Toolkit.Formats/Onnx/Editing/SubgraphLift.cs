using Toolkit.Formats.Onnx.Graphs;
using Toolkit.Formats.Onnx.Schema;

namespace Toolkit.Formats.Onnx.Editing;

/// <summary>Carries values out of branches and loop bodies, one level at a time.</summary>
internal sealed class SubgraphLift(ModelEdit edit)
{
    public LiftedValue ToTop(GraphValue value, string name, LiftedType type)
    {
        var lifted = new LiftedValue(name, 0, false, false);
        List<NodeProto> beginnings = [];
        for (var scope = value.Scope; scope.Owner is { } owner; scope = scope.Parent!)
        {
            lifted = owner switch
            {
                _ when owner.Is("If") => OutOfBranch(scope, lifted, type, beginnings),
                _ when (owner.Is("Loop") || owner.Is("Scan")) && type.IsSequence =>
                    throw new NotSupportedException($"a sequence cannot leave the {owner.Proto.OpType} '{owner.Name}'"),
                _ when owner.Is("Loop") && (lifted.IsList || NeedsList(scope, lifted, type)) =>
                    OutOfLoopAsList(scope, lifted, type, beginnings),
                _ when owner.Is("Loop") => OutAsScanOutput(scope, lifted),
                _ when owner.Is("Scan") && edit.OperatorSetVersion >= 9 => OutOfScan(scope, lifted),
                _ => throw new NotSupportedException(
                    $"it is inside {owner.Proto.OpType} '{owner.Name}', which hands out nothing from within"),
            };
        }

        return lifted;
    }

    /// <summary>
    /// Scan outputs must have one shape in all iterations; where that is not known, a carried sequence takes each as it
    /// is. All loops outside carry it on, which a Scan cannot.
    /// </summary>
    private bool NeedsList(GraphScope scope, LiftedValue lifted, LiftedType type) =>
        (!type.FixedShape || lifted.MayBeAbsent) && IterationShapes.CanCarryList(scope, edit.OperatorSetVersion);

    private LiftedValue OutOfBranch(
        GraphScope scope, LiftedValue lifted, LiftedType type, List<NodeProto> beginnings)
    {
        var node = scope.Owner!.Proto;
        Pad(node, scope.Graph.Output.Count);
        var inner = AsOutput(scope, lifted.Name);
        foreach (var branch in node.Attribute.Where(static attribute => attribute.G is not null))
        {
            if (ReferenceEquals(branch.G, scope.Graph))
            {
                branch.G.Output.Add(new ValueInfoProto { Name = inner });
            }
            else
            {
                var absent = edit.FreshName("absent");
                branch.G.Node.Add(lifted.IsList ? Beginning(absent, type, beginnings)
                    : type.IsSequence ? SchemaNodes.EmptySequence(absent, type.Element)
                    : SchemaNodes.Absent(absent, type.Element));
                branch.G.Output.Add(new ValueInfoProto { Name = absent });
            }
        }

        var outer = edit.FreshName($"{scope.Path}/{lifted.Name}");
        node.Output.Add(outer);
        return lifted with { Name = outer, MayBeAbsent = true };
    }

    private LiftedValue OutAsScanOutput(GraphScope scope, LiftedValue lifted)
    {
        var node = scope.Owner!.Proto;
        Pad(node, scope.Graph.Output.Count - (scope.Owner!.Is("Loop") ? 1 : 0));
        scope.Graph.Output.Add(new ValueInfoProto { Name = AsOutput(scope, lifted.Name) });
        var outer = edit.FreshName($"{scope.Path}/{lifted.Name}");
        node.Output.Add(outer);
        return lifted with { Name = outer, IterationAxes = lifted.IterationAxes + 1 };
    }

    private LiftedValue OutOfScan(GraphScope scope, LiftedValue lifted)
    {
        // Lists that name every scan output grow with it: forwards, iterations first.
        foreach (var attribute in scope.Owner!.Proto.Attribute.Where(
            static attribute => attribute.Name is "scan_output_axes" or "scan_output_directions"))
        {
            attribute.Ints.Add(0);
        }

        return OutAsScanOutput(scope, lifted);
    }

    /// <summary>
    /// The list that a loop carries; a list that comes from a loop inside goes on from it instead of from nothing.
    /// </summary>
    private LiftedValue OutOfLoopAsList(
        GraphScope scope, LiftedValue lifted, LiftedType type, List<NodeProto> beginnings)
    {
        var node = scope.Owner!.Proto;
        while (node.Input.Count < 2)
        {
            node.Input.Add("");
        }

        Pad(node, scope.Graph.Output.Count - 1);
        var carried = node.Input.Count - 2;
        var before = edit.FreshName("list");
        scope.Graph.Input.Add(new ValueInfoProto { Name = before, Type = SchemaTypes.SequenceOf(type.Element) });
        foreach (var beginning in beginnings)
        {
            beginning.OpType = "Identity";
            beginning.Attribute.Clear();
            beginning.Input.Add(before);
        }

        beginnings.Clear();
        var empty = edit.FreshName("empty_list");
        var parent = scope.Parent!.Graph.Node;
        parent.Insert(parent.IndexOf(node), Beginning(empty, type, beginnings));
        node.Input.Add(empty);

        var after = lifted.Name;
        if (!lifted.IsList)
        {
            after = edit.FreshName("longer_list");
            scope.Graph.Node.Add(SchemaNodes.Node("SequenceInsert", [before, lifted.Name], [after]));
        }

        scope.Graph.Output.Insert(
            1 + carried, new ValueInfoProto { Name = after, Type = SchemaTypes.SequenceOf(type.Element) });

        var outer = edit.FreshName($"{scope.Path}/{lifted.Name}");
        node.Output.Insert(carried, outer);
        return lifted with { Name = outer, IsList = true };
    }

    private static NodeProto Beginning(string output, LiftedType type, List<NodeProto> beginnings)
    {
        var empty = SchemaNodes.EmptySequence(output, type.Element);
        beginnings.Add(empty);
        return empty;
    }

    /// <summary>
    /// The value itself, or a copy of it where the graph hands it out already or only passes it through.
    /// </summary>
    private string AsOutput(GraphScope scope, string name)
    {
        if (scope.Own(name) is { IsOutput: false, Source: GraphValueSource.Node } || scope.Find(name) is null)
        {
            return name;
        }

        var copy = edit.FreshName(name + "/copy");
        scope.Graph.Node.Add(SchemaNodes.Node("Identity", [name], [copy]));
        return copy;
    }

    /// <summary>Outputs that a node leaves out at its end get their place, so that a new one can follow them.</summary>
    private static void Pad(NodeProto node, int count)
    {
        while (node.Output.Count < count)
        {
            node.Output.Add("");
        }
    }
}
