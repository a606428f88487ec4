namespace Toolkit.Formats.Runs.Statistics;

/// <summary>
/// Merges the statistics of batches in one fixed order, whoever saw them: a node of level L and index i covers the batches
/// i·2^L to (i+1)·2^L − 1, and only siblings merge. So four processes get the same bits as one.
/// </summary>
/// <remarks>Memory is logarithmic in the number of batches. Nodes must arrive in ascending order of batches.</remarks>
public sealed class StatisticsTree
{
    private readonly List<StatisticsNode> _nodes = [];

    /// <summary>The largest nodes so far, in order.</summary>
    public IReadOnlyList<StatisticsNode> Nodes => _nodes;

    /// <summary>Adds the next batches.</summary>
    /// <param name="node">The node that follows the last one.</param>
    public void Add(StatisticsNode node)
    {
        ArgumentNullException.ThrowIfNull(node);
        _nodes.Add(node);
        while (_nodes.Count > 1 && _nodes[^1].Level == _nodes[^2].Level && _nodes[^2].Index % 2 == 0
            && _nodes[^1].Index == _nodes[^2].Index + 1)
        {
            var merged = new StatisticsNode(
                _nodes[^1].Level + 1, _nodes[^2].Index / 2, TensorStatistics.Merge(_nodes[^2].Values, _nodes[^1].Values));
            _nodes.RemoveRange(_nodes.Count - 2, 2);
            _nodes.Add(merged);
        }
    }

    /// <summary>The statistics of all batches: the nodes merged from the left.</summary>
    /// <returns>The whole; null where nothing was added.</returns>
    public TensorStatistics? Total() => _nodes.Count == 0
        ? null
        : _nodes.Skip(1).Aggregate(_nodes[0].Values, (sum, node) => TensorStatistics.Merge(sum, node.Values));
}

/// <summary>Statistics of the batches i·2^L to (i+1)·2^L − 1.</summary>
/// <param name="Level">L, at least 0.</param>
/// <param name="Index">i, at least 0.</param>
/// <param name="Values">The statistics.</param>
public sealed record StatisticsNode(int Level, long Index, TensorStatistics Values);
