using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using Toolkit.Formats;
using Toolkit.Formats.Tensors;

namespace Toolkit.Runtime;

/// <summary>
/// The inputs of one run as the runtime's values, in its own memory.
/// </summary>
internal sealed class PreparedInputs(string modelPath) : IDisposable
{
    private readonly List<string> _names = [];
    private readonly List<OrtValue> _values = [];

    public IReadOnlyCollection<string> Names => _names;

    public IReadOnlyCollection<OrtValue> Values => _values;

    public void Add(string name, InputValue value)
    {
        try
        {
            _values.Add(Make(value));
            _names.Add(name);
        }
        catch (Exception fault) when (InferenceEngine.IsRuntimeFault(fault))
        {
            throw new BadInputException(
                $"{modelPath}: the value for input '{name}' cannot be given to ONNX Runtime: "
                    + $"{InferenceEngine.Reason(fault)}",
                fault);
        }
    }

    public void Dispose()
    {
        foreach (var value in _values)
        {
            value.Dispose();
        }
    }

    private OrtValue Make(InputValue value)
    {
        switch (value)
        {
            case TensorInput { Tensor: var tensor }:
                return MakeTensor(tensor);
            case TextInput text:
                return MakeText(text);
            case SequenceInput sequence:
                return OrtValue.CreateSequence([.. sequence.Items.Select(Make)]);
            case MapInput map:
                var keys = Make(map.Keys);
                var values = Make(map.Values);
                return OrtValue.CreateMap(ref keys, ref values);
            default:
                throw new NotSupportedException($"{value.GetType().Name} is no input.");
        }
    }

    /// <summary>
    /// A copy in the runtime's memory, which begins where its kernels like it: sums of the same numbers come in another
    /// order, and with other bits, where they begin elsewhere.
    /// </summary>
    private static OrtValue MakeTensor(HostTensor tensor)
    {
        var value = OrtValue.CreateAllocatedTensorValue(
            OrtAllocator.DefaultInstance, (TensorElementType)tensor.Type, tensor.Shape.Dimensions.ToArray());
        tensor.Bytes.Span.CopyTo(value.GetTensorMutableRawData());
        return value;
    }

    private static OrtValue MakeText(TextInput text)
    {
        if (text.Elements.Count != text.Shape.Count)
        {
            throw new ArgumentException(
                $"{text.Shape} holds {text.Shape.Count} elements; {text.Elements.Count} were given.");
        }

        var result = OrtValue.CreateTensorWithEmptyStrings(
            OrtAllocator.DefaultInstance, text.Shape.Dimensions.ToArray());
        for (var i = 0; i < text.Elements.Count; i++)
        {
            result.StringTensorSetElementAt(text.Elements[i], i);
        }

        return result;
    }
}
