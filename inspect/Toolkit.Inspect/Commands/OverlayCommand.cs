using System.CommandLine;
using Toolkit.CommandLine;
using Toolkit.Formats;
using Toolkit.Formats.Onnx;
using Toolkit.Formats.Onnx.Graphs;
using Toolkit.Formats.Onnx.Schema;
using Toolkit.Formats.Runs;
using Toolkit.Formats.Runs.Statistics;
using Toolkit.Inspect.Overlays;

namespace Toolkit.Inspect.Commands;

/// <summary><c>inspect overlay</c>: a run's statistics on the graph, in Model Explorer or Netron.</summary>
internal static class OverlayCommand
{
    public static Command Create(Terminal terminal)
    {
        var run = new Argument<string>("RUN") { Description = "The run directory." };
        var format = new Option<string>("--format")
        {
            Description = "model-explorer: a JSON file of custom node data, to be loaded beside the model; netron: a "
                + "copy of the model whose nodes carry the statistics as metadata.",
            Required = true,
        };
        var output = new Option<string>("--out") { Description = "The file to write.", Required = true };
        var statistic = new Option<string>("--statistic")
        {
            Description = $"What model-explorer colours nodes by: {OverlayStatistic.Names}. Default: absmax.",
            DefaultValueFactory = static _ => "absmax",
        };
        var model = new Option<string?>("--model")
        {
            Description = "The model's file, where the run holds no copy of it. Default: the run's copy, else where "
                + "it was captured from.",
        };
        var json = new Option<bool>("--json") { Description = "One JSON document instead of text." };
        var command = new Command(
            "overlay", "Writes the statistics of a run for a viewer of graphs: Model Explorer or Netron.")
        {
            run,
            format,
            output,
            statistic,
            model,
            json,
        };
        command.SetAction((parsed, _) =>
        {
            var reader = RunReader.Open(parsed.GetValue(run)!);
            var path = ModelPath(reader, parsed.GetValue(model));
            var graph = ModelGraph.Of(OnnxModelFile.Load(path), path);
            var names = reader.Tensors.ToDictionary(static tensor => tensor.Id, static tensor => tensor.Name);
            var statistics = reader.ReadStatistics().Where(pair => names.ContainsKey(pair.Key))
                .ToDictionary(pair => names[pair.Key], static pair => pair.Value.Whole, StringComparer.Ordinal);
            var file = parsed.GetValue(output)!;
            var nodes = parsed.GetValue(format) switch
            {
                "model-explorer" =>
                    WriteModelExplorer(graph, statistics, OverlayStatistic.Of(parsed.GetValue(statistic)!), file),
                "netron" => WriteNetron(terminal, graph, statistics, file),
                var other => throw new UsageException($"--format {other}: model-explorer or netron was expected."),
            };
            var total = graph.Scopes.Sum(static scope => scope.Nodes.Count);
            if (parsed.GetValue(json))
            {
                terminal.WriteJson(new { File = file, Nodes = nodes, AllNodes = total, Values = statistics.Count });
            }
            else
            {
                terminal.Output.WriteLine($"{file}: statistics on {nodes} of {total} nodes.");
            }

            return Task.FromResult(ExitCode.Done);
        });
        return command;
    }

    private static string ModelPath(RunReader run, string? given)
    {
        var plan = run.Manifest.Plan.Model;
        var path = given ?? run.ModelPath ?? plan.Path;
        return !File.Exists(path)
            ? throw new BadInputException(
                $"{run.Folder}: it holds no copy of its model, and '{path}' is not there. Name the file with --model.")
            : new FileInfo(path).Length != plan.Bytes
                ? throw new BadInputException(
                    $"{path}: {new FileInfo(path).Length} bytes; the run's model has {plan.Bytes}. Name the file "
                        + "that was captured with --model.")
                : path;
    }

    private static int WriteModelExplorer(
        ModelGraph graph,
        IReadOnlyDictionary<string, ValueStatistics> statistics,
        Func<ValueStatistics, double> statistic,
        string file)
    {
        var (json, nodes) = ModelExplorerOverlay.Write(graph, statistics, statistic);
        AtomicFile.WriteText(file, json);
        return nodes;
    }

    private static int WriteNetron(
        Terminal terminal, ModelGraph graph, IReadOnlyDictionary<string, ValueStatistics> statistics, string file)
    {
        if (Path.GetFullPath(file) == Path.GetFullPath(graph.ModelPath))
        {
            throw new UsageException($"--out {file}: this is the model itself. Choose another name for the copy.");
        }

        var nodes = NetronOverlay.Annotate(graph, statistics);
        OnnxModelFile.Save(graph.Model, file);
        if (OnnxTensors.All(graph.Model)
            .Any(static tensor => tensor.DataLocation == TensorProto.Types.DataLocation.External)
            && Path.GetDirectoryName(Path.GetFullPath(file)) != Path.GetDirectoryName(
                Path.GetFullPath(graph.ModelPath)))
        {
            terminal.Log(
                $"note: the weights stay in the files beside {graph.ModelPath}; the copy runs only from that folder "
                    + "(Netron shows it from anywhere).");
        }

        return nodes;
    }
}
