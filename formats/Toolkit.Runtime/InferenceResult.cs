namespace Toolkit.Runtime;

/// <summary>The values of one run, and their memory. Dispose it when they have been read.</summary>
public sealed class InferenceResult : IDisposable
{
    private readonly Dictionary<string, NativeValue> _byName;
    private readonly IDisposable[] _owners;

    internal InferenceResult(IReadOnlyList<NativeValue> values, params IDisposable[] owners)
    {
        Values = values;
        _owners = owners;
        _byName = values.DistinctBy(static value => value.Name, StringComparer.Ordinal)
            .ToDictionary(static value => value.Name, StringComparer.Ordinal);
    }

    /// <summary>The values, in the order asked for.</summary>
    public IReadOnlyList<NativeValue> Values { get; }

    /// <summary>The value of a name.</summary>
    /// <param name="name">An output that was asked for.</param>
    /// <exception cref="KeyNotFoundException">It was not asked for.</exception>
    public NativeValue this[string name] => _byName[name];

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var value in Values)
        {
            value.Dispose();
        }

        foreach (var owner in _owners)
        {
            owner.Dispose();
        }
    }
}
