using System.Net;
using System.Text.RegularExpressions;
using Toolkit.Analysis.Charts;

namespace Toolkit.Charts;

/// <summary>
/// What Skia's SVG lacks: crisp cells, a font list, a scalable size and a text for readers who do not see the picture.
/// </summary>
internal static partial class SvgFinish
{
    /// <summary>Finishes a document.</summary>
    /// <param name="svg">Skia's document.</param>
    /// <param name="spec">What it shows.</param>
    /// <param name="idPrefix">Begins every identifier, so that pictures can stand in one page.</param>
    public static string Apply(string svg, ChartSpec spec, string idPrefix)
    {
        var start = svg.IndexOf("<svg", StringComparison.Ordinal);
        svg = svg[start..];
        svg = Image().Replace(svg, "<image style=\"image-rendering:pixelated\" ");
        var identifiers = new Dictionary<string, string>(StringComparer.Ordinal);
        svg = Identifier().Replace(svg, match =>
        {
            // Skia numbers them over the life of the process: number them anew, so that equal charts make equal files.
            var old = match.Groups[2].Value;
            if (!identifiers.TryGetValue(old, out var name))
            {
                identifiers[old] = name = $"{idPrefix}{identifiers.Count}";
            }

            return match.Groups[1].Value + name;
        });
        svg = Font().Replace(svg, "font-family=\"DejaVu Sans, Verdana, sans-serif\"");
        var end = svg.IndexOf('>', StringComparison.Ordinal);
        var size = Size().Match(svg[..end]);
        var head = $"{svg[..end]} viewBox=\"0 0 {size.Groups[1].Value} {size.Groups[2].Value}\" "
            + $"role=\"img\"><title>{WebUtility.HtmlEncode(SafeText.Shorten(spec.Title, 300))}</title>";
        return head + svg[(end + 1)..];
    }

    [GeneratedRegex("<image ")]
    private static partial Regex Image();

    [GeneratedRegex("(\\bid=\"|\"#|url\\(#)((?:[a-z]+)_[0-9a-f]+)")]
    private static partial Regex Identifier();

    [GeneratedRegex("font-family=\"[^\"]*\"")]
    private static partial Regex Font();

    [GeneratedRegex("width=\"([0-9.]+)\" height=\"([0-9.]+)\"")]
    private static partial Regex Size();
}
