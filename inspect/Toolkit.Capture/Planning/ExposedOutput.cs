using Toolkit.Formats.Onnx.Editing;
using Toolkit.Formats.Tensors;
using Toolkit.Runtime;

namespace Toolkit.Capture.Planning;

/// <summary>How to read a planned value from a run of the exposed model.</summary>
/// <param name="Value">The value.</param>
/// <param name="OutputName">The output of the exposed model that carries it.</param>
/// <param name="Type">The element type that arrives: float32 where the value was cast first.</param>
/// <param name="IterationAxes">How many leading axes count iterations of loops, the outermost first; 0 for most
/// values.</param>
/// <param name="IsList">True where the value is a tensor and arrives as a sequence: one item per iteration of its
/// loop.</param>
/// <param name="MayBeAbsent">True where its branch may not be taken: see <see cref="IsAbsent"/>.</param>
public sealed record ExposedOutput(
    PlannedValue Value, string OutputName, ElementType Type, int IterationAxes, bool IsList, bool MayBeAbsent)
{
    /// <summary>Whether a run did not compute the value, because the branch that holds it was not taken.</summary>
    /// <param name="value">What the run gave for <see cref="OutputName"/>, or an item of it.</param>
    /// <returns>True where there is no value.</returns>
    public bool IsAbsent(NativeValue value)
    {
        ArgumentNullException.ThrowIfNull(value);
        if (!MayBeAbsent)
        {
            return false;
        }

        return value.Kind == ValueKind.Sequence
            ? value.Items.Count == 0 || (IsList && value.Items.All(IsAbsent))
            : value.Kind == ValueKind.Tensor && IsAbsentShape(value.Shape);
    }

    private static bool IsAbsentShape(TensorShape shape)
    {
        if (shape.Rank < ModelEdit.AbsentRank)
        {
            return false;
        }

        foreach (var extent in shape.Dimensions[^ModelEdit.AbsentRank..])
        {
            if (extent != 0)
            {
                return false;
            }
        }

        return true;
    }
}
