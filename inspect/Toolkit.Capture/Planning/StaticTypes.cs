using Toolkit.Formats.Onnx.Graphs;
using Toolkit.Formats.Onnx.Schema;
using Toolkit.Formats.Tensors;

namespace Toolkit.Capture.Planning;

/// <summary>
/// Element types that can be told from the graph alone; needed for the few that the runtime's interface cannot name.
/// </summary>
internal static class StaticTypes
{
    /// <summary>How far back a value is followed through nodes that keep the type.</summary>
    private const int MaximumSteps = 1000;

    private static readonly HashSet<string> KeepsType = new(StringComparer.Ordinal)
    {
        "Identity", "Reshape", "Transpose", "Flatten", "Squeeze", "Unsqueeze", "Slice", "Concat", "Gather", "Expand", "Split", "Pad", "Tile",
    };

    /// <summary>The element type of a value, or undefined where the graph does not say.</summary>
    public static ElementType Of(GraphValue? value)
    {
        for (var step = 0; value is not null && step < MaximumSteps; step++)
        {
            if (value.Source == GraphValueSource.Initializer)
            {
                return value.OutputIndex < value.Scope.Graph.Initializer.Count
                    ? (ElementType)value.Scope.Graph.Initializer[value.OutputIndex].DataType
                    : ElementType.Undefined;
            }

            if (value.Producer is not { } node)
            {
                return (ElementType)(value.Scope.Graph.Input[value.OutputIndex].Type?.TensorType?.ElemType ?? 0);
            }

            if (node.Is("Cast"))
            {
                return (ElementType)(node.Attribute("to")?.I ?? 0);
            }

            if (node.Is("Constant"))
            {
                return (ElementType)(node.Attribute("value")?.T?.DataType ?? 0);
            }

            if (node.Is("QuantizeLinear"))
            {
                if (node.Attribute("output_dtype") is { I: not 0 } chosen)
                {
                    return (ElementType)chosen.I;
                }

                value = node.Inputs.Count > 2 ? node.Inputs[2] : null;
                continue;
            }

            if (node.Is("CastLike"))
            {
                value = node.Inputs.Count > 1 ? node.Inputs[1] : null;
                continue;
            }

            if (!(node.Proto.Domain is "" or "ai.onnx")
                || !KeepsType.Contains(node.Proto.OpType)
                || node.Inputs.Count == 0)
            {
                return ElementType.Undefined;
            }

            value = node.Inputs[0];
        }

        return ElementType.Undefined;
    }

    /// <summary>
    /// Whether the runtime's managed interface can name an element type: those of the first ONNX versions and bfloat16.
    /// </summary>
    public static bool IsFetchable(ElementType type) => type is > ElementType.Undefined and <= ElementType.BFloat16;
}
