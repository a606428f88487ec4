using System.CommandLine;
using Spectre.Console;
using Toolkit.CommandLine;
using Toolkit.Train.Sweeps;
using Toolkit.Train.Training;

namespace Toolkit.Train.Commands;

/// <summary><c>train sweep SWEEP.json</c>.</summary>
internal static class SweepCommand
{
    public static Command Create(Terminal terminal)
    {
        var sweep = new Argument<string>("sweep")
        {
            Description = "The sweep: JSON with \"base\" (a configuration) and \"vary\" (lists of values by field: "
                + "group, model, seed …).",
        };
        var folder = new Option<string?>("--out")
        {
            Description = "Folder that takes one folder per run. Default: runs/ and the sweep's file name.",
        };
        var shard = new Option<string?>("--shard")
        {
            Description = "Train part i of n only, as i/n with i from 0. Default: everything.",
        };
        var parallel = new Option<int>("--parallel")
        {
            Description = "Runs side by side, each on one thread. Default: as many as there are processor cores.",
            DefaultValueFactory = _ => Environment.ProcessorCount,
        };
        var device = new Option<string>("--device")
        {
            Description = "cpu, cuda, cuda:N, or auto: CUDA where there is one.",
            DefaultValueFactory = _ => "auto",
        };
        var json = new Option<bool>("--json")
        {
            Description = "Print the summaries as one JSON document. Default: off.",
        };
        var command = new Command(
            "sweep",
            "Trains every combination of groups, architectures and seeds. Interrupted, it goes on when called again.")
        {
            sweep, folder, shard, parallel, device, json,
        };
        NumericOptions.Limit(parallel, 1, int.MaxValue, "--parallel must be at least 1.");
        command.SetAction((parseResult, cancellation) => Task.Run(
            () =>
            {
                var path = parseResult.GetRequiredValue(sweep);
                var runs = SweepShard.Parse(parseResult.GetValue(shard)).Of(SweepPlan.Load(path).Runs);
                var target = parseResult.GetValue(folder)
                    ?? Path.Combine("runs", Path.GetFileNameWithoutExtension(path));
                var summaries = new SweepRunner(new Trainer(TimeProvider.System), terminal.Log).Run(
                    runs, target, parseResult.GetValue(parallel), parseResult.GetRequiredValue(device), cancellation);
                if (parseResult.GetValue(json))
                {
                    terminal.WriteJson(new { Runs = summaries });
                }
                else
                {
                    terminal.Write(ToTable(summaries));
                }

                return ExitCode.Done;
            },
            CancellationToken.None));
        return command;
    }

    private static Table ToTable(IReadOnlyList<TrainingSummary> summaries)
    {
        var table = new Table()
            .AddColumns("run", "epochs", "train loss", "test loss", "test accuracy", "generalised at")
            .Border(TableBorder.Rounded);
        foreach (var summary in summaries)
        {
            table.AddRow(
                Markup.Escape(summary.Name),
                $"{summary.Epochs:N0}", $"{summary.TrainLoss:G3}", $"{summary.TestLoss:G3}",
                $"{summary.TestAccuracy:P1}", summary.GeneralisedAtEpoch?.ToString("N0") ?? "-");
        }

        return table;
    }
}
