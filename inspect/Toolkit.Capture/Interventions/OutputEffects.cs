using Toolkit.Formats.Tensors;
using Toolkit.Runtime;

namespace Toolkit.Capture.Interventions;

/// <summary>Measures what interventions do to the outputs of a model.</summary>
/// <param name="outputs">The outputs that are compared.</param>
/// <param name="featureAxis">The feature axis of an output of so many axes; null for scalars.</param>
internal sealed class OutputEffects(IReadOnlyList<string> outputs, Func<string, int, int?> featureAxis)
{
    private readonly Sums[] _sums = [.. outputs.Select(_ => new Sums())];

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

    private static ReadOnlySpan<float> Floats(NativeValue value) => value.Type switch
    {
        ElementType.Float16 => Array.ConvertAll(value.AsSpan<Half>().ToArray(), static number => (float)number),
        ElementType.Float64 => Array.ConvertAll(value.AsSpan<double>().ToArray(), static number => (float)number),
        _ => value.AsSpan<float>(),
    };

    /// <summary>Runs the untouched model over one batch, and adds what the interventions changed.</summary>
    /// <param name="plain">The untouched model.</param>
    /// <param name="inputs">What the changed model ran on; the inputs that interventions made are left out.</param>
    /// <param name="changed">The outputs with the interventions.</param>
    public void Add(InferenceEngine plain, IReadOnlyDictionary<string, InputValue> inputs, InferenceResult changed)
    {
        if (outputs.Count > 0)
        {
            using var untouched = plain.Run(plain.Inputs.Where(i => inputs.ContainsKey(i.Name)).ToDictionary(
                i => i.Name, i => inputs[i.Name], StringComparer.Ordinal), outputs);
            Add(untouched, changed);
        }
    }

    /// <summary>Adds one batch.</summary>
    /// <param name="untouched">The outputs of the untouched model.</param>
    /// <param name="changed">Those with the interventions.</param>
    private void Add(InferenceResult untouched, InferenceResult changed)
    {
        for (var i = 0; i < outputs.Count; i++)
        {
            var (a, b) = (untouched[outputs[i]], changed[outputs[i]]);
            if (a.Shape == b.Shape)
            {
                _sums[i].Add(Floats(a), Floats(b), a.Shape, featureAxis(outputs[i], a.Shape.Rank));
            }
        }
    }

    /// <summary>What was measured.</summary>
    public IReadOnlyList<OutputEffect> Result() => [.. outputs.Select((name, i) => _sums[i].Into(name))];

    private sealed class Sums
    {
        private long _count;
        private long _rows;
        private long _changedRows;
        private double _squares;
        private double _reference;
        private double _largest;

        public void Add(ReadOnlySpan<float> a, ReadOnlySpan<float> b, TensorShape shape, int? featureAxis)
        {
            for (var i = 0; i < a.Length; i++)
            {
                var difference = (double)b[i] - a[i];
                _squares += difference * difference;
                _reference += (double)a[i] * a[i];
                _largest = Math.Max(_largest, Math.Abs(difference));
            }

            _count += a.Length;
            if (featureAxis is not { } axis || shape[axis] <= 1)
            {
                return;
            }

            // Row-major: the features of one row lie as far apart as the axes behind theirs are large.
            var stride = (int)new TensorShape(shape.Dimensions[(axis + 1)..]).Count;
            var block = (int)shape[axis] * stride;
            for (var first = 0; first < a.Length; first += block)
            {
                for (var at = first; at < first + stride; at++)
                {
                    _rows++;
                    _changedRows += Largest(a.Slice(at, block - (at - first)), stride)
                        == Largest(b.Slice(at, block - (at - first)), stride) ? 0 : 1;
                }
            }
        }

        public OutputEffect Into(string name) => new(
            name,
            Math.Sqrt(_squares / Math.Max(1, _count)),
            _reference == 0 ? (_squares == 0 ? 0 : double.PositiveInfinity) : Math.Sqrt(_squares / _reference),
            _largest,
            _rows == 0 ? null : (double)_changedRows / _rows);

        private static int Largest(ReadOnlySpan<float> row, int stride)
        {
            var largest = 0;
            for (var i = stride; i < row.Length; i += stride)
            {
                largest = row[i] > row[largest] ? i : largest;
            }

            return largest;
        }
    }
}

/// <summary>What interventions did to one output.</summary>
/// <param name="Output">Its name.</param>
/// <param name="RootMeanSquare">The root mean square of the change.</param>
/// <param name="Relative">The norm of the change by the norm of the untouched output.</param>
/// <param name="Largest">The largest absolute change.</param>
/// <param name="ArgmaxChanged">The share of rows whose largest element is another one; null where rows have one
/// element.</param>
public sealed record OutputEffect(
    string Output, double RootMeanSquare, double Relative, double Largest, double? ArgmaxChanged);
