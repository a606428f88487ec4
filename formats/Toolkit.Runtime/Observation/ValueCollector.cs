using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Toolkit.Runtime.Observation;

/// <summary>Copies what observing nodes see in one run at a time, so that the run can give it.</summary>
/// <param name="names">The nodes' numbers, and the names of the sequences that they make.</param>
/// <param name="others">Who looks at all other observing nodes; null for nobody.</param>
internal sealed class ValueCollector(IReadOnlyDictionary<long, string> names, TensorObserver? others)
{
    private readonly Dictionary<string, List<NativeValue>> _items = names.Values.ToDictionary(
        static name => name, static _ => new List<NativeValue>(), StringComparer.Ordinal);

    /// <summary>Held while a run is under way: nodes do not tell which run they belong to.</summary>
    public Lock OneRun { get; } = new();

    public bool Collects(string name) => _items.ContainsKey(name);

    public void Observe(long id, ObservedTensor tensor)
    {
        if (!names.TryGetValue(id, out var name))
        {
            others?.Invoke(id, tensor);
            return;
        }

        var items = _items[name];
        var copy = OrtValue.CreateAllocatedTensorValue(
            OrtAllocator.DefaultInstance, (TensorElementType)tensor.Type, tensor.Shape.Dimensions.ToArray());
        items.Add(new NativeValue($"{name}[{items.Count}]", copy));
        if (tensor.SizeBytes > 0)
        {
            tensor.Bytes(0, checked((int)tensor.SizeBytes)).CopyTo(copy.GetTensorMutableRawData());
        }
    }

    /// <summary>What the run gave under a name; the caller owns it.</summary>
    public NativeValue Take(string name)
    {
        var items = _items[name];
        _items[name] = [];
        return new NativeValue(name, items);
    }

    /// <summary>Forgets what nobody took: values not asked for, or of a run that failed.</summary>
    public void Clear()
    {
        foreach (var items in _items.Values)
        {
            items.ForEach(static item => item.Dispose());
            items.Clear();
        }
    }
}
