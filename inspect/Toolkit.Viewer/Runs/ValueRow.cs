using Toolkit.Formats.Runs;

namespace Toolkit.Viewer.Runs;

/// <summary>One line of the tree of values: a scope, or a value in it.</summary>
/// <param name="Depth">How deep it stands, from 0.</param>
/// <param name="Scope">The scope's path; of a value, the scope it is in.</param>
/// <param name="Label">What the line says.</param>
/// <param name="Tensor">The value; null for a scope.</param>
/// <param name="Count">Values in a scope.</param>
/// <param name="Continues">Whether the scope stands further up already: the graph left it and enters it again.</param>
internal sealed record ValueRow(
    int Depth, string Scope, string Label, TensorEntry? Tensor, int Count, bool Continues = false)
{
    private const int FewestInScope = 2;

    private static readonly char[] Separators = ['/', '.', ':'];

    /// <summary>
    /// The tree: names are cut at '/', '.' and ':' as exporters write scopes. Values stay in topological order, so a
    /// scope that the graph leaves and enters again appears again, as one that continues, unless it is closed.
    /// </summary>
    /// <param name="tensors">Every value, in topological order.</param>
    /// <param name="search">Words that a line must contain; null for all.</param>
    /// <param name="onlyStored">Whether values that were not stored are left out.</param>
    /// <param name="closed">Scopes whose content is not shown.</param>
    public static List<ValueRow> Tree(
        IReadOnlyList<TensorEntry> tensors, string? search, bool onlyStored, IReadOnlySet<string> closed)
    {
        var words = (search ?? string.Empty).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var shown = tensors
            .Where(tensor => (!onlyStored || tensor.IsStored) && words.All(word => Matches(tensor, word)))
            .ToList();
        var sizes = shown.SelectMany(tensor => Path(tensor).Scopes).GroupBy(scope => scope).ToDictionary(
            group => group.Key, group => group.Count());
        var rows = new List<ValueRow>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        string[] open = [];
        foreach (var tensor in shown)
        {
            var (scopes, label) = Path(tensor);
            var kept = scopes.Where(scope => sizes[scope] >= FewestInScope).ToArray();
            var common = 0;
            while (common < Math.Min(open.Length, kept.Length) && open[common] == kept[common])
            {
                common++;
            }

            for (var depth = common; depth < kept.Length; depth++)
            {
                var scope = kept[depth];
                var continues = !seen.Add(scope);
                if (!kept[..depth].Any(closed.Contains) && !(continues && closed.Contains(scope)))
                {
                    var parent = depth == 0 ? 0 : kept[depth - 1].Length;
                    rows.Add(new ValueRow(
                        depth, scope, scope[parent..].Trim(Separators), null, sizes[scope], continues));
                }
            }

            open = kept;
            if (!kept.Any(closed.Contains))
            {
                rows.Add(new ValueRow(
                    kept.Length,
                    kept.LastOrDefault(string.Empty),
                    kept.Length == 0 ? tensor.Name
                        : tensor.Name[Math.Min(tensor.Name.Length - 1, kept[^1].Length)..].TrimStart(Separators)
                            is { Length: > 0 } rest
                        ? rest
                            : label,
                    tensor,
                    0));
            }
        }

        return rows;
    }

    /// <summary>Every scope of a graph.</summary>
    public static IEnumerable<string> Scopes(IEnumerable<TensorEntry> tensors) =>
        tensors.SelectMany(tensor => Path(tensor).Scopes).Distinct(StringComparer.Ordinal);

    private static bool Matches(TensorEntry tensor, string word) =>
        tensor.Name.Contains(word, StringComparison.OrdinalIgnoreCase)
        || (tensor.Operator ?? "input").Contains(word, StringComparison.OrdinalIgnoreCase)
        || tensor.OriginalType.Contains(word, StringComparison.OrdinalIgnoreCase);

    // "/blocks.0/attn/hook_z" has the scopes "/blocks", "/blocks.0" and "/blocks.0/attn".
    private static (List<string> Scopes, string Label) Path(TensorEntry tensor)
    {
        var name = tensor.Name;
        var scopes = new List<string>();
        for (var at = 1; at < name.Length - 1 && scopes.Count < 12; at++)
        {
            if (Separators.Contains(name[at]) && !Separators.Contains(name[at - 1]))
            {
                scopes.Add(name[..at]);
            }
        }

        return (scopes, name);
    }
}
