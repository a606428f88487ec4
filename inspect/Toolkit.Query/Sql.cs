using System.Text.RegularExpressions;

namespace Toolkit.Query;

/// <summary>Text as parts of SQL.</summary>
public static partial class Sql
{
    /// <summary>A text literal.</summary>
    /// <param name="text">Any text.</param>
    /// <returns>It in quotes.</returns>
    public static string Literal(string text) => $"'{text.Replace("'", "''")}'";

    /// <summary>An identifier, quoted where it must be.</summary>
    internal static string Identifier(string name) =>
        PlainIdentifier().IsMatch(name) ? name : $"\"{name.Replace("\"", "\"\"")}\"";

    /// <summary>A list of text literals.</summary>
    internal static string List(IEnumerable<string> texts) => $"[{string.Join(", ", texts.Select(Literal))}]";

    [GeneratedRegex("^[a-z_][a-z0-9_]*$", RegexOptions.CultureInvariant)]
    private static partial Regex PlainIdentifier();
}
