using System.Text.RegularExpressions;

namespace Toolkit.Query;

/// <summary>DuckDB's messages as ours: where in the query, what is wrong, what to do.</summary>
internal static partial class QueryFaults
{
    private const string OutOfMemory = "Out of Memory";

    private static readonly (string Kind, string Advice)[] Advices =
    [
        ("Catalog", "List what a query can name with SELECT table_name FROM information_schema.tables."),
        ("Binder", "List the columns with SELECT table_name, column_name FROM information_schema.columns."),
        ("Parser", "One SELECT statement in DuckDB's SQL was expected."),
        ("Conversion", "Convert with TRY_CAST, which gives NULL where a value does not fit."),
        (OutOfMemory, "Ask for fewer rows or columns, or group them."),
    ];

    /// <summary>The message without stack trace and with the hint that helps.</summary>
    public static string Explain(string message)
    {
        var text = message.Trim();
        if (text.Contains("external access", StringComparison.OrdinalIgnoreCase)
            || text.Contains("Permission Error", StringComparison.Ordinal))
        {
            return $"The query reaches outside the run, which is not allowed: {text}";
        }

        var parts = Parts().Match(text);
        if (!parts.Success)
        {
            return $"The query cannot be run: {text}";
        }

        // DuckDB repeats the line with a caret below; where it shortened the line, the caret counts nothing.
        var line = parts.Groups["line"];
        var column = parts.Groups["caret"].Length - "LINE : ".Length - line.Length + 1;
        var where = !line.Success ? "The query"
            : parts.Groups["text"].Value.StartsWith("...", StringComparison.Ordinal) || column < 1
                ? $"Line {line.Value} of the query" : $"Line {line.Value}, column {column} of the query";
        var what = parts.Groups["what"].Value.Trim().TrimEnd('.', '!').ReplaceLineEndings(" ");
        var kind = parts.Groups["kind"].Value;
        what = kind == OutOfMemory ? $"{kind}: {what}" : what;
        var advice = Array.Find(Advices, known => known.Kind == kind).Advice ?? "Change the query.";
        return $"{where}: {Spaces().Replace(what, " ")}. {advice}";
    }

    [GeneratedRegex(
        @"^(?<kind>[A-Z][A-Za-z ]*) Error: (?<what>.*?)(\s*LINE (?<line>\d+): (?<text>[^\n]*)(\n(?<caret> *)\^.*)?)?$",
        RegexOptions.Singleline | RegexOptions.ExplicitCapture)]
    private static partial Regex Parts();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();
}
