using System.Text;

namespace Toolkit.Viewer.Charts;

/// <summary>
/// Which chart of which data: a kind and its parameters, in a fixed order. The same address gives the same picture as
/// page, PNG, SVG, CSV and Parquet; only the extension differs.
/// </summary>
/// <param name="Kind">The chart's name.</param>
/// <param name="Parameters">Names and values; those without a value are left out.</param>
public sealed record ChartAddress(string Kind, IReadOnlyList<KeyValuePair<string, string>> Parameters)
{
    /// <summary>A chart without parameters yet.</summary>
    public static ChartAddress Of(string kind) => new(kind, []);

    /// <summary>The same chart with one parameter more; null leaves it out, which means its default.</summary>
    public ChartAddress With(string name, object? value) => value?.ToString() is { Length: > 0 } text
        ? this with { Parameters = [.. Parameters.Where(pair => pair.Key != name), new(name, text)] }
        : this;

    /// <summary>The same chart of one run, or of several runs beside or over each other.</summary>
    public ChartAddress WithRuns(IReadOnlyList<string> runs, string? mode) => (this with
    {
        Parameters = [.. Parameters.Where(pair => pair.Key != ChartDesk.Run), .. runs.Select(
            run => KeyValuePair.Create(ChartDesk.Run, run))],
    }).With(ChartDesk.Mode, runs.Count > 1 ? mode : null);

    /// <summary>The path and query to fetch it with.</summary>
    /// <param name="format">bin, png, svg, csv or parquet.</param>
    public string ToUri(string format)
    {
        var uri = new StringBuilder($"/chart/{Uri.EscapeDataString(Kind)}.{format}?");
        foreach (var (name, value) in Parameters)
        {
            uri.Append(Uri.EscapeDataString(name)).Append('=').Append(Uri.EscapeDataString(value)).Append('&');
        }

        return uri.ToString().TrimEnd('&');
    }
}
