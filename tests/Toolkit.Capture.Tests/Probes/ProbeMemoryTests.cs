using System.Diagnostics;
using System.Globalization;
using Toolkit.Capture.Planning;
using Toolkit.Capture.Probes;
using Toolkit.Capture.Statistics;
using Toolkit.Formats.Onnx.Schema;
using Toolkit.Formats.Tensors;
using Toolkit.Runtime;
using static Toolkit.Testing.SomeModel;

namespace Toolkit.Capture.Tests.Probes;

/// <summary>
/// Guards the one undocumented thing that statistics of every value stand on: that ONNX Runtime runs a probe as soon as
/// its value is there, so that the value is freed as in the plain model. To be run again at every upgrade of the
/// runtime.
/// </summary>
public sealed class ProbeMemoryTests
{
    private const string Scenario = "TOOLKIT_PROBE_MEMORY";
    private const string Answer = "TOOLKIT_PROBE_MEMORY_FILE";
    private const int Activations = 120;
    private static readonly TensorShape Shape = new(1, 16, 480, 512); // 15 MiB

    [Fact]
    public void Statistics_of_every_value_take_the_memory_of_the_plain_model()
    {
        Assert.SkipUnless(File.Exists("/proc/self/status"), "peak memory is read from /proc, which is Linux's");
        var plain = Measure("plain");
        var probed = Measure("probed");
        TestContext.Current.TestOutputHelper?.WriteLine($"plain {plain} MiB, probed {probed} MiB");
        probed.ShouldBeLessThanOrEqualTo(1.15 * plain, $"plain: {plain} MiB");
    }

    /// <summary>Runs only as a process of its own, started by the test above.</summary>
    [Fact]
    public void Child()
    {
        var scenario = Environment.GetEnvironmentVariable(Scenario);
        Assert.SkipWhen(scenario is null, "it is the child process of the other test");
        var model = Net();
        var plan = ExposurePlan.Create(model, "net.onnx", new PlanOptions { MeasureFusions = false, Verify = false });
        var inputs = new Dictionary<string, InputValue> { ["x"] = HostTensor.Float32(Shape, new float[Shape.Count]) };
        if (scenario == "plain")
        {
            using var engine = InferenceEngine.Open(model, "net.onnx");
            using var result = engine.Run(inputs);
        }
        else
        {
            // Moments by channel and the histogram, of all values.
            var collector = new StatisticsCollector(
                static (_, shape) => ChannelPlanes.Along(shape.Dimensions, 1));
            var probed = StatisticsProbes.Add(plan, plan.Select());
            using var engine = probed.Open(collector.Observe);
            using var result = engine.Run(inputs);
            var found = collector.Take();
            found.Count.ShouldBe(Activations);
            found.Values.ShouldAllBe(one => one.Statistics.Whole.Count == Shape.Count
                && one.Statistics.Channels!.Count == 16);
        }

        File.WriteAllText(
            Environment.GetEnvironmentVariable(Answer)!, PeakMebibytes().ToString(CultureInfo.InvariantCulture));
    }

    private static double Measure(string scenario)
    {
        using var folder = new TemporaryFolder();
        var start = new ProcessStartInfo(Environment.ProcessPath!)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath!) == "dotnet")
        {
            start.ArgumentList.Add(typeof(ProbeMemoryTests).Assembly.Location);
        }

        start.ArgumentList.Add("-method");
        start.ArgumentList.Add($"{typeof(ProbeMemoryTests).FullName}.{nameof(Child)}");
        start.Environment[Scenario] = scenario;
        start.Environment[Answer] = folder["peak"];
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        File.Exists(folder["peak"]).ShouldBeTrue(output + errors.Result);
        return double.Parse(File.ReadAllText(folder["peak"]), CultureInfo.InvariantCulture);
    }

    private static ModelProto Net()
    {
        var graph = Graph(["x:1,16,480,512"], ["v120:1,16,480,512"]);
        var random = new Random(7);
        graph.Initializer.Add(Constant(
            "W",
            new TensorShape(16, 16, 1, 1),
            [.. Enumerable.Range(0, 256).Select(_ => (float)(random.NextDouble() - 0.5))]));
        graph.Initializer.Add(Constant("b", new TensorShape(16), new float[16]));
        for (var i = 1; i <= Activations; i++)
        {
            graph.Node.Add(Node("Conv", $"{(i == 1 ? "x" : $"v{i - 1}")} W b", $"v{i}"));
        }

        return Of(graph);
    }

    private static double PeakMebibytes()
    {
        var line = File.ReadLines("/proc/self/status")
            .First(line => line.StartsWith("VmHWM", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2], CultureInfo.InvariantCulture)
            / 1024.0;
    }
}
