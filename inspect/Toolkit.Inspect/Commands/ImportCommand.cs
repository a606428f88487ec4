using System.CommandLine;
using Spectre.Console;
using Toolkit.Analysis.Import;
using Toolkit.CommandLine;
using Toolkit.Formats;
using Toolkit.Formats.Checkpoints;
using Toolkit.Formats.Checkpoints.Scanning;
using Toolkit.Formats.Import;
using Toolkit.Formats.Onnx;
using Toolkit.Formats.Onnx.Schema;
using Toolkit.Formats.Tensors;
using Toolkit.Inspect.Processes;
using Toolkit.Inspect.Results;
using Toolkit.Models.Configuration;
using Toolkit.Models.Networks;
using Toolkit.Runtime;

namespace Toolkit.Inspect.Commands;

/// <summary><c>inspect import</c>: a foreign checkpoint becomes an ONNX model, proved by running it.</summary>
internal static class ImportCommand
{
    // An optimiser's state alone has two tensors for every weight.
    private const int MostLines = 20;

    public static Command Create(Terminal terminal)
    {
        var checkpoint = new Argument<string>("CHECKPOINT")
        {
            Description = "The trained weights: PyTorch, safetensors, npz … (format by content).",
        };
        var config = new Option<string?>("--config")
        {
            Description = "cfg.json of a group network: architecture, group, split.",
        };
        var layers = new Option<string?>("--layers")
        {
            Description = "JSON that describes a chain of layers (see `formats/Toolkit.Formats/Import/README.md`).",
        };
        var graph = new Option<string?>("--graph")
        {
            Description = "An ONNX model whose initializers take the checkpoint's tensors by name, shape and order.",
        };
        var round = new Option<bool>("--round")
        {
            Description = "Round float64 weights to float32; the largest relative error is said.",
        };
        var output = new Option<string>("--out") { Description = "The ONNX model to write.", Required = true };
        var json = new Option<bool>("--json") { Description = "Print one JSON document instead of a table." };
        var command = new Command(
            "import", "Turns a checkpoint into an ONNX model without executing it, and proves the model by running it.")
        {
            checkpoint, config, layers, graph, round, output, json,
        };
        command.SetAction((parsed, cancellation) =>
        {
            var given = new[] { parsed.GetValue(config), parsed.GetValue(layers), parsed.GetValue(graph) };
            if (given.Count(static option => option is not null) != 1)
            {
                throw new UsageException(
                    "Give exactly one of --config, --layers and --graph: what the tensors of the checkpoint belong to.");
            }

            using var source = Checkpoint.Open(parsed.GetValue(checkpoint)!);
            if (source.Scan.Verdict == ScanVerdict.Dangerous)
            {
                terminal.Log(
                    $"warning: {source.Name} would execute code if Python loaded it; here nothing is executed. See "
                        + $"`inspect weights {source.Name} --scan`.");
            }

            var target = parsed.GetValue(output)!;
            var asJson = parsed.GetValue(json);
            var rounding = new Float32Rounding(parsed.GetValue(round));
            return Task.FromResult(
                given[0] is { } configPath ? ImportGroupNetwork(
                    terminal, source, configPath, rounding, target, asJson, cancellation)
                : given[1] is { } layersPath ? ImportLayers(
                    terminal, source, layersPath, rounding, target, asJson, cancellation)
                : ImportIntoGraph(terminal, source, given[2]!, rounding, target, asJson, cancellation));
        });
        return command;
    }

