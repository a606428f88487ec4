using System.Globalization;
using System.Text.Json;
using Toolkit.Analysis.Charts;
using Toolkit.Analysis.Charts.Runs;
using Toolkit.Charts.Ticks;
using Toolkit.Formats;

namespace Toolkit.Charts.Reports;

/// <summary>
/// Writes what is known about a run as one HTML file that needs nothing else: numbers, pictures, and what is missing
/// with the command that makes it. Everything from the run is text, never markup.
/// </summary>
/// <param name="charts">The charts to draw from.</param>
/// <param name="options">How large the report may become; the defaults where null.</param>
public sealed class ReportWriter(RunCharts charts, ReportOptions? options = null)
{
    private const int MostRows = 400;
    private readonly ReportOptions _options = options ?? new ReportOptions();

    private static readonly (ChartPage Page, string Title)[] Sections =
    [
        (ChartPage.Training, "Training"),
        (ChartPage.Tensor, "Weights and values"),
        (ChartPage.Spectra, "Spectra and low rank"),
        (ChartPage.Representations, "Representations"),
        (ChartPage.Compare, "Comparison"),
    ];

    /// <summary>Writes the report.</summary>
    /// <param name="run">The run.</param>
    /// <param name="progress">Told what is being drawn; may be null.</param>
    /// <param name="cancellation">Stops the work.</param>
    /// <returns>An HTML document that is also well-formed XML.</returns>
    /// <exception cref="BadInputException">The run cannot be read at all. Damage that concerns one picture is reported
    /// in its place.</exception>
    public async Task<string> WriteAsync(IRunData run, IProgress<string>? progress, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(run);
        var html = new Html();
        html.Raw("<!DOCTYPE html>").Raw("<html lang=\"en\" xmlns=\"http://www.w3.org/1999/xhtml\">").Raw("<head>").Raw(
            "<meta charset=\"utf-8\"/>")
            .Raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>")
            .Raw(
                "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
                    + "'unsafe-inline'; img-src data:\"/>")
            .Line($"<title>{run.Name}: report</title>").Raw($"<style>{ReportStyle.Css}</style>").Raw("</head>").Raw(
                "<body>");
        html.Line($"<h1>{run.Name}</h1>");
        html.Line($"<p class=\"muted\">{Describe(run)}</p>");
        var leftOut = new List<(string Title, string Why)>();
        await TryAsync("Key numbers", leftOut, () => WriteNumbersAsync(html, run, cancellation));

        var byPage = charts.All.GroupBy(chart => chart.Page).ToDictionary(page => page.Key, page => page.ToList());
        var pages = Sections.Where(section => byPage.ContainsKey(section.Page)
            && byPage[section.Page].Exists(chart => chart.WhyNot(run) is null)).ToList();
        html.Raw("<nav>");
        foreach (var (page, title) in pages)
        {
            html.Line($"<a href=\"#{page}\">{title}</a>");
        }

        html.Raw(
            "<a href=\"#values\">All values</a><a href=\"#numbers\">All numbers</a><a href=\"#missing\">What is not "
                + "here</a><a href=\"#provenance\">Provenance</a></nav>");
        await TryAsync("Interventions", leftOut, () => WriteEffectsAsync(html, run, cancellation));
        var pictures = 0;
        foreach (var (page, title) in pages)
        {
            html.Line($"<h2 id=\"{page}\">{title}</h2>");
            html.Raw("<div class=\"figures\">");
            foreach (var chart in byPage[page].Where(chart => chart.WhyNot(run) is null))
            {
                foreach (var choices in chart.InReport(run))
                {
                    progress?.Report(chart.Title);
                    pictures = await WriteFigureAsync(html, run, chart, choices, pictures, leftOut, cancellation);
                }
            }

            html.Raw("</div>");
        }

        await TryAsync("All values", leftOut, () => WriteValuesAsync(html, run, cancellation));
        await TryAsync("All numbers", leftOut, () => WriteAllNumbersAsync(html, run, cancellation));
        WriteMissing(html, run, leftOut);
        WriteProvenance(html, run);
        return html.Raw("</body>").Raw("</html>").ToString();
    }

