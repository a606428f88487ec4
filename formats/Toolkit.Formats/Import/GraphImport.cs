using System.Text.Json;
using Toolkit.Formats.Checkpoints;
using Toolkit.Formats.Onnx;
using Toolkit.Formats.Onnx.Schema;
using Toolkit.Formats.Tensors;

namespace Toolkit.Formats.Import;

/// <summary>
/// Puts a checkpoint's tensors into the initializers of an existing graph. Tensors are matched by name; then by the
/// name behind a common prefix such as <c>module.</c>; then, where as many are left of a shape on both sides, by their
/// order.
/// </summary>
public static class GraphImport
{
    /// <summary>Fills a graph.</summary>
    /// <param name="checkpoint">The checkpoint.</param>
    /// <param name="graph">The model to fill; changed in place. Its own initializers are replaced, its nodes
    /// stay.</param>
    /// <param name="graphFolder">The folder of the model's file, where its external data lies.</param>
    /// <param name="rounding">What becomes of float64 where the graph has float32; null (default) to refuse it.</param>
    /// <returns>What was put where, and everything that did not fit.</returns>
    /// <exception cref="BadInputException">The checkpoint is damaged, or several parts of it have the graph's
    /// names.</exception>
    public static GraphImportResult Fill(
        Checkpoint checkpoint, ModelProto graph, string graphFolder, Float32Rounding? rounding = null)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        ArgumentNullException.ThrowIfNull(graph);
        ArgumentNullException.ThrowIfNull(graphFolder);
        rounding ??= new Float32Rounding(isAllowed: false);
        var initializers = graph.Graph.Initializer.ToList();
        var unused = checkpoint.Tensors.ToList();
        var open = new List<TensorProto>();
        var matches = new List<GraphImportMatch>();
        var mismatches = new List<string>();

        Match(initializers, static name => name, ByName(unused, static name => name), "name");
        Match([.. open], TensorPrefix.Dotted, ByName(unused, TensorPrefix.Dotted), "name, slashes for dots");
        var prefix = TensorPrefix.Best(checkpoint.Name, open.Select(static tensor => tensor.Name), unused);
        if (prefix.Length > 0)
        {
            var behind = ByName(unused, name => name.StartsWith(prefix, StringComparison.Ordinal)
                ? TensorPrefix.Dotted(name[prefix.Length..])
                : null);
            Match([.. open], TensorPrefix.Dotted, behind, $"name behind '{prefix}'");
        }

        MatchByOrder();
        foreach (var match in matches)
        {
            var at = graph.Graph.Initializer.IndexOf(match.Target);
            graph.Graph.Initializer[at] = OnnxTensor.Write(match.Target.Name, match.Content);
        }

        var kept = open.Where(IsConstantOfTheGraph).Select(tensor => tensor.Name).ToList();
        mismatches.AddRange(open.Where(tensor => !IsConstantOfTheGraph(tensor)).Select(tensor =>
            $"'{tensor.Name}' {OnnxTensor.ElementTypeOf(tensor, "graph").DisplayName()} "
                + $"{OnnxTensor.ShapeOf(tensor, "graph")} of the graph has no counterpart in the checkpoint"
                + RoundHint(tensor)
                + TransposeHint(OnnxTensor.ShapeOf(tensor, "graph"), unused)));
        return new GraphImportResult(
            [.. matches.Select(
                match => new GraphImportEntry(match.Target.Name, match.Source.Name, match.Rule, match.IsEqual))],
            [.. kept],
            [.. unused.Select(tensor => tensor.Name)],
            [.. mismatches],
            LineageJson.Write(
                checkpoint,
                matches.Select(match => KeyValuePair.Create(
                    match.Target.Name, rounding.Lineage(checkpoint, match.Source)))));

        void Match(
            List<TensorProto> targets,
            Func<string, string> key,
            Dictionary<string, CheckpointTensor> sources,
            string rule)
        {
            open.Clear();
            foreach (var target in targets)
            {
                if (!sources.TryGetValue(key(target.Name), out var source))
                {
                    open.Add(target);
                    continue;
                }

                unused.Remove(source);
                var type = OnnxTensor.ElementTypeOf(target, "graph");
                var shape = OnnxTensor.ShapeOf(target, "graph");
                if (!Fits(type, source.Type) || shape != source.Shape)
                {
                    mismatches.Add(
                        $"'{target.Name}' is {type.DisplayName()} {shape} in the graph, {source.Type.DisplayName()} "
                            + $"{source.Shape} in the checkpoint"
                            + (type == ElementType.Float32 ? rounding.HowTo(source.Type) : string.Empty));
                }
                else
                {
                    var change = rounding.Rounds(source.Type) ? "rounded" : "widened";
                    Add(target, source, type == source.Type
                        ? rule
                        : $"{rule}, {change} from {source.Type.DisplayName()}");
                }
            }
        }

