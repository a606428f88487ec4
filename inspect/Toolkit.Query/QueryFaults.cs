namespace Toolkit.Query;

/// <summary>DuckDB's messages as ours.</summary>
internal static class QueryFaults
{
    /// <summary>The message without stack trace and with the hint that helps.</summary>
    public static string Explain(string message)
    {
        var text = message.Trim();
        return text.Contains("external access", StringComparison.OrdinalIgnoreCase) || text.Contains("Permission Error", StringComparison.Ordinal)
            ? $"The query reaches outside the run, which is not allowed: {text}"
            : $"The query cannot be run: {text}";
    }
}
