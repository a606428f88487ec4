namespace Toolkit.Analysis.Universality;

/// <summary>One network of many: what it is and what the representation analysis found.</summary>
/// <param name="Folder">Where it was measured.</param>
/// <param name="Group">"S5", with the extra name of a variant behind it: "S5_hidden_dim_32".</param>
/// <param name="IsTransformer">Which of the paper's two tables it belongs to.</param>
/// <param name="Seed">The seed.</param>
/// <param name="IsLegacy">True for the published definitions, defects and all; false for correct ones.</param>
/// <param name="Metrics">The keys of summary_metrics.json.</param>
/// <param name="KeyIrreps">In learning order where that is known.</param>
public sealed record MeasuredRun(
    string Folder,
    string Group,
    bool IsTransformer,
    long Seed,
    bool IsLegacy,
    IReadOnlyDictionary<string, double> Metrics,
    IReadOnlyList<string> KeyIrreps)
{
    /// <summary>The folder's name.</summary>
    public string Name => Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(Folder)));

    /// <summary>"MLP" or "Transformer".</summary>
    public string Architecture => IsTransformer ? "Transformer" : "MLP";

    /// <summary>"legacy" or "correct".</summary>
    public string Definitions => IsLegacy ? "legacy" : "correct";
}
