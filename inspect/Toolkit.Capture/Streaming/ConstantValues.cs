using Toolkit.Capture.Planning;
using Toolkit.Formats.Onnx.Graphs;
using Toolkit.Runtime;

namespace Toolkit.Capture.Streaming;

/// <summary>Finds the values of the main graph that no input reaches: they are the same in every run.</summary>
internal static class ConstantValues
{
    private static readonly HashSet<string> Random = new(StringComparer.Ordinal)
    {
        "RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike", "Multinomial", "Bernoulli", "Dropout",
    };

    public static HashSet<string> Of(ExposurePlan plan)
    {
        var varying = new HashSet<GraphValue>();
        var constants = new HashSet<string>(StringComparer.Ordinal);
        foreach (var value in plan.Values)
        {
            if (value.Depth > 0 || value.Method == ExposureMethod.Input)
            {
                varying.Add(value.Value);
                continue;
            }

            if (value.Value.Producer is not { } node)
            {
                continue;
            }

            // What a subgraph reads from outside counts as read by its node; a subgraph may also draw random numbers.
            if (Random.Contains(value.OpType) || node.Subgraphs.Count > 0
                || node.Inputs.Any(input => input is not null && varying.Contains(input))
                || node.Captured.Any(varying.Contains))
            {
                varying.Add(value.Value);
            }
            else if (value.Kind == ValueKind.Tensor)
            {
                constants.Add(value.Key);
            }
        }

        return constants;
    }
}