    /// <summary>Damage to one part of a run is named and leaves the other parts as they are.</summary>
    private static async Task TryAsync(string title, List<(string Title, string Why)> leftOut, Func<Task> write)
    {
        try
        {
            await write();
        }
        catch (BadInputException bad)
        {
            leftOut.Add((title, bad.Message));
        }
    }

    private static string Describe(IRunData run) => run.Group is { } group
        ? $"A network on the group {group.Name} of order {group.Order:N0}; {run.SampleCount:N0} samples, "
            + $"{run.Activations.Count:N0} values captured."
        : $"{run.SampleCount:N0} samples, {run.Activations.Count:N0} values captured.";

    private static async Task WriteNumbersAsync(Html html, IRunData run, CancellationToken cancellation)
    {
        var numbers = await KeyNumbers.ReadAsync(run, cancellation);
        if (numbers.Count == 0)
        {
            return;
        }

        html.Raw("<div class=\"tiles\">");
        foreach (var (label, value) in numbers)
        {
            html.Line($"<div class=\"tile\"><b>{value}</b><span>{label}</span></div>");
        }

        html.Raw("</div>");
    }

    private static async Task WriteEffectsAsync(Html html, IRunData run, CancellationToken cancellation)
    {
        if (await run.EffectsAsync(cancellation) is not { } effects)
        {
            return;
        }

        html.Raw("<h2 id=\"interventions\">Interventions</h2>");
        html.Raw("<p>The captured values are those of the model with these changes:</p>").Raw("<ul>");
        foreach (var intervention in effects.Interventions)
        {
            html.Raw($"<li>{Html.Code(intervention)}</li>");
        }

        html.Raw("</ul>");
        if (effects.Outputs.Count == 0)
        {
            html.Line($"<p class=\"muted\">{EffectRows.None}</p>");
            return;
        }

        html.Table(
            EffectRows.Head,
            effects.Outputs.Take(MostRows).Select(effect => EffectRows.Of(effect, run.SampleCount)),
            [.. Enumerable.Range(1, EffectRows.Head.Count - 1)]);
        html.Line($"<p class=\"muted\">{EffectRows.Caption}</p>");
        WriteRest(html, run, effects.Outputs.Count, "outputs", "effects");
    }

    private async Task<int> WriteFigureAsync(
        Html html,
        IRunData run,
        IRunChart chart,
        IReadOnlyDictionary<string, string> choices,
        int number,
        List<(string Title, string Why)> leftOut,
        CancellationToken cancellation)
    {
        var command = Command(run, chart, choices);
        if (html.Length > _options.MostBytes)
        {
            leftOut.Add((chart.Title, $"left out to keep this file small; draw it with `{command}`"));
            return number;
        }

        ChartSpec spec;
        try
        {
            spec = await charts.DrawAsync(run, new ChartRequest(chart.Name, choices), cancellation);
        }
        catch (BadInputException bad)
        {
            leftOut.Add((chart.Title, bad.Message));
            return number;
        }

        spec = ChartShrinking.Apply(spec, _options);
        var svg = ChartRenderer.Svg(spec, new RenderOptions
        {
            Theme = ChartTheme.Light with { Background = null },
            ShowTitle = false,
            ShowCaption = false,
            IdPrefix = $"f{number}-",
        });
        html.Raw(spec.Panels.Count > 1 ? "<figure class=\"wide\">" : "<figure>").Line($"<h3>{spec.Title}</h3>").Raw(
            ReportStyle.FollowPage(svg));
        html.Line($"<figcaption>{spec.Caption} <span>{spec.Provenance?.ToString()}</span><br/>");
        html.Raw($"{Html.Code(command)}</figcaption>").Raw("</figure>");
        return number + 1;
    }

    private static string Command(IRunData run, IRunChart chart, IReadOnlyDictionary<string, string> choices) =>
        $"inspect chart {run.Name} --spec "
            + $"{chart.Name}{string.Concat(choices.Select(choice => $" --set {choice.Key}={Quoted(choice.Value)}"))} "
            + $"--out {chart.Name}.svg";

    private static string Quoted(string text) =>
        text.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-' or '/')
            ? text
            : $"'{text.Replace("'", "'\\''", StringComparison.Ordinal)}'";

