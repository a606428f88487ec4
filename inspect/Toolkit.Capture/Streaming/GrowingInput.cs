using Toolkit.Formats.Tensors;
using Toolkit.Runtime;

namespace Toolkit.Capture.Streaming;

/// <summary>
/// An input that is as long as a carried state will be after the run, such as the attention mask beside a cache of keys
/// and values: the samples give it in the length that the last of them needs, and every run takes the beginning.
/// </summary>
/// <param name="Name">The input.</param>
/// <param name="Axis">Its axis that grows.</param>
/// <param name="State">The input that carries the state.</param>
/// <param name="StateAxis">The state's axis that grows.</param>
/// <param name="Samples">Samples of the whole run.</param>
/// <param name="Initial">Extent of the state before the first sample.</param>
internal sealed record GrowingInput(string Name, int Axis, string State, int StateAxis, long Samples, long Initial = 0)
{
    /// <summary>
    /// Whether an axis of a carried state grows: its output calls it by another symbol than its input.
    /// </summary>
    public static bool Grows(ValueDescription input, ValueDescription output, int axis) =>
        axis < output.Dimensions?.Count && input.Dimensions![axis].Name is { } before
            && output.Dimensions[axis].Name is { } after && before != after;

    /// <summary>The inputs that have an axis by the symbol that a carried output gives to its growing axis.</summary>
    public static IEnumerable<GrowingInput> Of(
        IReadOnlyList<ValueDescription> inputs, ValueDescription state, ValueDescription output, long samples) =>
        from stateAxis in Enumerable.Range(0, state.Dimensions?.Count ?? 0)
        where Grows(state, output, stateAxis)
        from input in inputs
        from axis in Enumerable.Range(0, input.Dimensions?.Count ?? 0)
        where input.Dimensions![axis].Name == output.Dimensions![stateAxis].Name
        select new GrowingInput(input.Name, axis, state.Name, stateAxis, samples);

    /// <summary>The same, beginning with the state before the first sample.</summary>
    public GrowingInput From(IReadOnlyDictionary<string, InputValue> inputs) =>
        inputs.GetValueOrDefault(State) is TensorInput { Tensor.Shape: var shape }
            ? this with { Initial = shape[StateAxis] }
            : this;

    /// <summary>
    /// Cuts the input to what the state needs now. Every sample adds as much, so the input's whole length beyond the
    /// first state divides by the samples; one that does not (a mask of one element that stands for none, say) is the
    /// model's own affair and stays as it is.
    /// </summary>
    public void Cut(Dictionary<string, InputValue> inputs)
    {
        if (inputs.GetValueOrDefault(Name) is not TensorInput { Tensor: var tensor }
            || inputs.GetValueOrDefault(State) is not TensorInput { Tensor: var state })
        {
            return;
        }

        var (step, rest) = Math.DivRem(tensor.Shape[Axis] - Initial, Samples);
        var extent = state.Shape[StateAxis] + step;
        if (step < 1 || rest != 0 || extent >= tensor.Shape[Axis])
        {
            return;
        }

        inputs[Name] = tensor.Part(Axis, 0, extent);
    }
}
