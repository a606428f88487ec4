using Toolkit.Formats;
using Toolkit.Formats.Onnx;
using Toolkit.Formats.Onnx.Graphs;
using Toolkit.Formats.Onnx.Schema;
using Toolkit.Runtime;
using Toolkit.Runtime.Observation;

namespace Toolkit.Capture.Planning;

/// <summary>The graph that the runtime makes of a model, and what became of each value in it.</summary>
internal sealed class OptimizedGraph
{
    /// <summary>A larger model is not written out to be looked at.</summary>
    private const long MaximumModelBytes = 1L << 30;

    /// <summary>How far a vanished value is followed to the node that swallowed it.</summary>
    private const int MaximumSteps = 64;

    private readonly Dictionary<string, int> _operators = new(StringComparer.Ordinal);
    private readonly Dictionary<string, NodeProto> _producers = new(StringComparer.Ordinal);

    private OptimizedGraph(ModelProto model)
    {
        var graphs = new Stack<GraphProto>([model.Graph]);
        while (graphs.TryPop(out var graph))
        {
            foreach (var node in graph.Node)
            {
                if (node.Domain != ObserveOperator.Domain && node.OpType != "Identity")
                {
                    NodeCount++;
                    _operators[node.OpType] = _operators.GetValueOrDefault(node.OpType) + 1;
                }

                foreach (var output in node.Output)
                {
                    _producers[output] = node;
                }

                foreach (var attribute in node.Attribute)
                {
                    foreach (var nested in attribute.Graphs.Concat(attribute.G is null ? [] : [attribute.G]))
                    {
                        graphs.Push(nested);
                    }
                }
            }
        }
    }

    /// <summary>
    /// Nodes in all graphs that compute something: Identity, which also carries values out of branches, and our own
    /// probes left out.
    /// </summary>
    public int NodeCount { get; }

    /// <summary>Loads a model as it is deployed and reads what the runtime made of it.</summary>
    /// <returns>The graph; null where the model is too large or cannot be written out.</returns>
    /// <exception cref="BadInputException">The runtime cannot load the model.</exception>
    public static OptimizedGraph? Of(byte[] model, string modelPath)
    {
        var (engine, graph) = Read(
            path => InferenceEngine.Open(
                model, modelPath, new InferenceOptions { OptimizedModelPath = path, Log = InferenceLog.Fatal }),
            model.LongLength);
        engine.Dispose();
        return graph;
    }

    /// <summary>Loads a model and counts the nodes of what the runtime made of it.</summary>
    /// <param name="open">Loads it, and has the optimised graph written to a path; null for nowhere.</param>
    /// <param name="modelBytes">The model's size.</param>
    /// <param name="isCompared">False where there is nothing to compare the count with: nothing is counted.</param>
    /// <returns>The engine, and the nodes; null where the model is too large or cannot be written out.</returns>
    public static (InferenceEngine Engine, int? Nodes) Open(
        Func<string?, InferenceEngine> open, long modelBytes, bool isCompared)
    {
        if (!isCompared)
        {
            return (open(null), null);
        }

        var (engine, graph) = Read(open, modelBytes);
        return (engine, graph?.NodeCount);
    }

    private static (InferenceEngine Engine, OptimizedGraph? Graph) Read(
        Func<string?, InferenceEngine> open, long modelBytes)
    {
        if (modelBytes > MaximumModelBytes)
        {
            return (open(null), null);
        }

        var folder = Directory.CreateTempSubdirectory("toolkit-plan-");
        try
        {
            var path = Path.Combine(folder.FullName, "optimized.onnx");
            InferenceEngine engine;
            try
            {
                engine = open(path);
            }
            catch (BadInputException)
            {
                // Some models load but cannot be written; those that cannot load fail again, with the true reason.
                return (open(null), null);
            }

            return (engine, File.Exists(path) ? new OptimizedGraph(OnnxModelFile.Load(path)) : null);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>
    /// How another graph's nodes differ from these, as <c>Transpose 61 → 58</c>; empty where it has as many of every
    /// operator.
    /// </summary>
    public string Difference(OptimizedGraph other) =>
        string.Join(", ", _operators.Keys.Union(other._operators.Keys).Order(StringComparer.Ordinal)
            .Select(op => (
                Op: op, Here: _operators.GetValueOrDefault(op), There: other._operators.GetValueOrDefault(op)))
            .Where(static pair => pair.Here != pair.There)
            .Select(static pair => $"{pair.Op} {pair.Here} → {pair.There}"));

    /// <summary>Whether the optimised graph still computes a value.</summary>
    public bool Computes(GraphValue value) => _producers.ContainsKey(value.Name);

    /// <summary>
    /// The fused nodes that swallowed a vanished value; empty where it was folded into a constant or simply dropped.
    /// </summary>
    public IReadOnlyList<string> SwallowedBy(GraphValue value)
    {
        var found = new List<string>();
        var seen = new HashSet<GraphValue> { value };
        var queue = new Queue<GraphValue>([value]);
        for (var step = 0; step < MaximumSteps && queue.TryDequeue(out var at); step++)
        {
            foreach (var output in at.Consumers
                .Where(node => node.Scope == value.Scope)
                .SelectMany(static node => node.Outputs)
                .OfType<GraphValue>())
            {
                if (!seen.Add(output))
                {
                    continue;
                }

                if (!_producers.TryGetValue(output.Name, out var survivor))
                {
                    queue.Enqueue(output);
                }
                else if (survivor.OpType != output.Producer!.Proto.OpType
                    || survivor.Domain != output.Producer.Proto.Domain)
                {
                    found.Add($"{survivor.OpType} → {HostileText.Quote(output.Name)}");
                }
            }
        }

        return found;
    }
}
