using System.CommandLine;
using Toolkit.Analysis.Universality;
using Toolkit.CommandLine;
using Toolkit.Formats;
using Toolkit.Formats.Tables;
using Toolkit.Inspect.Results;

namespace Toolkit.Inspect.Commands;

/// <summary><c>inspect universality</c>: the paper's tables over many networks.</summary>
internal static class UniversalityCommand
{
    public static Command Create(Terminal terminal)
    {
        var folders = new Argument<string[]>("DIR")
        {
            Description = "Folders of measured networks, or folders that hold such: published ones "
                + "(summary_metrics.json, cfg.json) or our own (results/group.json).",
            Arity = ArgumentArity.OneOrMore,
        };
        var output = new Option<string>("--out")
        {
            Description = "Where universality.parquet, universality_runs.parquet, their .json and .csv go. Default: "
                + "nowhere.",
        };
        var maximumSeed = new Option<long?>("--max-seed")
        {
            Description = "Leave out networks with a higher seed; the paper's tables have the seeds 1 to 4. "
                + "Default: all.",
        };
        var json = new Option<bool>("--json") { Description = "One JSON document instead of tables." };
        var command = new Command(
            "universality",
            "Tables over many networks: mean and median over seeds by group and architecture, and each network's "
                + "key irreps. A folder that cannot be read is named and left out, and the exit code is 2.")
        {
            folders, maximumSeed, output, json,
        };
        command.SetAction((parsed, _) =>
        {
            var (found, broken) = MeasuredRuns.Find(parsed.GetValue(folders)!);
            foreach (var run in broken)
            {
                terminal.Log($"error: {run.Reason} It is left out of the tables.");
            }

            var most = parsed.GetValue(maximumSeed) ?? long.MaxValue;
            var runs = NetworkCopies.CountOnce([.. found.Where(run => run.Seed <= most)], terminal.Log);
            if (runs.Count == 0)
            {
                throw new BadInputException(
                    "No network is left: every one of them has a higher seed than --max-seed allows.");
            }

            var outputs = UniversalityTables.Outputs(runs, broken);
            if (parsed.GetValue(output) is { } folder)
            {
                var results = new ResultStore(folder);
                results.Write(outputs);
                foreach (var table in outputs)
                {
                    CsvTable.Write(Path.Combine(folder, $"{table.Name}.csv"), table.Table);
                }

                terminal.Log($"wrote {string.Join(", ", outputs.Select(table => table.Name))} to {results.Folder}");
            }

            if (parsed.GetValue(json))
            {
                terminal.WriteJson(new Dictionary<string, object>(outputs.Select(
                    table => KeyValuePair.Create(table.Name, (object)Rows(table.Table))), StringComparer.Ordinal)
                {
                    ["broken"] = broken,
                });
            }
            else
            {
                UniversalityView.Write(terminal, outputs[0].Table, outputs[1].Table);
            }

            return Task.FromResult(broken.Count == 0 ? ExitCode.Done : ExitCode.BadInput);
        });
        return command;
    }

    private static List<Dictionary<string, object?>> Rows(Table table) =>
        [.. Enumerable.Range(0, table.RowCount).Select(row => table.Columns.ToDictionary(
            column => column.Name, column => column.ValueAt(row), StringComparer.Ordinal))];
}
