namespace Toolkit.Formats.Runs.Statistics;

/// <summary>
/// Merges what was measured over batches in one fixed order, whoever saw them: a node of level L and index i covers the
/// batches i·2^L to (i+1)·2^L − 1, and only siblings merge. So four processes get the same bits as one.
/// </summary>
/// <remarks>
/// Memory is logarithmic in the number of batches, also where some have nothing to say (a branch that was not taken): a
/// node whose sibling cannot come any more stands for its parent. Nodes must arrive in ascending order of batches.
/// </remarks>
/// <typeparam name="T">The measure.</typeparam>
public sealed class StatisticsTree<T>
    where T : class, IMergeable<T>
{
    /// <summary>A node of this level covers all batches that an index can count.</summary>
    private const int MaximumLevel = 62;

    private readonly List<StatisticsNode<T>> _nodes = [];

    /// <summary>The largest nodes so far, in order.</summary>
    public IReadOnlyList<StatisticsNode<T>> Nodes => _nodes;

    /// <summary>Adds the next batches.</summary>
    /// <param name="node">The node that follows the last one.</param>
    public void Add(StatisticsNode<T> node)
    {
        ArgumentNullException.ThrowIfNull(node);

        // What lies before the new node is complete: a last node whose parent ends there has no sibling to wait for.
        while (_nodes.Count > 0
            && _nodes[^1].Level < MaximumLevel && Parent(_nodes[^1]) is var parent && !Overlap(parent, node))
        {
            if (_nodes[^1].Index % 2 != 0 && (_nodes.Count == 1 || Overlap(parent, _nodes[^2])))
            {
                // What came before the first node is not known here: another part of the run may hold its sibling.
                break;
            }

            _nodes[^1] = parent;
            Reduce();
        }

        _nodes.Add(node);
        Reduce();
    }

    /// <summary>The measure of all batches: the nodes merged from the left.</summary>
    /// <returns>The whole; null where nothing was added.</returns>
    public T? Total() => _nodes.Count == 0
        ? null
        : _nodes.Skip(1).Aggregate(_nodes[0].Values, (sum, node) => T.Merge(sum, node.Values));

    /// <summary>
    /// Merges the last nodes while they are siblings; a right one whose sibling has nothing to say stands for its
    /// parent.
    /// </summary>
    private void Reduce()
    {
        while (_nodes.Count > 1 && _nodes[^1] is { Level: < MaximumLevel } last && last.Index % 2 != 0)
        {
            var (before, parent) = (_nodes[^2], Parent(last));
            if (before.Level == last.Level && before.Index == last.Index - 1)
            {
                _nodes.RemoveAt(_nodes.Count - 1);
                _nodes[^1] = parent with { Values = T.Merge(before.Values, last.Values) };
            }
            else if (!Overlap(parent, before))
            {
                _nodes[^1] = parent;
            }
            else
            {
                break;
            }
        }
    }

    private static StatisticsNode<T> Parent(StatisticsNode<T> node) =>
        node with { Level = node.Level + 1, Index = node.Index / 2 };

    /// <summary>Whether two nodes have batches in common: the larger covers the smaller.</summary>
    private static bool Overlap(StatisticsNode<T> a, StatisticsNode<T> b) =>
        a.Level > b.Level ? b.Index >> (a.Level - b.Level) == a.Index : a.Index >> (b.Level - a.Level) == b.Index;
}

/// <summary>What was measured over the batches i·2^L to (i+1)·2^L − 1.</summary>
/// <typeparam name="T">The measure.</typeparam>
/// <param name="Level">L, at least 0.</param>
/// <param name="Index">i, at least 0.</param>
/// <param name="Values">The measure.</param>
public sealed record StatisticsNode<T>(int Level, long Index, T Values);
