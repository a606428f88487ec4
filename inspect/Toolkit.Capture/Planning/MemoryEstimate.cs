using Toolkit.Formats.Onnx.Graphs;

namespace Toolkit.Capture.Planning;

/// <summary>
/// How much memory the values of one run take at most, by their lifetimes: a value lives from its node to its last
/// reader, an exposed one to the run's end. Linear in nodes and edges.
/// </summary>
/// <remarks>
/// Sizes scale with the samples of a run. Counted are the values of the graph, inputs included; not the weights, the
/// scratch memory of kernels, what the runtime's arena keeps in reserve, and values whose size is not known before a
/// run. The runtime may compute an element-wise operator in place, where the estimate counts its input and its output:
/// it is an upper bound there.
/// </remarks>
internal sealed class MemoryEstimate
{
    private readonly Dictionary<GraphValue, (int First, int Last)> _lives = [];
    private readonly Func<PlannedValue, long> _size;
    private readonly int _end;

    /// <summary>Live bytes while each node of the top graph runs, one sample, nothing exposed.</summary>
    private readonly long[] _plain;

    /// <summary>The largest of <see cref="_plain"/> from each node on.</summary>
    private readonly long[] _largestFrom;

    /// <summary>Estimates a plan.</summary>
    /// <param name="graph">The model's graphs.</param>
    /// <param name="values">Their values.</param>
    /// <param name="size">Bytes of a value for one sample; 0 where not known.</param>
    public MemoryEstimate(ModelGraph graph, IReadOnlyList<PlannedValue> values, Func<PlannedValue, long> size)
    {
        _size = size;
        var planned = values.ToDictionary(static value => value.Value);
        var places = new Dictionary<GraphNode, int>();
        foreach (var scope in graph.Scopes)
        {
            for (var place = 0; place < scope.Nodes.Count; place++)
            {
                places[scope.Nodes[place]] = place;
            }
        }

        var spikes = new Dictionary<GraphScope, long>();
        long[] live = [];

        // Inner scopes come behind those around them: backwards, every node finds the peaks of what it runs.
        foreach (var scope in graph.Scopes.Reverse())
        {
            live = Live(scope, places, planned, spikes);
            spikes[scope] = live.DefaultIfEmpty(0).Max();
        }

        _plain = live;
        _end = Math.Max(0, _plain.Length - 1);
        _largestFrom = new long[_plain.Length + 1];
        for (var place = _plain.Length - 1; place >= 0; place--)
        {
            _largestFrom[place] = Math.Max(_plain[place], _largestFrom[place + 1]);
        }
    }

    /// <summary>Bytes of one run over one sample with nothing exposed.</summary>
    public long PlainBytes => _largestFrom[0];

    /// <summary>Bytes of one run over one sample where one value is exposed.</summary>
    /// <param name="value">The value.</param>
    public long AloneBytes(PlannedValue value)
    {
        var (from, bytes) = Kept(value);
        return from > _end ? PlainBytes : Math.Max(PlainBytes, _largestFrom[from] + bytes);
    }

    /// <summary>Bytes of one run over one sample where some values are exposed.</summary>
    /// <param name="values">The values.</param>
    public long Bytes(IEnumerable<PlannedValue> values)
    {
        var added = new long[_plain.Length + 1];
        foreach (var value in values)
        {
            var (from, bytes) = Kept(value);
            added[Math.Min(from, _plain.Length)] += bytes;
        }

        var (peak, kept) = (0L, 0L);
        for (var place = 0; place < _plain.Length; place++)
        {
            kept += added[place];
            peak = Math.Max(peak, _plain[place] + kept);
        }

        return peak;
    }

    /// <summary>
    /// From which node of the top graph on an exposed value takes memory that it does not take in the plain model, and
    /// how much.
    /// </summary>
    private (int From, long Bytes) Kept(PlannedValue planned)
    {
        var value = planned.Value;
        var scope = value.Scope;
        if (scope.Owner is null)
        {
            return !_lives.TryGetValue(value, out var life)
                ? (0, 0)
                : (planned.BlocksFusion ? life.First : life.Last + 1, _size(planned));
        }

        // It comes out of the outermost node that runs its graph, as another output of that node.
        while (scope.Parent!.Owner is not null)
        {
            scope = scope.Parent;
        }

        return (_lives.TryGetValue(scope.Owner!.Outputs.OfType<GraphValue>().FirstOrDefault() ?? value, out var owner)
            ? owner.First
            : 0, _size(planned));
    }

    private long[] Live(
        GraphScope scope,
        Dictionary<GraphNode, int> places,
        Dictionary<GraphValue, PlannedValue> planned,
        Dictionary<GraphScope, long> spikes)
    {
        var count = scope.Nodes.Count;
        var changes = new long[count + 1];
        foreach (var value in scope.Values.Where(static value => value.Source != GraphValueSource.Initializer))
        {
            var first = value.Producer is { } producer ? places[producer] : 0;
            var last = value.IsOutput || value.Producer is null ? count - 1 : first;
            foreach (var reader in value.Consumers.Where(reader => reader.Scope == scope))
            {
                last = Math.Max(last, places[reader]);
            }

            _lives[value] = (first, last);

            // A fused node never makes the value between its parts.
            if (count > 0 && planned.TryGetValue(value, out var plan) && !plan.BlocksFusion)
            {
                changes[first] += _size(plan);
                changes[last + 1] -= _size(plan);
            }
        }

        var live = new long[count];
        var sum = 0L;
        for (var place = 0; place < count; place++)
        {
            sum += changes[place];
            live[place] = sum + scope.Nodes[place].Subgraphs.Select(inner => spikes[inner]).DefaultIfEmpty(0).Max();
        }

        return live;
    }
}