    private static int ImportGroupNetwork(
        Terminal terminal,
        Checkpoint source,
        string configPath,
        Float32Rounding rounding,
        string target,
        bool asJson,
        CancellationToken cancellation)
    {
        var config = ExperimentConfig.Load(configPath);
        var task = config.CreateTask();
        var network = GroupNetworkFactory.Create(config, task.Group.Order);
        var prefix = TensorPrefix.Of(source, [.. network.Parameters.Select(static parameter => parameter.Name)]);
        var used = source.Tensors
            .Where(tensor => tensor.Name.StartsWith(prefix, StringComparison.Ordinal))
            .ToDictionary(tensor => tensor.Name[prefix.Length..], StringComparer.Ordinal);
        if (used.Values.FirstOrDefault(tensor => rounding.HowTo(tensor.Type).Length > 0) is { } refused)
        {
            throw new BadInputException(
                $"{source.Name}: {HostileText.Quote(refused.Name)} is {refused.Type.DisplayName()}; float32 is expected"
                    + $"{rounding.HowTo(refused.Type)}.");
        }

        var tensors = used.ToDictionary(
            static pair => pair.Key, pair => rounding.Read(source, pair.Value), StringComparer.Ordinal);
        var lineage = LineageJson.Write(
            source, used.Select(pair => KeyValuePair.Create(pair.Key, rounding.Lineage(source, pair.Value))));
        var model = GroupNetworkExport.ToOnnx(config, tensors, source.Name, lineage);
        using var engine = InferenceEngine.Open(model, target);
        terminal.Log($"Running {config.Name} on all pairs in ONNX Runtime …");
        GroupNetworkProof proof;
        using (var progress = new SampleProgress(terminal, task.PairCount))
        {
            proof = GroupNetworkProof.Measure(engine, task, progress, cancellation);
        }

        OnnxModelFile.Save(model, target);
        if (WrongAnswers.Of(target, task.Group, proof.TrainAccuracy) is { } doubt)
        {
            terminal.Log($"warning: {doubt}");
        }

        string[] unused = [.. source.Tensors.Except(used.Values).Select(static tensor => tensor.Name)];
        if (asJson)
        {
            terminal.WriteJson(new
            {
                Onnx = target,
                Network = config.Name,
                Source = source.Name,
                source.Format,
                Tensors = used.Count,
                RoundedTensors = rounding.Tensors,
                rounding.LargestRelativeError,
                Unused = unused,
                proof.TrainLoss,
                proof.TestLoss,
                proof.AllLoss,
                proof.TrainAccuracy,
                proof.TestAccuracy,
            });
            return ExitCode.Done;
        }

        var table = new Table().AddColumn(config.Name).AddColumn("loss (nats)").AddColumn("accuracy");
        table.AddRow("train", $"{proof.TrainLoss:G6}", $"{proof.TrainAccuracy:P2}");
        table.AddRow("test", $"{proof.TestLoss:G6}", $"{proof.TestAccuracy:P2}");
        table.AddRow("all", $"{proof.AllLoss:G6}", string.Empty);
        terminal.Write(table);
        LogUnused(terminal, unused);
        WriteRounding(terminal, rounding);
        terminal.Output.WriteLine(
            $"{target}: {used.Count} tensors of {source.Name} ({source.Format})"
                + $"{(prefix.Length > 0 ? $", behind {HostileText.Quote(prefix)}" : string.Empty)}.");
        return ExitCode.Done;
    }

    private static int ImportIntoGraph(
        Terminal terminal,
        Checkpoint source,
        string graphPath,
        Float32Rounding rounding,
        string target,
        bool asJson,
        CancellationToken cancellation)
    {
        var model = OnnxModelFile.Load(graphPath);
        var result = GraphImport.Fill(
            source, model, Path.GetDirectoryName(Path.GetFullPath(graphPath))!, rounding);
        if (result.Mismatches.Length > 0 || result.Filled.Length == 0)
        {
            foreach (var mismatch in result.Mismatches)
            {
                terminal.Log($"mismatch: {HostileText.OneLine(mismatch)}");
            }

            LogUnused(terminal, result.Unused);
            throw new BadInputException(
                $"{source.Name} does not fit {Path.GetFileName(graphPath)}: {result.Filled.Length} tensors match, "
                    + $"{result.Mismatches.Length} do not (listed above); nothing was written.");
        }

        GraphImport.WriteLineage(model, result);
        var trial = Try(terminal, model, target, cancellation);
        OnnxModelFile.Save(model, target);

        // A tensor that the graph held already is the right one, whatever matched it.
        GraphImportEntry[] byOrder = [.. result.Filled.Where(
            static entry => entry.Rule == GraphImportEntry.ShapeAndOrder && !entry.WasEqual)];
        if (byOrder.Length > 0)
        {
            terminal.Log(
                $"warning: {byOrder.Length} {(byOrder.Length == 1 ? "tensor was" : "tensors were")} matched by shape "
                    + "and order alone, and no run proves that they belong there. Check each pair. A square matrix may "
                    + "be transposed: torch folds that into linear layers, unless told do_constant_folding=False.");
            LogSome(terminal, [.. byOrder.Select(static entry =>
                $"by order: {HostileText.Quote(entry.Initializer)} takes {HostileText.Quote(entry.Tensor)}")]);
        }

        if (asJson)
        {
            terminal.WriteJson(new
            {
                Onnx = target,
                Filled = result.Filled.Length,
                WasEqual = result.Filled.Count(static entry => entry.WasEqual),
                Rules = result.Filled.CountBy(static entry => entry.Rule).ToDictionary(
                    static pair => pair.Key, static pair => pair.Value),
                ByOrder = byOrder,
                RoundedTensors = rounding.Tensors,
                rounding.LargestRelativeError,
                result.Kept,
                result.Unused,
                Proof = trial,
            });
            return ExitCode.Done;
        }

        foreach (var (rule, count) in result.Filled.CountBy(static entry => entry.Rule))
        {
            terminal.Output.WriteLine($"{count} tensors by {rule}");
        }

        terminal.Output.WriteLine(
            $"{result.Filled.Count(static entry => entry.WasEqual)} of them equal what the graph held, bit for bit");
        LogUnused(terminal, result.Unused);
        WriteRounding(terminal, rounding);
        terminal.Output.WriteLine(
            $"{result.Kept.Length} constants of the graph kept, {result.Unused.Length} tensors of the checkpoint unused");
        terminal.Output.WriteLine(trial is null
            ? $"{target}: loads; not run"
            : $"{target}: ran ({trial.Note}): {string.Join(", ", trial.Outputs)}");
        return ExitCode.Done;
    }

