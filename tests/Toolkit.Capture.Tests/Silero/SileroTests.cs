using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using Toolkit.Capture.Inputs;
using Toolkit.Formats.Checkpoints.Numpy;
using Toolkit.Formats.Runs;
using Toolkit.Formats.Tensors;

namespace Toolkit.Capture.Tests.Silero;

/// <summary>
/// Every value of a recurrent speech detector, branches within branches, against an evaluation in numpy that asked no
/// runtime (make_expected.py).
/// </summary>
public sealed class SileroTests
{
    /// <summary>
    /// Of a value's largest magnitude: float32 against float64 over some thirty layers; found are 5e-6 at most.
    /// </summary>
    private const double Tolerance = 2e-5;

    /// <summary>Integers and zeros are exact; an assertion takes no tolerance of 0.</summary>
    private const double Exact = 1e-9;

    [Theory]
    [InlineData(16000, 576)]
    [InlineData(8000, 288)]
    public void Every_value_of_the_branches_taken_is_captured_as_numpy_computes_it(int rate, int length)
    {
        var model = SharedData.Require("onnx", "silero_vad.onnx");
        using var folder = new TemporaryFolder();
        NpzWriter.Write(folder["inputs.npz"],
        [
            KeyValuePair.Create("input", HostTensor.Float32(
                new TensorShape(2, length), [.. Signal(0, length), .. Signal(1, length)])),
            KeyValuePair.Create("sr", HostTensor.Create<long>(ElementType.Int64, new TensorShape(2), [rate, rate])),
        ]);
        CaptureFixture.CaptureOnly(new CaptureOptions
        {
            ModelPath = model,
            Folder = folder["run"],
            Carry = [("stateN", "state")],
            Inputs = inputs => InputSources.Open(
                new InputOptions
                {
                    Source = folder["inputs.npz"],
                    Optional = new HashSet<string>(StringComparer.Ordinal) { "state" },
                },
                inputs),
        });
        var run = RunReader.Open(folder["run"]);

        var expected = Expected(rate);
        run.Tensors.Where(static tensor => tensor.IsStored && tensor.Operator != "Constant")
            .Select(static tensor => tensor.Name)
            .ShouldBe(expected.Keys, ignoreOrder: true);
        foreach (var (name, value) in expected)
        {
            Check(run, run.Find(name), value);
        }
    }

    private static void Check(RunReader run, TensorEntry tensor, JsonElement expected)
    {
        tensor.OriginalType.ShouldBe(expected.GetProperty("dtype").GetString(), tensor.Name);
        var stored = Stored(run, tensor);
        int[] shape = [.. expected.GetProperty("shape").EnumerateArray().Select(static extent => extent.GetInt32())];
        stored.Length.ShouldBe(shape.Aggregate(1, static (a, b) => a * b), tensor.Name);

        var largest = expected.GetProperty("largest").GetDouble();
        var tolerance = tensor.OriginalType == "float32" ? Math.Max(Tolerance * largest, Exact) : Exact;
        stored.Max(Math.Abs).ShouldBe(largest, tolerance, tensor.Name);
        stored.Sum().ShouldBe(expected.GetProperty("sum").GetDouble(), tolerance * stored.Length, tensor.Name);
        stored.Sum(static x => x * x).ShouldBe(
            expected.GetProperty("squares").GetDouble(), tolerance * Math.Max(1, 2 * largest) * stored.Length, tensor.Name);
        var at = 0;
        foreach (var element in expected.GetProperty("elements").EnumerateArray())
        {
            stored[StoredAt(at, shape, tensor.FeatureAxis)].ShouldBe(
                element.GetDouble(), tolerance, string.Create(CultureInfo.InvariantCulture, $"{tensor.Name}[{at}]"));
            at += expected.GetProperty("step").GetInt32();
        }
    }

    /// <summary>The second sample's value, in stored order; of a constant, the run's one.</summary>
    private static double[] Stored(RunReader run, TensorEntry tensor)
    {
        byte[] bytes;
        if (tensor.SampleShape is null)
        {
            bytes = [.. run.ReadRagged(tensor).Where(static row => row.Sample == 1)
                .OrderBy(static row => row.Position)
                .SelectMany(static row => row.Bytes)];
        }
        else
        {
            var all = run.Read(tensor).Bytes.ToArray();
            bytes = tensor.Granularity == RowGranularity.Constant ? all : all[(all.Length / 2)..];
        }

        return tensor.StoredType switch
        {
            "float32" => [.. MemoryMarshal.Cast<byte, float>(bytes).ToArray().Select(static x => (double)x)],
            "int64" => [.. MemoryMarshal.Cast<byte, long>(bytes).ToArray().Select(static x => (double)x)],
            "bool" => [.. bytes.Select(static x => (double)x)],
            var other => throw new InvalidOperationException($"{tensor.Name} is stored as {other}."),
        };
    }

    /// <summary>Where an element of the graph's order stands in stored order: its feature axis is the last.</summary>
    private static int StoredAt(int at, int[] shape, int? featureAxis)
    {
        if (featureAxis is not { } axis)
        {
            return at;
        }

        var inner = shape[(axis + 1)..].Aggregate(1, static (a, b) => a * b);
        var (outer, feature) = (at / inner / shape[axis], at / inner % shape[axis]);
        return (((outer * inner) + (at % inner)) * shape[axis]) + feature;
    }

    private static Dictionary<string, JsonElement> Expected(int rate)
    {
        var path = Path.Combine(
            SharedData.RepositoryRoot, "tests", "Toolkit.Capture.Tests", "Silero", "expected.json");
        using var document = JsonDocument.Parse(File.ReadAllBytes(path));
        return document.RootElement.GetProperty(rate.ToString(CultureInfo.InvariantCulture))
            .EnumerateObject()
            .ToDictionary(static value => value.Name, static value => value.Value.Clone(), StringComparer.Ordinal);
    }

    /// <summary>As in make_expected.py.</summary>
    private static float[] Signal(int sample, int length) =>
    [
        .. Enumerable.Range(1000 * sample, length).Select(
            static k => (float)(((((long)k * k * 31) + (k * 17)) % 2001 - 1000) / 4000.0)),
    ];
}
