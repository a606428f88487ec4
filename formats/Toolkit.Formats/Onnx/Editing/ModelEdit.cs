using Toolkit.Formats.Onnx.Graphs;
using Toolkit.Formats.Onnx.Schema;
using Toolkit.Formats.Tensors;

namespace Toolkit.Formats.Onnx.Editing;

/// <summary>
/// Changes a copy of a model: makes inner values outputs, replaces values, adds nodes. Constants are shared with the
/// original, so a copy costs no memory for weights. Local functions are inlined first.
/// </summary>
public sealed class ModelEdit
{
    /// <summary>
    /// How many extents of zero mark a value whose branch was not taken: more than any real tensor has.
    /// </summary>
    public const int AbsentRank = 8;

    private readonly UniqueNames _names = new();
    private readonly SubgraphLift _lift;

    private ModelEdit(ModelProto model, string modelPath)
    {
        Model = model;
        Graph = ModelGraph.Of(model, modelPath);
        foreach (var value in Graph.Values)
        {
            _names.Reserve(value.Name);
        }

        _lift = new SubgraphLift(this);
    }

    /// <summary>The changed model.</summary>
    public ModelProto Model { get; }

    /// <summary>The model's graphs as they were before the first change: values and scopes to name in edits.</summary>
    public ModelGraph Graph { get; }

    /// <summary>Starts to change a copy of a model.</summary>
    /// <param name="model">The model; it stays as it is.</param>
    /// <param name="modelPath">What messages call it: its file.</param>
    /// <returns>The edit.</returns>
    /// <exception cref="BadInputException">The graph is not sound: see <see cref="ModelGraph.Of"/>.</exception>
    public static ModelEdit Of(ModelProto model, string modelPath)
    {
        ArgumentNullException.ThrowIfNull(model);
        var copy = model.Clone();
        FunctionInliner.Inline(copy, modelPath);
        return new ModelEdit(copy, modelPath);
    }

    /// <summary>The version of ONNX's own operators that the model is written in.</summary>
    public long OperatorSetVersion =>
        Model.OpsetImport.FirstOrDefault(static set => set.Domain is "" or "ai.onnx")?.Version ?? 1;

    /// <summary>A name that no value of the model has.</summary>
    /// <param name="wanted">The name to start from.</param>
    /// <returns>The name, with <c>#2</c> or more behind it where it is taken.</returns>
    public string FreshName(string wanted) => _names.Take(wanted);

    /// <summary>
    /// Gives nodes without a name the one that they are known by, of which their place is a part, so that it stays when
    /// nodes come before them.
    /// </summary>
    public void NameNodes()
    {
        foreach (var node in Graph.Scopes.SelectMany(static scope => scope.Nodes))
        {
            node.Proto.Name = node.Name;
        }
    }

    /// <summary>Makes a top-level value an output by its name alone; the runtime infers type and shape.</summary>
    /// <param name="name">The value's name.</param>
    public void AddOutput(string name)
    {
        if (Model.Graph.Output.All(output => output.Name != name))
        {
            Model.Graph.Output.Add(new ValueInfoProto { Name = name });
        }
    }

    /// <summary>Makes top-level values outputs by their names alone; linear, for many at once.</summary>
    /// <param name="names">The values' names.</param>
    public void AddOutputs(IEnumerable<string> names)
    {
        ArgumentNullException.ThrowIfNull(names);
        var present = new HashSet<string>(
            Model.Graph.Output.Select(static output => output.Name), StringComparer.Ordinal);
        Model.Graph.Output.AddRange(names.Where(present.Add).Select(static name => new ValueInfoProto { Name = name }));
    }

    /// <summary>Casts a value in its own graph.</summary>
    /// <param name="value">The value.</param>
    /// <param name="type">The new element type.</param>
    /// <returns>The name of the result.</returns>
    public string Cast(GraphValue value, ElementType type)
    {
        ArgumentNullException.ThrowIfNull(value);
        var name = FreshName(value.Name + "/cast");
        AddNode(value.Scope, SchemaNodes.Cast(value.Name, name, type));
        return name;
    }

    /// <summary>
    /// Brings a value of an inner graph out to the top, level by level: as an extra output of both branches, or an
    /// extra scan output.
    /// </summary>
    /// <param name="value">The value, whose scope says where it is.</param>
    /// <param name="name">Its name in its scope: its own, or that of a cast.</param>
    /// <param name="type">What is known of it.</param>
    /// <returns>Where it arrives at the top.</returns>
    /// <exception cref="NotSupportedException">A graph on the way belongs to an operator that hands nothing out, or the
    /// value's kind cannot pass.</exception>
    public LiftedValue Lift(GraphValue value, string name, LiftedType type)
    {
        ArgumentNullException.ThrowIfNull(value);
        ArgumentNullException.ThrowIfNull(type);
        return _lift.ToTop(value, name, type);
    }

