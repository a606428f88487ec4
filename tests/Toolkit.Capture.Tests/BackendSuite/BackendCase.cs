using Toolkit.Capture.Inputs;
using Toolkit.Capture.Planning;
using Toolkit.Capture.Probes;
using Toolkit.Capture.Statistics;
using Toolkit.Formats;
using Toolkit.Formats.Onnx;
using Toolkit.Formats.Tensors;
using Toolkit.Runtime;

namespace Toolkit.Capture.Tests.BackendSuite;

/// <summary>One case of the suite: a model, inputs and expected outputs.</summary>
internal static class BackendCase
{
    public const string PlainOnlyVariable = "TOOLKIT_BACKEND_PLAIN";

    /// <summary>The suite's own tolerance: onnx/backend/test/runner, assert_similar_outputs.</summary>
    private const double Relative = 1e-3;
    private const double Absolute = 1e-7;

    private static readonly InferenceOptions Quiet = new() { Log = InferenceLog.Fatal, Threads = 1 };

    public static (BackendOutcome Outcome, string Reason) Run(string folder)
    {
        var path = Path.Combine(folder, "model.onnx");
        var data = Path.Combine(folder, "test_data_set_0");
        Dictionary<string, InputValue> inputs;
        Dictionary<string, InputValue> expected;
        try
        {
            using var engine = InferenceEngine.Open(path, Quiet);
            inputs = Read(data, "input", engine.Inputs);
            expected = Read(data, "output", engine.Outputs);
            using var result = engine.Run(inputs);
            if (Difference(result, expected, static name => name) is { } difference)
            {
                return (BackendOutcome.Differs, difference);
            }
        }
        catch (Exception fault) when (fault is BadInputException or NotSupportedException)
        {
            return (BackendOutcome.NotRun, fault.Message);
        }

        if (Environment.GetEnvironmentVariable(PlainOnlyVariable) == "1")
        {
            return (BackendOutcome.Captured, "plain");
        }

        try
        {
            return Capture(path, inputs, expected);
        }
        catch (Exception fault)
        {
            return (BackendOutcome.Failed, fault.ToString());
        }
    }

    private static (BackendOutcome Outcome, string Reason) Capture(
        string path, Dictionary<string, InputValue> inputs, Dictionary<string, InputValue> expected)
    {
        var plan = ExposurePlan.Create(path, new PlanOptions { MeasureFusions = false });
        var values = plan.Select();
        var exposed = plan.Expose(values);
        var difference = null as string;
        using (var engine = exposed.Open(Quiet))
        {
            // The model's own outputs and everything else, in one run.
            var names = exposed.OutputNames
                .Concat(expected.Keys.Where(name => engine.Outputs.Any(output => output.Name == name)))
                .Distinct()
                .ToList();
            using var result = engine.Run(inputs, names);
            difference = Difference(
                result,
                expected,
                name => exposed.Outputs.FirstOrDefault(output => output.Value.Name == name
                    && output.Value.Depth == 0)?.OutputName
                    ?? name);
            foreach (var output in exposed.Outputs)
            {
                Touch(result[output.OutputName]);
            }
        }

        if (difference is null)
        {
            var collector = new StatisticsCollector(
                static (_, shape) => shape.Rank == 0 ? null : ChannelPlanes.Along(shape.Dimensions, shape.Rank - 1));
            using var engine = StatisticsProbes.Add(plan, values).Open(collector.Observe, Quiet);
            using var result = engine.Run(inputs);
            difference = Difference(result, expected, static name => name) is { } probed
                ? "with probes: " + probed
                : null;
        }

        var refused = plan.Values
            .Where(value => value.Reason is not null)
            .Select(value => $"{value.Key}: {value.Reason}")
            .ToList();
        return difference is null
            ? (
                BackendOutcome.Captured,
                $"{values.Count} values{(refused.Count == 0 ? "" : "; not: " + string.Join("; ", refused))}")
            : (BackendOutcome.Failed, difference);
    }

