namespace Toolkit.Analysis.Charts.Runs;

/// <summary>The group of a run over all pairs (a, b) in row-major order.</summary>
/// <param name="Name">The group's name: "S5".</param>
/// <param name="Elements">The elements' names in index order.</param>
/// <param name="Orders">Ways to order the elements, by name ("index", "class"): each a permutation of indices.</param>
public sealed record RunGroup(string Name, IReadOnlyList<string> Elements, IReadOnlyDictionary<string, IReadOnlyList<int>> Orders)
{
    /// <summary>The number of elements n; the run has n² samples.</summary>
    public int Order => Elements.Count;
}
