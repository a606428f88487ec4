namespace Toolkit.Analysis.Universality;

/// <summary>One network of many: what it is and what the representation analysis found.</summary>
/// <param name="Name">The folder's name.</param>
/// <param name="Group">"S5", with the extra name of a variant behind it: "S5_hidden_dim_32".</param>
/// <param name="IsTransformer">Which of the paper's two tables it belongs to.</param>
/// <param name="Seed">The seed.</param>
/// <param name="Metrics">The keys of summary_metrics.json.</param>
/// <param name="KeyIrreps">In learning order where that is known.</param>
public sealed record MeasuredRun(
    string Name,
    string Group,
    bool IsTransformer,
    long Seed,
    IReadOnlyDictionary<string, double> Metrics,
    IReadOnlyList<string> KeyIrreps);