    private static Dictionary<string, InputValue> Read(
        string folder, string prefix, IReadOnlyList<ValueDescription> values)
    {
        var result = new Dictionary<string, InputValue>(StringComparer.Ordinal);
        for (var i = 0; i < values.Count; i++)
        {
            var file = Path.Combine(folder, $"{prefix}_{i}.pb");
            if (File.Exists(file))
            {
                result[values[i].Name] = OnnxInput.Parse(File.ReadAllBytes(file), file, values[i]).Value;
            }
        }

        return result;
    }

    /// <summary>Reads everything, as a capture would.</summary>
    private static void Touch(NativeValue value)
    {
        foreach (var item in value.Items)
        {
            Touch(item);
        }

        if (value.Kind == ValueKind.Tensor)
        {
            _ = value.Type == ElementType.Text ? value.ReadText().Length : value.Bytes.Length;
        }
    }

    private static string? Difference(
        InferenceResult result, Dictionary<string, InputValue> expected, Func<string, string> outputName)
    {
        var names = result.Values.Select(static value => value.Name).ToHashSet(StringComparer.Ordinal);
        return expected.Where(pair => names.Contains(outputName(pair.Key)))
            .Select(pair => Difference(result[outputName(pair.Key)], pair.Value) is { } difference
                ? $"output '{pair.Key}': {difference}"
                : null)
            .FirstOrDefault(static difference => difference is not null);
    }

    private static string? Difference(NativeValue found, InputValue expected)
    {
        switch (expected)
        {
            case SequenceInput sequence:
                return found.Items.Count != sequence.Items.Count
                    ? $"{found.Items.Count} items, {sequence.Items.Count} expected"
                    : found.Items
                        .Zip(sequence.Items, Difference)
                        .FirstOrDefault(static difference => difference is not null);
            case TextInput text:
                return found.ReadText().SequenceEqual(text.Elements) ? null : "other text";
            case TensorInput { Tensor: var tensor } when found.Kind == ValueKind.Tensor && found.Shape == tensor.Shape:
                var (left, right) = (
                    Doubles(found.Type, found.Bytes.ToArray()), Doubles(tensor.Type, tensor.Bytes.ToArray()));
                for (var i = 0; i < left.Length; i++)
                {
                    var same = left[i].Equals(right[i])
                        || Math.Abs(left[i] - right[i]) <= Absolute + (Relative * Math.Abs(right[i]));
                    if (!same)
                    {
                        return $"element {i}: {left[i]}, {right[i]} expected";
                    }
                }

                return null;
            case TensorInput { Tensor: var tensor }:
                return $"{found.Kind} {found.Shape}, {tensor.Shape} expected";
            default:
                return null;
        }
    }

    private static double[] Doubles(ElementType type, byte[] bytes)
    {
        var size = type.SizeBits() / 8;
        return
        [
            .. Enumerable.Range(0, bytes.Length / Math.Max(size, 1)).Select(i => type switch
            {
                ElementType.Float32 => BitConverter.ToSingle(bytes, i * size),
                ElementType.Float64 => BitConverter.ToDouble(bytes, i * size),
                ElementType.Float16 => (double)BitConverter.ToHalf(bytes, i * size),
                ElementType.BFloat16 =>
                    BitConverter.UInt32BitsToSingle((uint)BitConverter.ToUInt16(bytes, i * size) << 16),
                ElementType.Int64 => BitConverter.ToInt64(bytes, i * size),
                ElementType.UInt64 => BitConverter.ToUInt64(bytes, i * size),
                ElementType.Int32 => BitConverter.ToInt32(bytes, i * size),
                ElementType.UInt32 => BitConverter.ToUInt32(bytes, i * size),
                ElementType.Int16 => BitConverter.ToInt16(bytes, i * size),
                ElementType.UInt16 => BitConverter.ToUInt16(bytes, i * size),
                ElementType.Int8 => (sbyte)bytes[i],
                _ => bytes[i],
            }),
        ];
    }
}
