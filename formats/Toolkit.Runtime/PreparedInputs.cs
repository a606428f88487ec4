using System.Buffers;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using Toolkit.Formats;
using Toolkit.Formats.Tensors;

namespace Toolkit.Runtime;

/// <summary>
/// The inputs of one run as the runtime's values, over the callers' memory, pinned until the run is over.
/// </summary>
internal sealed class PreparedInputs(string modelPath) : IDisposable
{
    private readonly List<string> _names = [];
    private readonly List<OrtValue> _values = [];
    private readonly List<MemoryHandle> _pins = [];

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

        foreach (var pin in _pins)
        {
            pin.Dispose();
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

    private unsafe OrtValue MakeTensor(HostTensor tensor)
    {
        var pin = tensor.Bytes.Pin();
        _pins.Add(pin);

        // An empty tensor has no address; the runtime wants one all the same and reads nothing there.
        var address = pin.Pointer == null ? (nint)16 : (nint)pin.Pointer;
        return OrtValue.CreateTensorValueWithData(
            OrtMemoryInfo.DefaultInstance,
            (TensorElementType)tensor.Type,
            tensor.Shape.Dimensions.ToArray(),
            address,
            tensor.Bytes.Length);
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
