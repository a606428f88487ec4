using System.Globalization;
using System.Text;

namespace Toolkit.Formats.Checkpoints.Pickle;

/// <summary>A value of a pickle that becomes one or several tensors.</summary>
internal interface IPickledTensor
{
    /// <summary>Adds what the value holds under a name.</summary>
    void AddTo(CheckpointContent content, string name);
}

/// <summary>Walks a pickle's result and names every tensor by the keys that lead to it.</summary>
internal sealed class PickleTensors(CheckpointContent content, string where, CheckpointLimits limits)
{
    // torch.nn.Module keeps its parts in these; in a state dict the same tensors have no such step in their names.
    private static readonly HashSet<string> Containers = ["_parameters", "_buffers", "_modules"];
    private readonly HashSet<object> _path = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<string, int> _repeated = [];
    private long _visited;

    /// <summary>Adds every tensor under a value.</summary>
    public void Collect(object? value, string name = "", int depth = 0)
    {
        if (++_visited > limits.MaxVisitedValues)
        {
            throw new BadInputException(
                $"{where}: more than {limits.MaxVisitedValues} values; shared lists inside shared lists grow "
                    + "without end.");
        }

        switch (value)
        {
            case NumpyPickle.ArrayValue array:
                array.AddTo(content, Unique(name));
                return;
            case IPickledTensor tensor:
                tensor.AddTo(content, Unique(name));
                return;
            case PickleDictionary or PickleList or PickleTuple or PickleObject:
                break;
            default:
                return;
        }

        if (depth > limits.MaxDepth)
        {
            throw new BadInputException($"{where}: values are nested deeper than {limits.MaxDepth} at '{name}'.");
        }

        if (!_path.Add(value))
        {
            return; // It contains itself: an optimiser that points back to its model, for example.
        }

        switch (value)
        {
            case PickleDictionary dictionary:
                CollectItems(dictionary, name, depth, skip: false);
                break;
            case PickleList list:
                CollectRow(list.Items, name, depth);
                break;
            case PickleTuple tuple:
                CollectRow(tuple.Items, name, depth);
                break;
            case PickleObject opaque:
                CollectObject(opaque, name, depth);
                break;
        }

        _path.Remove(value);
    }

    private string Join(string name, string key) => name.Length + key.Length > limits.MaxNameBytes
        ? throw new BadInputException(
            $"{where}: a name longer than {limits.MaxNameBytes} bytes; keys are joined from the root on.")
        : name.Length == 0 ? key : $"{name}.{key}";

    private void CollectObject(PickleObject opaque, string name, int depth)
    {
        CollectItems(opaque.Items, name, depth, skip: false);
        switch (opaque.State)
        {
            case PickleDictionary state:
                CollectItems(state, name, depth, skip: true);
                break;
            case PickleTuple { Length: 2 } slots
                when Array.TrueForAll(slots.Items, static part => part is null or PickleDictionary):
                foreach (var attributes in slots.Items.OfType<PickleDictionary>())
                {
                    CollectItems(attributes, name, depth, skip: true);
                }

                break;
            default:
                Collect(opaque.State, name, depth + 1);
                break;
        }

        if (opaque.Arguments is PickleTuple arguments)
        {
            CollectRow(arguments.Items, name, depth);
        }
    }

    private void CollectItems(PickleDictionary dictionary, string name, int depth, bool skip)
    {
        foreach (var (key, value) in dictionary.Items)
        {
            var text = key is PickleTuple tuple ? string.Join('.', tuple.Items.Select(KeyText)) : KeyText(key);
            Collect(value, skip && Containers.Contains(text) ? name : Join(name, text), depth + 1);
        }
    }

    private string KeyText(object? key) => key switch
    {
        string plain => plain,
        PickleBytes bytes when bytes.Length <= limits.MaxNameBytes => Encoding.UTF8.GetString(bytes.ToArray()),
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => key?.ToString() ?? "None",
    };

    private void CollectRow(IReadOnlyList<object?> items, string name, int depth)
    {
        for (var i = 0; i < items.Count; i++)
        {
            Collect(items[i], Join(name, i.ToString(CultureInfo.InvariantCulture)), depth + 1);
        }
    }

    private string Unique(string name)
    {
        // A value at the root has no key; two ways to the same name are told apart by a number.
        var plain = name.Length == 0 ? "tensor" : name;
        var unique = plain;
        while (content.Contains(unique))
        {
            var number = _repeated.GetValueOrDefault(plain, 1) + 1;
            _repeated[plain] = number;
            unique = $"{plain}#{number}";
        }

        return unique;
    }
}
