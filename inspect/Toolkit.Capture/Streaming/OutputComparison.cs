using System.Runtime.InteropServices;
using Toolkit.Capture.Planning;
using Toolkit.Formats;
using Toolkit.Formats.Tensors;
using Toolkit.Runtime;

namespace Toolkit.Capture.Streaming;

/// <summary>Measures how much exposing values changed the model's own outputs.</summary>
internal static class OutputComparison
{
    /// <summary>The largest absolute difference of any float output on the same inputs; NaN equals NaN.</summary>
    /// <returns>The difference; null where no output is captured and of floats, or the plain model cannot be run.</returns>
    public static double? Difference(
        InferenceEngine plain, IReadOnlyDictionary<string, InputValue> inputs, ExposedModel exposed, InferenceResult values)
    {
        var names = plain.Outputs.Where(o => o is { Kind: ValueKind.Tensor, Type: ElementType.Float32 or ElementType.Float64 })
            .Select(o => o.Name).Where(name => exposed.Outputs.Any(e => e.OutputName == name && e.Value.Depth == 0)).ToList();
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
        if (left.Shape != right.Shape || left.Type != right.Type)
        {
            return double.PositiveInfinity;
        }

        var largest = 0.0;
        if (left.Type == ElementType.Float64)
        {
            var (a, b) = (left.ToHostTensor(), right.ToHostTensor());
            for (var i = 0; i < a.Shape.Count; i++)
            {
                largest = Math.Max(largest, Difference(a.AsSpan<double>()[i], b.AsSpan<double>()[i]));
            }

            return largest;
        }

        var x = MemoryMarshal.Cast<byte, float>(left.Bytes);
        var y = MemoryMarshal.Cast<byte, float>(right.Bytes);
        for (var i = 0; i < x.Length; i++)
        {
            largest = Math.Max(largest, Difference(x[i], y[i]));
        }

        return largest;
    }

    private static double Difference(double a, double b) =>
        a.Equals(b) ? 0 : double.IsFinite(a) && double.IsFinite(b) ? Math.Abs(a - b) : double.PositiveInfinity;
}
