using Toolkit.Formats.Tables;

namespace Toolkit.Analysis;

/// <summary>
/// What an analysis found, ready to be stored as <c>results/&lt;name&gt;.parquet</c> and
/// <c>results/&lt;name&gt;.json</c>.
/// </summary>
/// <param name="Name">The result's name, snake_case; SQL sees it as the view <c>results_&lt;name&gt;</c>.</param>
/// <param name="Table">The numbers.</param>
/// <param name="Summary">A record that says the method, its parameters and the few numbers that matter; serialised as
/// JSON.</param>
public sealed record AnalysisOutput(string Name, Table Table, object Summary)
{
    /// <summary>
    /// What was found, in one line for a person; null where another table of the same analysis has it.
    /// </summary>
    public string? Headline { get; init; }
}
