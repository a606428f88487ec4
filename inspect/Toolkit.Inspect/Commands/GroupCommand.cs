using System.CommandLine;
using Spectre.Console;
using Toolkit.Analysis.Representations;
using Toolkit.CommandLine;
using Toolkit.Formats;
using Toolkit.Inspect.Results;
using Toolkit.Models.Representations;

namespace Toolkit.Inspect.Commands;

/// <summary><c>inspect group</c>: which irreps a network has learnt, and what share of everything they carry.</summary>
internal static class GroupCommand
{
    public static Command Create(Terminal terminal)
    {
        var target = new Argument<string>("MODEL") { Description = "An ONNX file of a group network, a run directory, or a folder of training output." };
        var config = new Option<string>("--config") { Description = "The configuration (cfg.json). Default: the one in the model's metadata." };
        var legacy = new Option<bool>("--legacy")
        {
            Description = "The published values, defects and all (wrong irreps of A5, six of S6's eleven, eightfold losses of S6's transformers), for comparison.",
        };
        var roles = new Option<string[]>("--role")
        {
            Description = "What plays a role in a foreign graph: hidden=VALUE, unembed=W_out*W_U, embed_x=W_x*W[:256]; a value at a position: "
                + "hidden=VALUE@2. May be repeated.",
        };
        var output = new Option<string>("--out") { Description = "The results go to DIR/results. Default: the run or training folder; for files none." };
        var json = new Option<bool>("--json") { Description = "One JSON document with the keys of the published summary_metrics.json." };
        var command = new Command("group", "The representation analysis of a group network: shares of embeddings, hidden layer, logits and loss by irrep.")
        {
            target, config, legacy, roles, output, json,
        };
        command.SetAction((parsed, cancellation) =>
        {
            var network = GroupNetworkTarget.Open(parsed.GetValue(target)!, parsed.GetValue(config), parsed.GetValue(roles) ?? []);
            var irreps = IrrepTable.Of(network.Task.Group);
            var isLegacy = parsed.GetValue(legacy);
            var spans = isLegacy ? PublishedIrreps.Of(irreps) : [.. irreps.Select(RepresentationSpan.Of)];
            var weights = new GroupNetworkReader(network.Model, network.ModelPath, network.Roles).ReadWeights(network.Task.Group.Order);
            using var moments = GroupNetworkRunner.Run(network.Task.Group, network.Model, network.ModelPath, network.Roles, cancellation);
            var metrics = RepresentationAnalysis.Measure(
                network.Task,
                weights,
                moments,
                new RepresentationOptions(spans) { Legacy = isLegacy, IsTransformer = network.IsTransformer, Epoch = network.Epochs },
                cancellation);
            Finish(terminal, metrics, RepresentationTables.Output(metrics, spans), parsed.GetValue(output) ?? network.Folder, parsed.GetValue(json));
            return Task.FromResult(ExitCode.Done);
        });
        return command;
    }

    private static void Finish(Terminal terminal, RepresentationMetrics metrics, Analysis.AnalysisOutput output, string? folder, bool json)
    {
        if (folder is not null)
        {
            var results = ResultStore.OfRun(folder);
            results.Write(output);
            terminal.Log($"wrote {output.Name} to {results.Folder}");
        }

        if (json)
        {
            terminal.WriteJson(metrics.Values);
        }
        else
        {
            terminal.Write(TableView.Of(output.Table));
            var totals = new Table().Border(TableBorder.Simple).AddColumns("measure", "value");
            foreach (var (key, value) in metrics.Values.Where(pair => !pair.Key.Contains("_rep", StringComparison.Ordinal)))
            {
                totals.AddRow(new Text(key), new Text(TableView.Cell(value)));
            }

            terminal.Write(totals);
            terminal.Write(new Text($"Key irreps: {(metrics.KeyIrreps.Count == 0 ? "none" : string.Join(", ", metrics.KeyIrreps))}\n"));
        }

        foreach (var test in metrics.SelfTests.Where(test => !test.Passed))
        {
            terminal.Log($"SELF-TEST FAILED: {test.Name} is {test.Found:R}, expected {test.Expected:R}. Do not trust these numbers.");
        }
    }
}
