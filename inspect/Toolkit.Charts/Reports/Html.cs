using System.Globalization;
using System.Net;
using System.Text;

namespace Toolkit.Charts.Reports;

/// <summary>Writes HTML that is also well-formed XML; every text is escaped, and cleaned of what XML forbids.</summary>
internal sealed class Html
{
    private readonly StringBuilder _text = new();

    /// <summary>Bytes written so far, about.</summary>
    public long Length => _text.Length;

    /// <summary>Writes markup of our own; never anything from a run.</summary>
    public Html Raw(string markup)
    {
        _text.Append(markup).Append('\n');
        return this;
    }

    /// <summary>Writes markup in which every hole is escaped text.</summary>
    public Html Line(FormattableString markup)
    {
        var holes = markup
            .GetArguments()
            .Select(hole => (object)Escape(Convert.ToString(hole, CultureInfo.InvariantCulture) ?? string.Empty))
            .ToArray();
        return Raw(string.Format(CultureInfo.InvariantCulture, markup.Format, holes));
    }

    /// <summary>Writes a table; numbers stand on the right.</summary>
    public Html Table(
        IReadOnlyList<string> head, IEnumerable<IReadOnlyList<string>> rows, params IReadOnlyList<int> numeric)
    {
        Raw("<div class=\"scroll\"><table>");
        Raw("<thead><tr>"
            + string.Concat(head.Select((cell, i) => $"<th{Class(i)}>{Escape(cell)}</th>")) + "</tr></thead>");
        Raw("<tbody>");
        foreach (var row in rows)
        {
            Raw("<tr>" + string.Concat(row.Select((cell, i) => $"<td{Class(i)}>{Escape(cell)}</td>")) + "</tr>");
        }

        return Raw("</tbody></table></div>");

        string Class(int column) => numeric.Contains(column) ? " class=\"n\"" : string.Empty;
    }

    public static string Escape(string text) =>
        WebUtility.HtmlEncode(SafeText.Clean(text.Length > 20_000 ? text[..20_000] + "…" : text));

    /// <summary>A message as markup: escaped, what stands between two backticks as code.</summary>
    public static string Prose(string text)
    {
        var parts = Escape(text).Split('`');
        // One that has no partner is a character like any other.
        return parts.Length % 2 == 0
            ? string.Join('`', parts)
            : string.Concat(parts.Select((part, i) => i % 2 == 0 ? part : Words(part)));
    }

    /// <summary>
    /// A command as markup, escaped: lines break between its words only, where a browser would part <c>--out</c> behind
    /// a hyphen.
    /// </summary>
    public static string Code(string command) => Words(Escape(command));

    private static string Words(string escaped) =>
        $"<code>{string.Join(' ', escaped.Split(' ').Select(word =>
            word.Contains('-', StringComparison.Ordinal) ? $"<span>{word}</span>" : word))}</code>";

    public override string ToString() => _text.ToString();
}
