namespace Toolkit.Viewer.Runs;

/// <summary>
/// Channels read lately, over all samples each. Rows of activations hold all channels, so one channel costs as much to
/// read as many: what was read beside it is kept, and the next step of a slider costs nothing.
/// </summary>
internal sealed class ChannelShelf
{
    /// <summary>The most that is kept, for all runs together.</summary>
    public const long MostBytes = 64L * 1024 * 1024;

    private readonly Lock _lock = new();
    private readonly LinkedList<(string Key, float[] Values)> _order = new();
    private readonly Dictionary<string, LinkedListNode<(string Key, float[] Values)>> _byKey = new(
        StringComparer.Ordinal);
    private long _bytes;

    /// <summary>The values of a channel, or null where they are not kept.</summary>
    public float[]? TryGet(string key)
    {
        lock (_lock)
        {
            if (!_byKey.TryGetValue(key, out var node))
            {
                return null;
            }

            _order.Remove(node);
            _order.AddFirst(node);
            return node.Value.Values;
        }
    }

    /// <summary>Keeps a channel, and lets go of those used longest ago where there is not room for all.</summary>
    public void Put(string key, float[] values)
    {
        lock (_lock)
        {
            if (_byKey.ContainsKey(key))
            {
                return;
            }

            _byKey[key] = _order.AddFirst((key, values));
            _bytes += values.Length * sizeof(float);
            while (_bytes > MostBytes && _order.Last is { } last)
            {
                _bytes -= last.Value.Values.Length * sizeof(float);
                _byKey.Remove(last.Value.Key);
                _order.RemoveLast();
            }
        }
    }
}
