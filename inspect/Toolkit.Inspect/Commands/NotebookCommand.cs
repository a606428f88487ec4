using System.CommandLine;
using Spectre.Console;
using Toolkit.Analysis.LowRank;
using Toolkit.Analysis.Notebook;
using Toolkit.Analysis.Spectra;
using Toolkit.CommandLine;
using Toolkit.Inspect.Results;

namespace Toolkit.Inspect.Commands;

/// <summary><c>inspect notebook</c>: everything the original notebook shows of a group network, at once.</summary>
internal static class NotebookCommand
{
    public static Command Create(Terminal terminal)
    {
        var target = new Argument<string>("RUN")
        {
            Description = "A run directory of a group network, its ONNX file, or a folder of training output.",
        };
        var ranks = new Option<int>("--ranks")
        {
            Description = "At most this many ranks of low-rank embeddings, 2 or more. Default: 130.",
            DefaultValueFactory = _ => new LowRankOptions().MaximumRanks,
        };
        var pairs = new Option<int?>("--pairs")
        {
            Description =
                "Each low-rank network is run on at most this many pairs, of more on a random sample. Default: as "
                    + "many as give four million "
                    + "logits: all pairs up to order 158.",
        };
        var output = new Option<string>("--out")
        {
            Description = "The folder that the results go to. Default: RUN/results; for files none.",
        };
        var json = new Option<bool>("--json") { Description = "One JSON document instead of tables." };
        var command = new Command(
            "notebook",
            "All analyses of the original notebook on any group network: spectra of all weights and of the natural "
                + "representation, the loss with "
            + "embeddings of every rank, and the trace hypothesis before and after softmax. Logits are centred over "
            + "the answers z; the notebook's "
            + "logits - logits.mean(-1) lacks keepdim and centres the wrong axis (shown as logits_centred_wrong_axis).")
        {
            target, ranks, pairs, output, json,
        };
        command.SetAction((parsed, cancellation) =>
        {
            if (parsed.GetValue(ranks) < 2 || parsed.GetValue(pairs) is < 1)
            {
                throw new UsageException("--ranks is 2 or more, --pairs 1 or more.");
            }

            var opened = AnalysisTarget.Open(parsed.GetValue(target)!);
            var options = new LowRankOptions
            {
                MaximumRanks = parsed.GetValue(ranks),
                MaximumPairs = parsed.GetValue(pairs),
            };
            var result = NotebookAnalysis.Run(opened.RequireGroup(), options, terminal.Log, cancellation);
            var folder = parsed.GetValue(output);
            var results = folder is not null ? new ResultStore(folder)
                : opened.Run is not null ? ResultStore.OfRun(opened.Path)
                : null;
            if (results is not null)
            {
                results.Write(result.Outputs());
                terminal.Log($"wrote {string.Join(", ", result.Outputs().Select(o => o.Name))} to {results.Folder}");
            }

            if (parsed.GetValue(json))
            {
                terminal.WriteJson(
                    result.Outputs().DistinctBy(o => o.Summary).ToDictionary(o => o.Name, o => o.Summary));
            }
            else
            {
                Print(terminal, result);
            }

            return Task.FromResult(ExitCode.Done);
        });
        return command;
    }

    private static void Print(Terminal terminal, NotebookResult result)
    {
        Heading(terminal, "Spectra");
        terminal.Write(TableView.Of(SpectraTables.SummariesOf(result.Spectra)));
        Heading(
            terminal,
            $"Embeddings of rank k ({string.Join(", ", result.LowRank.Tables.Select(t => t.Initializer))}; "
                + $"{result.LowRank.Pairs} of "
                + $"{result.LowRank.AllPairs} pairs; rank -1 is the network as it is)");
        terminal.Write(TableView.Of(result.LowRank.Output().Table));
        terminal.Write(new Text(result.LowRank.SufficientRank is { } rank
            ? $"From rank {rank} on the loss is at most twice the network's"
                + (rank == 0 ? " (a copy of rank 0 sees no input).\n" : ".\n")
            : "At no rank looked at is the loss at most twice the network's.\n"));
        Heading(terminal, "Trace hypothesis: logits against tr(ρ(x)ρ(y)ρ(z⁻¹))");
        terminal.Write(TableView.Of(result.Trace.Outputs()[0].Table));
    }

    private static void Heading(Terminal terminal, string text) => terminal.Write(new Text($"\n{text}\n"));
}
