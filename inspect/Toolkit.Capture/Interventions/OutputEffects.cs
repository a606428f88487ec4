using System.Numerics;
using Toolkit.Formats.Runs;
using Toolkit.Formats.Runs.Statistics;
using Toolkit.Formats.Tensors;
using Toolkit.Runtime;

namespace Toolkit.Capture.Interventions;

/// <summary>Measures what interventions do to the outputs of a model.</summary>
/// <param name="outputs">The outputs that are compared.</param>
/// <param name="featureAxis">The feature axis of an output of so many axes; null for scalars.</param>
internal sealed class OutputEffects(IReadOnlyList<string> outputs, Func<string, int, int?> featureAxis)
{
    /// <summary>The outputs that are compared.</summary>
    public IReadOnlyList<string> Outputs => outputs;

    /// <summary>Outputs that can be compared: tensors of floats.</summary>
    public static IReadOnlyList<string> Comparable(InferenceEngine plain) =>
        [.. plain.Outputs.Where(IsComparable).Select(static o => o.Name)];

    /// <summary>Outputs that cannot: texts, whole numbers, sequences.</summary>
    public static IReadOnlyList<string> Others(InferenceEngine plain) =>
        [.. plain.Outputs.Where(static o => !IsComparable(o)).Select(static o => o.Name)];

    private static bool IsComparable(ValueDescription output) =>
        output is { Kind: ValueKind.Tensor, Type: ElementType.Float32 or ElementType.Float16 or ElementType.Float64 };

    /// <summary>Runs the untouched model over one batch, and adds what the interventions changed.</summary>
    /// <param name="plain">The untouched model.</param>
    /// <param name="inputs">What the changed model ran on; the inputs that interventions made are left out.</param>
    /// <param name="changed">The outputs with the interventions.</param>
    /// <param name="segment">Takes what was measured.</param>
    /// <param name="batch">The number of the batch in the run.</param>
    /// <param name="samples">Its samples.</param>
    public void Add(
        InferenceEngine plain,
        IReadOnlyDictionary<string, InputValue> inputs,
        InferenceResult changed,
        RunSegment segment,
        long batch,
        int samples)
    {
        if (outputs.Count == 0)
        {
            return;
        }

        using var untouched = plain.Run(plain.Inputs.Where(i => inputs.ContainsKey(i.Name)).ToDictionary(
            i => i.Name, i => inputs[i.Name], StringComparer.Ordinal), outputs);
        foreach (var output in outputs)
        {
            var sums = Measure(
                untouched[output], changed[output], featureAxis(output, untouched[output].Shape.Rank), samples);
            segment.AddEffect(output, new StatisticsNode<EffectSums>(0, batch, sums));
        }
    }

    private static EffectSums Measure(NativeValue a, NativeValue b, int? featureAxis, int samples) =>
        a.Shape != b.Shape ? new EffectSums(0, 0, 0, 0, 0, 0, 0, 0) : a.Type switch
        {
            ElementType.Float16 => Measure(a.AsSpan<Half>(), b.AsSpan<Half>(), a.Shape, featureAxis, samples),
            ElementType.Float64 => Measure(a.AsSpan<double>(), b.AsSpan<double>(), a.Shape, featureAxis, samples),
            _ => Measure(a.AsSpan<float>(), b.AsSpan<float>(), a.Shape, featureAxis, samples),
        };

    private static EffectSums Measure<T>(
        ReadOnlySpan<T> a, ReadOnlySpan<T> b, TensorShape shape, int? featureAxis, int samples)
        where T : unmanaged, INumber<T>
    {
        var (count, squares, reference, largest) = (0L, 0.0, 0.0, 0.0);
        for (var i = 0; i < a.Length; i++)
        {
            var (before, after) = (double.CreateChecked(a[i]), double.CreateChecked(b[i]));

            // NaN that stays NaN and an infinity that stays are no change.
            var change = before.Equals(after) ? 0 : after - before;
            if (!double.IsFinite(change))
            {
                continue;
            }

            count++;
            squares += change * change;
            reference += double.IsFinite(before) ? before * before : 0;
            largest = Math.Max(largest, Math.Abs(change));
        }

        var (rows, changedRows) = Rows(a, b, shape, featureAxis);
        return new EffectSums(samples, count, a.Length - count, squares, reference, largest, rows, changedRows);
    }

    /// <summary>Rows of at least two features, and those whose largest is another one.</summary>
    private static (long Rows, long Changed) Rows<T>(
        ReadOnlySpan<T> a, ReadOnlySpan<T> b, TensorShape shape, int? featureAxis)
        where T : unmanaged, INumber<T>
    {
        if (featureAxis is not { } axis || shape[axis] <= 1)
        {
            return (0, 0);
        }

        // Row-major: the features of one row lie as far apart as the axes behind theirs are large.
        var (rows, changed) = (0L, 0L);
        var stride = (int)new TensorShape(shape.Dimensions[(axis + 1)..]).Count;
        var block = (int)shape[axis] * stride;
        for (var first = 0; first < a.Length; first += block)
        {
            for (var at = first; at < first + stride; at++)
            {
                rows++;
                changed += Largest(a.Slice(at, block - (at - first)), stride)
                    == Largest(b.Slice(at, block - (at - first)), stride) ? 0 : 1;
            }
        }

        return (rows, changed);
    }

    private static int Largest<T>(ReadOnlySpan<T> row, int stride)
        where T : unmanaged, INumber<T>
    {
        var largest = 0;
        for (var i = stride; i < row.Length; i += stride)
        {
            largest = row[i] > row[largest] ? i : largest;
        }

        return largest;
    }
}
