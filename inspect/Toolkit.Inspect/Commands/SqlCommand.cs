using System.CommandLine;
using Spectre.Console;
using Toolkit.CommandLine;
using Toolkit.Formats.Tables;
using Toolkit.Inspect.Results;
using Toolkit.Query;

namespace Toolkit.Inspect.Commands;

/// <summary><c>inspect sql</c>: one SELECT over a run directory.</summary>
internal static class SqlCommand
{
    public static Command Create(Terminal terminal)
    {
        var defaults = new QueryLimits();
        var run = new Argument<string>("RUN")
        {
            Description = "A run directory, or a folder of training output (view metrics).",
        };
        var sql = new Argument<string?>("SELECT")
        {
            Description = "One SELECT statement of DuckDB's SQL. Without it, the views are listed.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var limit = new Option<int>("--limit")
        {
            Description = $"Rows shown at most; a longer result is cut and says so. Default: {defaults.MaximumRows}.",
            DefaultValueFactory = _ => defaults.MaximumRows,
        };
        var timeout = new Option<double>("--timeout")
        {
            Description = $"Seconds after which the query is stopped. Default: {defaults.Timeout.TotalSeconds}.",
            DefaultValueFactory = _ => defaults.Timeout.TotalSeconds,
        };
        var memory = new Option<int>("--memory")
        {
            Description = "Memory that the query may use, in MiB; nothing is spilled to disk. Default: "
                + $"{defaults.MemoryMebibytes}.",
            DefaultValueFactory = _ => defaults.MemoryMebibytes,
        };
        var csv = new Option<bool>("--csv") { Description = "CSV (RFC 4180) instead of a table." };
        var json = new Option<bool>("--json")
        {
            Description = "One JSON document instead of a table: rows, row_count, truncated, and warning where "
                + "files of the run are absent.",
        };
        var command = new Command(
            "sql",
            "Asks a run in SQL: views samples, tensors, stats, channels, effects (of interventions), activations "
                + "(tensor, tensor_id, sample_id, position, values) and results_<analysis>. Read only, "
                + "confined to the run's own files, limited in time, rows and memory.")
        {
            run, sql, limit, timeout, memory, csv, json,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            var limits = new QueryLimits
            {
                MaximumRows = parsed.GetValue(limit),
                Timeout = TimeSpan.FromSeconds(Math.Clamp(parsed.GetValue(timeout), 0, 86_400)),
                MemoryMebibytes = parsed.GetValue(memory),
            };
            if (limits.MaximumRows < 1 || limits.Timeout <= TimeSpan.Zero || limits.MemoryMebibytes < 1)
            {
                throw new UsageException("--limit, --timeout and --memory are greater than 0.");
            }

            if (parsed.GetValue(csv) && parsed.GetValue(json))
            {
                throw new UsageException("--csv and --json exclude each other.");
            }

            using var database = RunDatabase.Open(parsed.GetValue(run)!, limits);
            if (database.Absence is { } absence)
            {
                terminal.Log($"warning: {absence}");
            }

            if (parsed.GetValue(sql) is not { } query)
            {
                ListViews(terminal, database, parsed.GetValue(json));
                return ExitCode.Done;
            }

            var result = await database.QueryAsync(query, cancellation);
            Show(terminal, result, parsed.GetValue(csv), parsed.GetValue(json));
            if (result.IsTruncated)
            {
                terminal.Log(
                    $"There are more than {limits.MaximumRows} rows: shown are the first. Raise --limit, or ask "
                        + "for less.");
            }

            return ExitCode.Done;
        });
        return command;
    }

    private static void ListViews(Terminal terminal, RunDatabase database, bool json)
    {
        if (json)
        {
            terminal.WriteJson(new { Views = database.Views.Select(view => new { view.Name, view.Description }) });
            return;
        }

        terminal.Write(TableView.Of(new Formats.Tables.Table(
            Formats.Tables.TableColumn.Create("view", database.Views.Select(view => (string?)view.Name).ToArray()),
            Formats.Tables.TableColumn.Create(
                "rows are", database.Views.Select(view => (string?)view.Description).ToArray()))));
    }

    private static void Show(Terminal terminal, QueryResult result, bool csv, bool json)
    {
        if (csv)
        {
            CsvTable.Write(terminal.Output, result.Table);
        }
        else if (json)
        {
            using var stream = new MemoryStream();
            using (var writer = new System.Text.Json.Utf8JsonWriter(
                stream, new System.Text.Json.JsonWriterOptions
                {
                    Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
                }))
            {
                writer.WriteStartObject();
                writer.WriteNumber("row_count", result.Table.RowCount);
                writer.WriteBoolean("truncated", result.IsTruncated);
                if (result.Absence is { } absence)
                {
                    writer.WriteString("warning", absence);
                }

                writer.WritePropertyName("rows");
                JsonTable.WriteRows(writer, result.Table);
                writer.WriteEndObject();
            }

            terminal.Output.WriteLine(
                System.Text.Encoding.UTF8.GetString(stream.GetBuffer().AsSpan(0, (int)stream.Length)));
        }
        else
        {
            terminal.Write(TableView.Of(result.Table));
            terminal.Write(new Text($"{result.Table.RowCount} row{(result.Table.RowCount == 1 ? "" : "s")}\n"));
        }
    }
}
