using System.CommandLine;
using System.Text.Json;
using Spectre.Console;
using Toolkit.Analysis.Charts;
using Toolkit.Analysis.Charts.Runs;
using Toolkit.Charts;
using Toolkit.Charts.Runs;
using Toolkit.CommandLine;
using Toolkit.Formats;
using Toolkit.Formats.Tables;
using Table = Spectre.Console.Table;

namespace Toolkit.Inspect.Commands;

/// <summary>
/// <c>inspect chart RUN --spec NAME|FILE --out FILE</c>: one chart as a picture or as its data; <c>--list</c> says
/// which there are.
/// </summary>
internal static class ChartCommand
{
    private static readonly string[] Formats = [".png", ".svg", ".csv", ".parquet", ".json"];

    public static Command Create(Terminal terminal)
    {
        var run = new Argument<string>("RUN") { Description = "The run directory, as `inspect capture` makes it." };
        var spec = new Option<string?>("--spec")
        {
            Description = "The chart: a name (see --list), or a file with a chart specification or a request "
                + "{\"chart\": NAME, \"options\": {…}} in JSON.",
        };
        var set = new Option<string[]>("--set")
        {
            Description = "Choose something about the chart, NAME=VALUE; may be repeated. Default: as --list says.",
            AllowMultipleArgumentsPerToken = false,
        };
        var output = new Option<string?>("--out")
        {
            Description = "The file to write; its ending decides: .png, .svg (pictures), .csv, .parquet (the data), "
                + ".json (the specification). Default: NAME.png.",
        };
        var width = new Option<int?>("--width")
        {
            Description = "Width in pixels, 64 to 16384. Default: what suits the chart.",
        };
        var height = new Option<int?>("--height")
        {
            Description = "Height in pixels, 64 to 16384. Default: what suits the chart.",
        };
        var scale = new Option<double>("--scale")
        {
            Description = "Device pixels per pixel of a PNG, 0.5 to 8. Default: 2.",
            DefaultValueFactory = _ => 2,
        };
        var dark = new Option<bool>("--dark") { Description = "Light ink on dark ground. Default: dark on light." };
        var list = new Option<bool>("--list")
        {
            Description = "List the charts of this run with their options, and why others cannot be drawn.",
        };
        var json = new Option<bool>("--json")
        {
            Description = "Print the result as JSON. Default: a sentence or a table.",
        };
        var command = new Command(
            "chart", "Draws one chart of a run as PNG or SVG, or writes its data as CSV or Parquet, without a browser.")
        {
            run,
            spec,
            set,
            output,
            width,
            height,
            scale,
            dark,
            list,
            json,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            var data = RunDirectoryData.Open(parsed.GetRequiredValue(run));
            var charts = new RunCharts();
            if (parsed.GetValue(list))
            {
                List(terminal, charts, data, parsed.GetValue(json));
                return ExitCode.Done;
            }

            var asked = parsed.GetValue(spec) ?? throw new UsageException(
                "Say which chart: --spec NAME, or --spec FILE. `inspect chart RUN --list` lists the names.");
            var options = new RenderOptions
            {
                Width = parsed.GetValue(width),
                Height = parsed.GetValue(height),
                Scale = parsed.GetValue(scale),
                Theme = parsed.GetValue(dark) ? ChartTheme.Dark : ChartTheme.Light,
            };
            if (options.Width is < 64 or > RenderOptions.MaximumSize
                || options.Height is < 64 or > RenderOptions.MaximumSize
                || options.Scale is not (>= 0.5 and <= 8))
            {
                throw new UsageException(
                    $"A picture is 64 to {RenderOptions.MaximumSize} pixels wide and high, and its scale 0.5 to 8.");
            }

            var path = parsed.GetValue(output) ?? $"{Path.GetFileNameWithoutExtension(asked)}.png";
            if (!Formats.Contains(Path.GetExtension(path), StringComparer.OrdinalIgnoreCase))
            {
                throw new UsageException(
                    $"{path}: a chart is written as {string.Join(", ", Formats)}; the file's ending decides.");
            }

            var chart = await DrawAsync(charts, data, asked, Chosen(parsed.GetValue(set) ?? []), cancellation);
            Write(path, chart, options);
            if (parsed.GetValue(json))
            {
                terminal.WriteJson(
                    new { chart = chart.Title, file = Path.GetFullPath(path), bytes = new FileInfo(path).Length });
            }
            else
            {
                terminal.Output.WriteLine(Path.GetFullPath(path));
            }

            return ExitCode.Done;
        });
        return command;
    }

    private static Dictionary<string, string> Chosen(string[] settings)
    {
        var chosen = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var setting in settings)
        {
            var at = setting.IndexOf('=', StringComparison.Ordinal);
            if (at < 1)
            {
                throw new UsageException(
                    $"--set {setting}: write NAME=VALUE. `inspect chart RUN --list` lists the names.");
            }

            chosen[setting[..at]] = setting[(at + 1)..];
        }

        return chosen;
    }

    private static async Task<ChartSpec> DrawAsync(
        RunCharts charts, IRunData run, string asked, Dictionary<string, string> chosen, CancellationToken cancellation)
    {
        if (!File.Exists(asked))
        {
            return await charts.DrawAsync(run, new ChartRequest(asked, chosen), cancellation);
        }

        var bytes = await File.ReadAllBytesAsync(asked, cancellation);
        if (Request(bytes, asked) is { } request)
        {
            var merged = new Dictionary<string, string>(request.Options, StringComparer.Ordinal);
            foreach (var (name, value) in chosen)
            {
                merged[name] = value;
            }

            return await charts.DrawAsync(run, request with { Options = merged }, cancellation);
        }

        var spec = ChartJson.Read(bytes, asked);
        return spec.Panels
            .SelectMany(panel => panel.Marks)
            .OfType<HeatMapMark>()
            .FirstOrDefault(map => map.Matrix.Reference is not null) is { } elsewhere
            ? throw new BadInputException(
                $"{asked}: its matrix '{elsewhere.Matrix.Reference}' is given by reference only; write the values "
                    + "(float32, base64).")
            : spec;
    }

    /// <summary>A request, where the file holds one: an object with "chart".</summary>
    private static ChartRequest? Request(byte[] bytes, string source)
    {
        try
        {
            using var document = JsonDocument.Parse(bytes);
            if (document.RootElement is not { ValueKind: JsonValueKind.Object } root
                || !root.TryGetProperty("chart", out var name))
            {
                return null;
            }

            var options = new Dictionary<string, string>(StringComparer.Ordinal);
            if (root.TryGetProperty("options", out var given))
            {
                foreach (var option in given.EnumerateObject())
                {
                    options[option.Name] = option.Value.ToString();
                }
            }

            return new ChartRequest(name.GetString() ?? string.Empty, options);
        }
        catch (Exception bad) when (bad is JsonException or InvalidOperationException)
        {
            throw new BadInputException($"{source}: not a chart request or specification: {bad.Message}", bad);
        }
    }

    private static void Write(string path, ChartSpec chart, RenderOptions options)
    {
        switch (Path.GetExtension(path).ToLowerInvariant())
        {
            case ".svg":
                AtomicFile.WriteText(path, ChartRenderer.Svg(chart, options));
                break;
            case ".csv":
                CsvTable.Write(path, ChartTable.From(chart));
                break;
            case ".parquet":
                ParquetTable.Write(path, ChartTable.From(chart));
                break;
            case ".json":
                AtomicFile.Write(path, stream => stream.Write(ChartJson.Write(chart)));
                break;
            default:
                var png = ChartRenderer.Png(chart, options);
                AtomicFile.Write(path, stream => stream.Write(png));
                break;
        }
    }

    private static void List(Terminal terminal, RunCharts charts, IRunData run, bool json)
    {
        if (json)
        {
            terminal.WriteJson(charts.All.Select(chart => new
            {
                chart.Name,
                chart.Title,
                chart.Page,
                WhyNot = chart.WhyNot(run),
                Options = chart.WhyNot(run) is null ? chart.Options(run) : [],
            }));
            return;
        }

        var table = new Table().Border(TableBorder.Simple).AddColumns(
            "chart", "shows", "options (default)", "not now because");
        foreach (var chart in charts.All)
        {
            var why = chart.WhyNot(run);
            var options = why is null ? string.Join("\n", chart.Options(run).Select(Describe)) : string.Empty;
            table.AddRow(new Text(chart.Name), new Text(chart.Title), new Text(options), new Text(why ?? string.Empty));
        }

        terminal.Write(table);
    }

    private static string Describe(ChartOption option) => option.Choices is { } choices
        ? $"{option.Name}: "
            + $"{string.Join(" | ", choices.Take(6))}{(choices.Count > 6 ? $" … ({choices.Count})" : string.Empty)} "
            + $"({option.Default})"
        : $"{option.Name}: {option.Minimum} to {option.Maximum} ({option.Default})";
}
