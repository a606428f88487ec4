using Toolkit.Capture.Comparison;
using Toolkit.Capture.Planning;
using Toolkit.Formats;
using Toolkit.Formats.Runs.Activations;
using Toolkit.Formats.Tensors;
using Toolkit.Runtime;

namespace Toolkit.Capture.Streaming;

/// <summary>Measures how much exposing values changed the model's own outputs.</summary>
internal static class OutputComparison
{
    /// <summary>
    /// The largest absolute difference of any output on the same inputs; NaN equals NaN, another shape or text is +∞.
    /// </summary>
    /// <returns>The difference; null where no output is captured, or the plain model cannot be run.</returns>
    public static double? Difference(
        InferenceEngine plain,
        IReadOnlyDictionary<string, InputValue> inputs,
        ExposedModel exposed,
        InferenceResult values)
    {
        var names = plain.Outputs.Where(static output => output.Kind != ValueKind.Optional)
            .Select(o => o.Name)
            .Where(name => exposed.Outputs.Any(e => e.OutputName == name && e.Value.Depth == 0)).ToList();
        if (names.Count == 0)
        {
            return null;
        }

        try
        {
            using var result = plain.Run(inputs, names);
            return names.Max(name => Difference(result[name], values[name]));
        }
        catch (BadInputException)
        {
            return null;
        }
    }

    private static double Difference(NativeValue left, NativeValue right)
    {
        if (left.Kind != right.Kind)
        {
            return double.PositiveInfinity;
        }

        if (left.Kind != ValueKind.Tensor)
        {
            return left.Items.Count != right.Items.Count ? double.PositiveInfinity
                : left.Items.Zip(right.Items, Difference).DefaultIfEmpty(0).Max();
        }

        var sums = new ErrorSums();
        if (left.Shape != right.Shape || left.Type != right.Type)
        {
            sums.AddIncomparable();
        }
        else if (left.Type == ElementType.Text)
        {
            sums.Add(left.ReadText(), right.ReadText());
        }
        else if (StoredTypes.Of(left.Type) is { } stored)
        {
            sums.Add(stored.Element(), StoredOrder.Stored(left, stored), StoredOrder.Stored(right, stored));
        }

        return sums.Largest;
    }
}
