using Toolkit.Formats;
using Toolkit.Formats.Tensors;
using Toolkit.Runtime;

namespace Toolkit.Capture.Streaming;

/// <summary>State that goes from an output of one sample to an input of the next.</summary>
internal sealed class CarriedState
{
    private readonly IReadOnlyList<(string Output, string Input)> _carry;
    private readonly Dictionary<string, InputValue> _values;

    private CarriedState(IReadOnlyList<(string Output, string Input)> carry, Dictionary<string, InputValue> values)
    {
        _carry = carry;
        _values = values;
    }

    /// <summary>The state before the first sample: what the source gives, else zeros of the input's shape.</summary>
    /// <exception cref="BadInputException">A name is no input or output, or a shape is not known.</exception>
    public static CarriedState Initial(CaptureOptions options, InferenceEngine engine, IReadOnlyDictionary<string, InputValue> inputs)
    {
        var values = new Dictionary<string, InputValue>(StringComparer.Ordinal);
        foreach (var (output, input) in options.Carry)
        {
            var description = engine.Inputs.FirstOrDefault(i => i.Name == input)
                ?? throw new BadInputException(
                    $"{engine.ModelPath}: --carry {output}={input}: '{input}' is not an input. Inputs: {string.Join(", ", engine.Inputs.Select(i => i.Name))}.");
            if (engine.Outputs.All(o => o.Name != output))
            {
                throw new BadInputException($"{engine.ModelPath}: --carry {output}={input}: '{output}' is not an output of the model.");
            }

            if (inputs.ContainsKey(input))
            {
                continue;
            }

            var shape = description.Dimensions?.Select((d, axis) => d.Extent
                ?? (d.Name is not null && options.Dimensions.TryGetValue(d.Name, out var named) ? named
                    : options.Dimensions.TryGetValue($"{input}.{axis}", out var placed) ? placed : (long?)null)).ToArray();

            // The extent that counts samples is 1; any other must be said.
            if (shape is null || shape.Count(d => d is null) > 1)
            {
                throw new BadInputException(
                    $"{engine.ModelPath}: the initial value of '{input}' has no shape. Give its extents with --dim, for example --dim {input}.1=1, or an array.");
            }

            var tensor = new TensorShape([.. shape.Select(d => d ?? 1)]);
            values[input] = new HostTensor(description.Type, tensor, new byte[description.Type.SizeBytes(tensor.Count)]);
        }

        return new CarriedState(options.Carry, values);
    }

    /// <summary>Inputs together with the state.</summary>
    public IReadOnlyDictionary<string, InputValue> With(IReadOnlyDictionary<string, InputValue> inputs)
    {
        if (_values.Count == 0)
        {
            return inputs;
        }

        var all = new Dictionary<string, InputValue>(inputs, StringComparer.Ordinal);
        foreach (var (name, value) in _values)
        {
            all[name] = value;
        }

        return all;
    }

    /// <summary>Takes the state that a run gave.</summary>
    public void Update(IReadOnlyDictionary<string, NativeValue> outputs)
    {
        foreach (var (output, input) in _carry)
        {
            _values[input] = outputs[output].ToHostTensor();
        }
    }

    /// <summary>The same state, to begin from more than once.</summary>
    public CarriedState Copy() => new(_carry, new Dictionary<string, InputValue>(_values, StringComparer.Ordinal));

    /// <summary>The state, to be stored.</summary>
    public IReadOnlyDictionary<string, HostTensor> Save() =>
        _values.ToDictionary(v => v.Key, v => ((TensorInput)v.Value).Tensor, StringComparer.Ordinal);

    /// <summary>Goes on from a stored state.</summary>
    public void Load(IReadOnlyDictionary<string, HostTensor> state)
    {
        foreach (var (name, tensor) in state)
        {
            _values[name] = tensor;
        }
    }
}
