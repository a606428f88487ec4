using Toolkit.Formats.Tensors;

namespace Toolkit.Runtime;

/// <summary>A value that goes into a run.</summary>
public abstract record InputValue
{
    private protected InputValue()
    {
    }

    /// <summary>A tensor of numbers; the run reads its bytes where they are.</summary>
    /// <param name="tensor">The tensor.</param>
    public static implicit operator InputValue(HostTensor tensor) => new TensorInput(tensor);

    /// <summary>A tensor of numbers; the run reads its bytes where they are.</summary>
    /// <param name="tensor">The tensor.</param>
    /// <returns>The input.</returns>
    public static InputValue FromHostTensor(HostTensor tensor) => new TensorInput(tensor);
}

/// <summary>A tensor of numbers.</summary>
/// <param name="Tensor">The tensor.</param>
public sealed record TensorInput(HostTensor Tensor) : InputValue;

/// <summary>A tensor of text.</summary>
/// <param name="Shape">The shape.</param>
/// <param name="Elements">As many elements as the shape says, row-major.</param>
public sealed record TextInput(TensorShape Shape, IReadOnlyList<string> Elements) : InputValue;

/// <summary>A list of values of one type.</summary>
/// <param name="Items">The values; at least one, for the runtime learns the type from it.</param>
public sealed record SequenceInput(IReadOnlyList<InputValue> Items) : InputValue;

/// <summary>Keys and values.</summary>
/// <param name="Keys">One dimension: the keys.</param>
/// <param name="Values">As many values, in the same order.</param>
public sealed record MapInput(InputValue Keys, InputValue Values) : InputValue;