    /// <summary>
    /// Takes a value away from its producer: from now on the producer computes another name, and everybody still reads
    /// the old one, which something else must now compute (<see cref="AddNode"/>, <see cref="AddInput"/>).
    /// </summary>
    /// <param name="value">A value that a node computes.</param>
    /// <returns>The name under which the producer's own result is still to be had in the value's scope.</returns>
    /// <exception cref="ArgumentException">The value is an input or a constant.</exception>
    public string Detach(GraphValue value)
    {
        ArgumentNullException.ThrowIfNull(value);
        if (value.Producer is not { } producer)
        {
            throw new ArgumentException($"'{value.Key}' is given, not computed.", nameof(value));
        }

        var name = FreshName(value.Name + "/original");
        producer.Proto.Output[producer.Proto.Output.IndexOf(value.Name)] = name;
        return name;
    }

    /// <summary>
    /// Cuts the graph at a value: it becomes an input of the model, and what computed it runs no longer for it.
    /// </summary>
    /// <param name="value">A value computed by a node of any scope, or a constant of the top graph.</param>
    /// <param name="type">The element type of the new input.</param>
    /// <param name="shape">Its shape; null leaves even the rank open.</param>
    /// <returns>The name of the new input; the value's own name at the top.</returns>
    /// <exception cref="ArgumentException">The value is an input already.</exception>
    public string Cut(GraphValue value, ElementType type, TensorShapeProto? shape = null)
    {
        ArgumentNullException.ThrowIfNull(value);
        if (value.Source == GraphValueSource.Initializer && value.Scope == Graph.Top)
        {
            foreach (var constant in Model.Graph.Initializer.Where(tensor => tensor.Name == value.Name).ToList())
            {
                Model.Graph.Initializer.Remove(constant);
            }

            foreach (var declared in Model.Graph.Input.Where(input => input.Name == value.Name).ToList())
            {
                Model.Graph.Input.Remove(declared);
            }
        }
        else
        {
            Detach(value);
        }

        if (value.Scope == Graph.Top)
        {
            AddInput(value.Name, type, shape);
            return value.Name;
        }

        // Inside a branch the old name is bound to the input from outside, so that every reader stays as it is.
        var outer = FreshName(value.Key);
        AddInput(outer, type, shape);
        InsertFirst(
            value.Scope,
            new NodeProto { OpType = "Identity", Name = outer, Input = { outer }, Output = { value.Name } });
        return outer;
    }

    /// <summary>Adds an input to the model.</summary>
    /// <param name="name">A fresh name, or one that <see cref="Detach"/> has freed.</param>
    /// <param name="type">The element type.</param>
    /// <param name="shape">The shape; null leaves even the rank open.</param>
    public void AddInput(string name, ElementType type, TensorShapeProto? shape = null) =>
        Model.Graph.Input.Add(new ValueInfoProto { Name = name, Type = SchemaTypes.Tensor(type, shape) });

    /// <summary>Adds a constant to the model's own graph.</summary>
    /// <param name="constant">The constant, under a fresh name.</param>
    public void AddConstant(TensorProto constant) => Model.Graph.Initializer.Add(constant);

    /// <summary>
    /// Adds a node at the end of a graph. The runtime sorts nodes itself, so what it computes may be read further up.
    /// </summary>
    /// <param name="scope">The graph.</param>
    /// <param name="node">The node; its outputs have fresh names, or ones that <see cref="Detach"/> has freed.</param>
    public void AddNode(GraphScope scope, NodeProto node)
    {
        ArgumentNullException.ThrowIfNull(scope);
        scope.Graph.Node.Add(node);
    }

    /// <summary>
    /// Adds nodes right behind the one that computes a value, so that the list stays in order of evaluation.
    /// </summary>
    /// <param name="value">A value that a node computes.</param>
    /// <param name="nodes">The nodes, in order.</param>
    public void AddNodesBehind(GraphValue value, params IReadOnlyList<NodeProto> nodes)
    {
        ArgumentNullException.ThrowIfNull(value);
        ArgumentNullException.ThrowIfNull(nodes);
        var list = value.Scope.Graph.Node;
        var at = value.Producer is null ? 0 : list.IndexOf(value.Producer.Proto) + 1;
        foreach (var node in nodes)
        {
            list.Insert(at++, node);
        }
    }

    internal static void InsertFirst(GraphScope scope, NodeProto node) => scope.Graph.Node.Insert(0, node);
}