    private static int ImportLayers(
        Terminal terminal,
        Checkpoint source,
        string layersPath,
        Float32Rounding rounding,
        string target,
        bool asJson,
        CancellationToken cancellation)
    {
        var chain = LayerChain.Load(layersPath);
        var (model, outputs, trial) = LayerChainTrial.Run(chain, source, target, rounding, cancellation);
        DescribeOutputs(model, outputs);
        OnnxModelFile.Save(model, target);
        var used = model.Graph.Initializer.Select(static tensor => tensor.Name).ToHashSet(StringComparer.Ordinal);
        string[] unused = [.. source.Tensors.Select(static tensor => tensor.Name).Where(name => !used.Contains(name))];
        if (asJson)
        {
            terminal.WriteJson(new
            {
                Onnx = target,
                Layers = chain.Layers.Length,
                Tensors = source.Tensors.Length - unused.Length,
                RoundedTensors = rounding.Tensors,
                rounding.LargestRelativeError,
                Unused = unused,
                Proof = trial,
            });
        }
        else
        {
            LogUnused(terminal, unused);
            WriteRounding(terminal, rounding);
            terminal.Output.WriteLine(
                $"{target}: {chain.Layers.Length} layers, ran ({trial.Note}): {string.Join(", ", trial.Outputs)}");
        }

        return ExitCode.Done;
    }

    private static void WriteRounding(Terminal terminal, Float32Rounding rounding)
    {
        if (rounding.Tensors > 0)
        {
            terminal.Output.WriteLine(
                $"{rounding.Tensors} tensors rounded from float64 to float32, largest relative error "
                    + $"{rounding.LargestRelativeError:G3}");
        }
    }

    private static void LogUnused(Terminal terminal, IEnumerable<string> names) =>
        LogSome(terminal, [.. names.Select(static name => $"unused: {HostileText.Quote(name)} of the checkpoint")]);

    private static void LogSome(Terminal terminal, string[] lines)
    {
        foreach (var line in lines.Take(MostLines))
        {
            terminal.Log(line);
        }

        if (lines.Length > MostLines)
        {
            terminal.Log($"… and {lines.Length - MostLines} more");
        }
    }

    /// <summary>
    /// Somebody else's graph may ask of its inputs what invented ones do not fulfil: that is no fault of the weights.
    /// </summary>
    private static ModelTrial? Try(Terminal terminal, ModelProto model, string target, CancellationToken cancellation)
    {
        using var engine = InferenceEngine.Open(model, target, new InferenceOptions { Log = InferenceLog.Fatal });
        try
        {
            return ModelTrial.Run(engine, seed: 1, cancellation);
        }
        catch (BadInputException refused)
        {
            terminal.Log(
                "warning: the model loads but gives nothing on invented inputs, so that no run proves it: "
                    + $"{refused.Message}");
            return null;
        }
    }

    /// <summary>Gives the outputs the shapes that the runtime infers: other programs ask for them.</summary>
    private static void DescribeOutputs(ModelProto model, IReadOnlyList<ValueDescription> outputs)
    {
        foreach (var output in outputs.Where(static output => output.Dimensions is not null))
        {
            var shape = new TensorShapeProto();
            foreach (var (axis, dimension) in output.Dimensions!.Index())
            {
                shape.Dim.Add(dimension.Extent is { } extent
                    ? new TensorShapeProto.Types.Dimension { DimValue = extent }
                    : new TensorShapeProto.Types.Dimension { DimParam = dimension.Name ?? $"{output.Name}_{axis}" });
            }

            model.Graph.Output.Single(value => value.Name == output.Name).Type.TensorType.Shape = shape;
        }
    }
}
