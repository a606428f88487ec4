using Toolkit.Formats.Tables;

namespace Toolkit.Query;

/// <summary>What a query gave.</summary>
/// <param name="Table">The rows. Integers are 64-bit, other numbers float64 (single-precision ones float32), lists of
/// numbers lists of float64, and everything else text as DuckDB would print it. All columns are nullable.</param>
/// <param name="IsTruncated">True where there were more rows than the limit.</param>
public sealed record QueryResult(Table Table, bool IsTruncated)
{
    /// <summary>Which files of the run are absent, and so are their rows: <see cref="RunDatabase.Absence"/>.</summary>
    public string? Absence { get; init; }
}