    private static async Task WriteValuesAsync(Html html, IRunData run, CancellationToken cancellation)
    {
        var rows = new List<IReadOnlyList<string>>();
        foreach (var value in run.Values.Take(MostRows))
        {
            var statistics = (await run.StatisticsAsync(value.Name, cancellation))?.Whole;
            rows.Add(
            [
                value.Name,
                value.Operator ?? "input",
                value.Type,
                value.Dims ?? "?",
                statistics is { } s ? NumberText.Short(s.Mean) : string.Empty,
                statistics is { } d ? NumberText.Short(d.StandardDeviation) : string.Empty,
                statistics is { Finite: > 0 } low ? NumberText.Short(low.Minimum) : string.Empty,
                statistics is { Finite: > 0 } high ? NumberText.Short(high.Maximum) : string.Empty,
                statistics is { Count: > 0 } zeros
                    ? (100.0 * zeros.Zeros / zeros.Count).ToString("0.0", CultureInfo.InvariantCulture) + " %"
                    : string.Empty,
                statistics is { } bad
                    ? (bad.Count - bad.Finite).ToString("N0", CultureInfo.InvariantCulture)
                    : string.Empty,
                value.IsStored ? string.Empty : value.Reason ?? "not stored",
            ]);
        }

        html.Raw("<h2 id=\"values\">All values</h2>");
        html.Table(
            ["value", "operator", "type", "shape", "mean", "std. dev.", "least", "greatest", "zeros", "NaN, ∞", "not stored because"],
            rows,
            4,
            5,
            6,
            7,
            8,
            9);
        WriteRest(html, run, run.Values.Count, "values", "tensors");
    }

    private static void WriteRest(Html html, IRunData run, int count, string rows, string view)
    {
        if (count > MostRows)
        {
            html.Line($"<p class=\"muted\">The first {MostRows} of {count} {rows}; all of them:");
            html.Raw($"{Html.Code($"inspect sql {run.Name} \"SELECT * FROM {view}\"")}</p>");
        }
    }

    private static async Task WriteAllNumbersAsync(Html html, IRunData run, CancellationToken cancellation)
    {
        var found = new List<(string Analysis, List<KeyValuePair<string, double>> Numbers)>();
        foreach (var analysis in run.Results.Order(StringComparer.Ordinal))
        {
            if (await run.SummaryAsync(analysis, cancellation) is { ValueKind: JsonValueKind.Object } summary
                && KeyNumbers.Flat(summary, depth: 3).Take(MostRows).ToList() is { Count: > 0 } numbers)
            {
                found.Add((analysis, numbers));
            }
        }

        html.Raw("<h2 id=\"numbers\">All numbers</h2>");
        foreach (var (analysis, numbers) in found)
        {
            html.Raw("<details>").Line($"<summary>{analysis} ({numbers.Count} numbers)</summary>");
            html.Table(["name", "value"], numbers.Select(number => (IReadOnlyList<string>)
                [number.Key, number.Value.ToString("G6", CultureInfo.InvariantCulture)]), 1);
            html.Raw("</details>");
        }

        if (found.Count == 0)
        {
            html.Raw("<p class=\"muted\">No analysis has left a summary in this run.</p>");
        }
    }

    private void WriteMissing(Html html, IRunData run, List<(string Title, string Why)> leftOut)
    {
        html.Raw("<h2 id=\"missing\">What is not here</h2>");
        var missing = charts.All
            .Select(chart => (chart.Title, Why: chart.WhyNot(run)))
            .Where(chart => chart.Why is not null)
            .Select(chart => (chart.Title, Why: chart.Why!))
            .Concat(leftOut)
            .ToList();
        if (missing.Count == 0)
        {
            html.Raw("<p class=\"muted\">Nothing is missing: every chart there is could be drawn.</p>");
            return;
        }

        html.Raw("<ul>");
        foreach (var (title, why) in missing)
        {
            html.Raw($"<li><b>{Html.Escape(title)}:</b> {Html.Prose(why)}</li>");
        }

        html.Raw("</ul>");
    }

    private static void WriteProvenance(Html html, IRunData run)
    {
        html.Raw("<h2 id=\"provenance\">Provenance</h2>");
        html.Table(["", ""], run.Facts.Select(fact => (IReadOnlyList<string>)[fact.Label, fact.Text]));
    }
}