        void MatchByOrder()
        {
            var bySignature = open.Where(target => !IsConstantOfTheGraph(target) && !IsFoldedTransposition(target))
                .GroupBy(target => (OnnxTensor.ElementTypeOf(target, "graph"), OnnxTensor.ShapeOf(target, "graph")))
                .ToList();
            foreach (var group in bySignature)
            {
                var (type, shape) = group.Key;
                var sources = unused.Where(tensor => tensor.Shape == shape
                    && (tensor.Type == type || (type == ElementType.Float32 && rounding.Rounds(tensor.Type)))).ToList();
                var targets = group.ToList();
                if (sources.Count != targets.Count)
                {
                    continue;
                }

                for (var i = 0; i < targets.Count; i++)
                {
                    Add(targets[i], sources[i], GraphImportEntry.ShapeAndOrder);
                    unused.Remove(sources[i]);
                    open.Remove(targets[i]);
                }
            }
        }

        // By order a tensor is matched in the graph's own type alone: the name of this one need not be at fault.
        string RoundHint(TensorProto target) =>
            OnnxTensor.ElementTypeOf(target, "graph") == ElementType.Float32
            && unused.Find(source => source.Shape == OnnxTensor.ShapeOf(target, "graph")
                && rounding.HowTo(source.Type).Length > 0) is { } source
                ? $"; {HostileText.Quote(source.Name)} is {source.Type.DisplayName()}{rounding.HowTo(source.Type)}"
                : string.Empty;

        bool Fits(ElementType type, ElementType found) =>
            type == found || (type == ElementType.Float32 && rounding.Takes(found));

        void Add(TensorProto target, CheckpointTensor source, string rule)
        {
            var content = OnnxTensor.ElementTypeOf(target, "graph") == ElementType.Float32
                ? rounding.Read(checkpoint, source)
                : checkpoint.Read(source);
            var before = OnnxTensor.Read(target, graphFolder, target.Name);
            matches.Add(new GraphImportMatch(
                target, source, content, rule, before.Bytes.Span.SequenceEqual(content.Bytes.Span)));
        }
    }

    /// <summary>Writes the lineage into a model's metadata, in place of what it said before.</summary>
    /// <param name="model">The model; changed.</param>
    /// <param name="result">What went into it.</param>
    public static void WriteLineage(ModelProto model, GraphImportResult result)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(result);
        WriteMetadata(model, LineageJson.MetadataKey, result.Lineage.ToJsonString(
            new JsonSerializerOptions { WriteIndented = false }));
    }

    internal static void WriteMetadata(ModelProto model, string key, string value)
    {
        foreach (var old in model.MetadataProps.Where(entry => entry.Key == key).ToList())
        {
            model.MetadataProps.Remove(old);
        }

        model.MetadataProps.Add(new StringStringEntryProto { Key = key, Value = value });
    }

    private static Dictionary<string, CheckpointTensor> ByName(
        List<CheckpointTensor> tensors, Func<string, string?> name)
    {
        var byName = new Dictionary<string, CheckpointTensor>(StringComparer.Ordinal);
        foreach (var tensor in tensors)
        {
            if (name(tensor.Name) is { } key)
            {
                byName.TryAdd(key, tensor);
            }
        }

        return byName;
    }

    /// <summary>
    /// A matrix that torch transposed and named itself. A square one of the checkpoint would fit it untransposed, and
    /// of a block that widens and narrows again each matrix the other's place.
    /// </summary>
    private static bool IsFoldedTransposition(TensorProto tensor) =>
        tensor.Name.StartsWith("onnx::MatMul_", StringComparison.Ordinal);

    /// <summary>torch folds the transposition of a linear layer into its matrix, and drops its name.</summary>
    private static string TransposeHint(TensorShape shape, List<CheckpointTensor> sources) =>
        shape.Rank == 2 && sources.Find(source => source.Shape == new TensorShape(shape[1], shape[0])) is { } source
            ? $"; {HostileText.Quote(source.Name)} {source.Shape} may be its transpose: export the graph with "
                + "do_constant_folding=False"
            : string.Empty;

    // Shapes, axes, indices and scalar factors belong to the graph, not to the training.
    private static bool IsConstantOfTheGraph(TensorProto tensor) =>
        OnnxTensor.ElementTypeOf(tensor, "graph") is ElementType.Int64
            or ElementType.Int32 or ElementType.Boolean or ElementType.Text
        || tensor.Dims.Count == 0;

    private sealed record GraphImportMatch(
        TensorProto Target, CheckpointTensor Source, HostTensor Content, string Rule, bool IsEqual);
}
