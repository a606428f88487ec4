using System.CommandLine;
using Toolkit.Analysis.Universality;
using Toolkit.CommandLine;
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
            Description = "Folders of measured networks, or folders that hold such: published ones (summary_metrics.json, cfg.json) or our own (results/group.json).",
            Arity = ArgumentArity.OneOrMore,
        };
        var output = new Option<string>("--out") { Description = "Where universality.parquet, universality_runs.parquet, their .json and .csv go. Default: nowhere." };
        var json = new Option<bool>("--json") { Description = "One JSON document instead of tables." };
        var command = new Command("universality", "Tables over many networks: mean and median over seeds by group and architecture, and each network's key irreps.")
        {
            folders, output, json,
        };
        command.SetAction((parsed, _) =>
        {
            var outputs = UniversalityTables.Outputs(MeasuredRuns.Find(parsed.GetValue(folders)!));
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
                terminal.WriteJson(outputs.ToDictionary(table => table.Name, table => Rows(table.Table), StringComparer.Ordinal));
            }
            else
            {
                foreach (var table in outputs)
                {
                    terminal.Write(TableView.Of(table.Table));
                }
            }

            return Task.FromResult(ExitCode.Done);
        });
        return command;
    }

    private static List<Dictionary<string, object?>> Rows(Table table) =>
        [.. Enumerable.Range(0, table.RowCount).Select(row => table.Columns.ToDictionary(column => column.Name, column => column.ValueAt(row), StringComparer.Ordinal))];
}
