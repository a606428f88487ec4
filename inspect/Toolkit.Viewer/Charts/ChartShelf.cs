using Toolkit.Analysis.Charts;

namespace Toolkit.Viewer.Charts;

/// <summary>
/// The charts drawn last, so that a download or a step back needs no second drawing. Holds a bounded amount of numbers.
/// </summary>
internal sealed class ChartShelf
{
    private const long MostBytes = 48L * 1024 * 1024;

    private readonly Lock _lock = new();
    private readonly LinkedList<(string Key, ChartSpec Chart, long Bytes)> _order = new();
    private readonly Dictionary<string, LinkedListNode<(string Key, ChartSpec Chart, long Bytes)>> _byKey = new(
        StringComparer.Ordinal);
    private long _bytes;

    /// <summary>The chart of a key, or null.</summary>
    public ChartSpec? TryGet(string key)
    {
        lock (_lock)
        {
            if (!_byKey.TryGetValue(key, out var node))
            {
                return null;
            }

            _order.Remove(node);
            _order.AddFirst(node);
            return node.Value.Chart;
        }
    }

    /// <summary>
    /// Keeps a chart and returns it, and lets go of those used longest ago where there is not room for all.
    /// </summary>
    public ChartSpec Put(string key, ChartSpec chart)
    {
        var bytes = 4096 + SizeOf(chart);
        lock (_lock)
        {
            if (bytes > MostBytes / 2 || _byKey.ContainsKey(key))
            {
                return chart;
            }

            _byKey[key] = _order.AddFirst((key, chart, bytes));
            _bytes += bytes;
            while (_bytes > MostBytes && _order.Last is { } last)
            {
                _bytes -= last.Value.Bytes;
                _byKey.Remove(last.Value.Key);
                _order.RemoveLast();
            }
        }

        return chart;
    }

    private static long SizeOf(ChartSpec chart) => chart.Panels.SelectMany(panel => panel.Marks).Sum(mark => mark switch
    {
        HeatMapMark map => map.Matrix.Values.Length * 4L,
        LineMark line => line.X.Count * 16L,
        PointMark points => points.X.Count * 80L,
        HistogramMark histogram => histogram.Counts.Count * 16L,
        BarMark bars => bars.Values.Count * 8L,
        _ => 64,
    });
}
