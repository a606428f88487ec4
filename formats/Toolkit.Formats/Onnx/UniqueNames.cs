namespace Toolkit.Formats.Onnx;

/// <summary>Hands out names that were not used yet; constant time each, however many collide.</summary>
internal sealed class UniqueNames
{
    private readonly HashSet<string> _used = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _next = new(StringComparer.Ordinal);

    /// <summary>Marks a name as used.</summary>
    public void Reserve(string name) => _used.Add(name);

    /// <summary>The name itself, or with <c>#2</c>, <c>#3</c> … where it is used already.</summary>
    public string Take(string name)
    {
        if (_used.Add(name))
        {
            return name;
        }

        var number = _next.GetValueOrDefault(name, 2);
        string result;
        do
        {
            result = $"{name}#{number++}";
        }
        while (!_used.Add(result));
        _next[name] = number;
        return result;
    }
}
