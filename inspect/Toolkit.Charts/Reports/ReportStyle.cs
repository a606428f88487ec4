namespace Toolkit.Charts.Reports;

/// <summary>The look of a report; light or dark as the reader's system asks.</summary>
internal static class ReportStyle
{
    public const string Css = """
        :root { color-scheme: light dark; --paper: #ffffff; --ink: #1b1d21; --muted: #5a5e66; --grid: #e4e6ea; --soft: #f4f5f7; --accent: #0072b2; }
        @media (prefers-color-scheme: dark) {
          :root { --paper: #15171b; --ink: #e6e8eb; --muted: #a4a9b2; --grid: #2d3138; --soft: #1d2025; --accent: #56b4e9; }
        }
        * { box-sizing: border-box; }
        body { margin: 0 auto; padding: 1.5rem 2rem 4rem; max-width: 100rem; background: var(--paper); color: var(--ink);
          font: 15px/1.5 "DejaVu Sans", Verdana, system-ui, sans-serif; }
        h1 { font-size: 1.7rem; margin: 0 0 .2rem; overflow-wrap: anywhere; }
        h2 { font-size: 1.3rem; margin: 2.5rem 0 .8rem; padding-bottom: .2rem; border-bottom: 1px solid var(--grid); }
        p { max-width: 60rem; }
        a { color: var(--accent); }
        nav { margin: 1rem 0; }
        nav a { margin-right: 1.2rem; }
        .muted, figcaption > span { color: var(--muted); }
        .tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(11rem, 1fr)); gap: .8rem; margin: 1.2rem 0; }
        .tile { background: var(--soft); border: 1px solid var(--grid); border-radius: .5rem; padding: .7rem .9rem; overflow-wrap: anywhere; }
        .tile b { display: block; font-size: 1.25rem; }
        .tile span { color: var(--muted); font-size: .85rem; }
        .scroll { overflow-x: auto; }
        table { border-collapse: collapse; font-size: .87rem; margin: .5rem 0 1rem; }
        th, td { text-align: left; padding: .25rem .8rem .25rem 0; border-bottom: 1px solid var(--grid); vertical-align: top; }
        td { overflow-wrap: break-word; max-width: 28rem; }
        th { color: var(--muted); font-weight: 600; }
        .n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
        .figures { display: flex; flex-wrap: wrap; gap: 1.5rem 2rem; align-items: flex-start; }
        figure { margin: .5rem 0 1rem; flex: 1 1 32rem; max-width: 47rem; }
        figure.wide { flex-basis: 100%; max-width: 100%; }
        h3 { font-size: 1rem; margin: 0 0 .3rem; overflow-wrap: anywhere; }
        figcaption { max-width: 44rem; font-size: .88rem; }
        figcaption, li { overflow-wrap: anywhere; }
        figcaption code, li code, p code { font: .82rem "DejaVu Sans Mono", Menlo, Consolas, monospace; background: var(--soft); padding: .1rem .3rem; border-radius: .2rem; overflow-wrap: anywhere; }
        code span { display: inline-block; }
        svg { max-width: 100%; height: auto; display: block; margin: .5rem 0; }
        details { margin: .6rem 0; }
        summary { cursor: pointer; }
        @media print { nav { display: none; } figure { break-inside: avoid; } }
        """;

    /// <summary>Takes the place of the light theme's colours in a picture, so that it follows the page.</summary>
    public static string FollowPage(string svg) => svg
        .Replace($"\"{Upper(ChartTheme.Light.Ink)}\"", "\"var(--ink)\"", StringComparison.Ordinal)
        .Replace($"\"{Upper(ChartTheme.Light.MutedInk)}\"", "\"var(--muted)\"", StringComparison.Ordinal)
        .Replace($"\"{Upper(ChartTheme.Light.Grid)}\"", "\"var(--grid)\"", StringComparison.Ordinal);

    private static string Upper(Analysis.Charts.ChartColor color) => color.Hex.ToUpperInvariant();
}
