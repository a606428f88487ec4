using System.Diagnostics;
using System.Globalization;
using Toolkit.Capture.Inputs;
using Toolkit.Capture.Interventions;
using Toolkit.Capture.Planning;
using Toolkit.Formats;
using Toolkit.Formats.Onnx;
using Toolkit.Formats.Onnx.Schema;
using Toolkit.Formats.Runs;
using Toolkit.Formats.Tensors;
using static Toolkit.Testing.SomeModel;

namespace Toolkit.Capture.Tests.Memory;

/// <summary>Captures in passes store what one pass stores, in the memory that was asked for.</summary>
public sealed class MemoryBudgetTests
{
    private const string Scenario = "TOOLKIT_MEMORY_BUDGET";
    private const string Answer = "TOOLKIT_MEMORY_BUDGET_FILE";

    /// <summary>
    /// The estimate leaves out scratch memory of kernels and counts in-place operators twice; a factor of two either
    /// way.
    /// </summary>
    private const double EstimateFactor = 2;

    /// <summary>
    /// Twelve layers, whose 24 values take 15 MiB each over the whole batch: 360 MiB, three times as much under way.
    /// </summary>
    private const int Layers = 12;
    private const int Batch = 4;
    private static readonly long[] Image = [1, 16, 240, 256];

    [Theory]
    [InlineData(ExposureMode.All)]
    [InlineData(ExposureMode.Unfused)]
    public void Passes_store_the_same_bytes_as_one_pass(ExposureMode mode)
    {
        using var fixture = new CaptureFixture(
            Net([16, 12, 10], channels: 3), ("x", CaptureFixture.Normals(20, 3, 12, 10)));
        CaptureOptions Of(string run, long? budget) =>
            fixture.Options(run)
                with { Batch = 4, SegmentSamples = 8, Mode = mode, MemoryBudgetBytes = budget, CountNodes = true };
        using (var preparation = CapturePreparation.Create(Of("never", Tight(fixture))))
        {
            preparation.ValuesPerPass.Count.ShouldBeGreaterThan(1);
        }

        CaptureFixture.CaptureOnly(Of("one", null));
        CaptureFixture.CaptureOnly(Of("passes", Tight(fixture)));
        fixture.Files("passes").ShouldBe(fixture.Files("one"));
        RunVerification.Verify(fixture["passes"]).Faults.ShouldBeEmpty();
    }

    [Fact]
    public async Task Passes_go_on_after_a_stop_carry_state_and_measure_interventions()
    {
        var graph = Graph(
            ["x:batch,50000", "s:1,50000"],
            ["y:batch,50000", "next:1,50000"],
            Node("Add", "x s", "sum"),
            Node("Exp", "sum", "e"),
            Node("Tanh", "e", "y"),
            Node("Neg", "y", "next"));
        using var fixture = new CaptureFixture(Of(graph), ("x", CaptureFixture.Normals(30, 50_000)));
        CaptureOptions At(string run, long failAt, long? budget) => fixture.Options(run) with
        {
            SegmentSamples = 5,
            MemoryBudgetBytes = budget,
            CountNodes = true,
            Carry = [("next", "s")],
            Inputs = inputs => new FailingInputs(
                InputSources.Open(
                    new InputOptions { Source = fixture.InputsPath, Optional = new HashSet<string>(["s"]) }, inputs),
                failAt),
        };
        var tight = Tight(fixture, At("never", 1000, 1));
        CaptureFixture.CaptureOnly(At("one", 1000, null));
        Should.Throw<IOException>(() => CaptureFixture.CaptureOnly(At("passes", 13, tight)));
        CaptureFixture.CaptureOnly(At("passes", 1000, tight) with { Resume = true });
        fixture.Files("passes").ShouldBe(fixture.Files("one"));

        var zero = At("zero", 1000, tight)
            with { Carry = [], Interventions = [new ZeroValue("e", [])], Inputs = Random };
        using var preparation = CapturePreparation.Create(zero);
        preparation.ValuesPerPass.Count.ShouldBeGreaterThan(1);
        var summary = await CaptureSession.RunAsync(preparation, null, TestContext.Current.CancellationToken);
        summary.Effects.Single(effect => effect.Output == "y").Relative.ShouldBe(1, 1e-6);

        static IInputSource Random(IReadOnlyList<Toolkit.Runtime.ValueDescription> inputs) =>
            InputSources.Open(new InputOptions { Source = "random:1:20" }, inputs);
    }

    [Fact]
    public void A_budget_too_small_for_one_value_says_what_would_do_and_that_does()
    {
        using var fixture = new CaptureFixture(
            Net(Image[1..], channels: 16), ("x", CaptureFixture.Normals(Batch, 16, 240, 256)));
        var options = fixture.Options("run") with { Batch = Batch, MemoryBudgetBytes = 1 << 20 };
        var message = Should.Throw<BadInputException>(() => CapturePreparation.Create(options).Dispose()).Message;
        message.ShouldContain("is too small");
        var least = message.Split("The least that works is ")[1].Split([',', '.'])[0];
        using var preparation = CapturePreparation.Create(options with { MemoryBudgetBytes = ByteSize.Parse(least) });
        preparation.ValuesPerPass.Count.ShouldBeGreaterThan(1);
    }

    [Fact]
    public void The_memory_that_a_capture_takes_is_below_its_budget_and_about_as_estimated()
    {
        Assert.SkipUnless(File.Exists("/proc/self/status"), "peak memory is read from /proc, which is Linux's");
        var (whole, estimated) = Measure("none");
        var (half, _) = Measure("600M");
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"without a budget {whole:0} MiB, estimated {estimated:0}; with 600 MiB {half:0}");
        whole.ShouldBeGreaterThan(700, "or the budget below would not be a limit");
        half.ShouldBeLessThanOrEqualTo(600);
        (whole / estimated).ShouldBeInRange(1 / EstimateFactor, EstimateFactor);
    }

    [Fact]
    public void One_small_value_of_a_large_model_is_captured_in_runs_that_the_model_itself_can_take()
    {
        // Input, activation and output: 512 KiB and 16 bytes a sample, of which 128 MiB hold 255. The means alone would let 8,192 samples run at once.
        using var fixture = new CaptureFixture(Of(Graph(
            ["x:batch,4,128,128"], ["y:batch,4,1,1"], Node("Exp", "x", "e"), Node("GlobalAveragePool", "e", "y"))));
        using var preparation = CapturePreparation.Create(fixture.Options("run") with
        {
            Inputs = inputs => InputSources.Open(new InputOptions { Source = "random:1:10000" }, inputs),
            Values = ["y"],
        });
        preparation.Plan.Batch.ShouldBe(128);
    }

    /// <summary>Runs only as a process of its own, started by the test above.</summary>
    [Fact]
    public async Task Child()
    {
        var scenario = Environment.GetEnvironmentVariable(Scenario);
        Assert.SkipWhen(scenario is null, "it is the child process of the other test");
        using var folder = new TemporaryFolder();
        OnnxModelFile.Save(Net(Image[1..], channels: 16), folder["net.onnx"]);
        var estimated = 0L;
        using (var preparation = CapturePreparation.Create(new CaptureOptions
            {
                ModelPath = folder["net.onnx"],
                Folder = folder["run"],
                Inputs = inputs => InputSources.Open(new InputOptions { Source = "random:1:24" }, inputs),
                Batch = Batch,
                ForSpeed = true,
                MemoryBudgetBytes = scenario == "none" ? null : ByteSize.Parse(scenario!),
            }))
        {
            await CaptureSession.RunAsync(preparation, null, TestContext.Current.CancellationToken);
            estimated = preparation.EstimatedPeakBytes;
        }

        await File.WriteAllTextAsync(
            Environment.GetEnvironmentVariable(Answer)!,
            string.Create(CultureInfo.InvariantCulture, $"{PeakMebibytes()} {estimated / 1048576.0}"),
            TestContext.Current.CancellationToken);
    }

    /// <summary>A budget that holds the largest value of a capture and little more.</summary>
    private static long Tight(CaptureFixture fixture, CaptureOptions? options = null)
    {
        var message = Should.Throw<BadInputException>(() => CapturePreparation.Create((options ?? fixture.Options(
            "never") with { Batch = 4, SegmentSamples = 8 }) with { MemoryBudgetBytes = 1 }).Dispose()).Message;
        return ByteSize.Parse(message.Split("The least that works is ")[1].Split([',', '.'])[0])!.Value;
    }

    private static (double Peak, double Estimated) Measure(string scenario)
    {
        using var folder = new TemporaryFolder();
        var start = new ProcessStartInfo(Environment.ProcessPath!)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath!) == "dotnet")
        {
            start.ArgumentList.Add(typeof(MemoryBudgetTests).Assembly.Location);
        }

        start.ArgumentList.Add("-method");
        start.ArgumentList.Add($"{typeof(MemoryBudgetTests).FullName}.{nameof(Child)}");
        start.Environment[Scenario] = scenario;

        // As the program gives its child: blocks above it go back to the system when they are free.
        start.Environment["MALLOC_MMAP_THRESHOLD_"] = "1048576";
        start.Environment[Answer] = folder["answer"];
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        File.Exists(folder["answer"]).ShouldBeTrue(output + errors.Result);
        var numbers = File.ReadAllText(folder["answer"])
            .Split(' ')
            .Select(n => double.Parse(n, CultureInfo.InvariantCulture))
            .ToArray();
        return (numbers[0], numbers[1]);
    }

    private static double PeakMebibytes()
    {
        var line = File.ReadLines("/proc/self/status")
            .First(line => line.StartsWith("VmHWM", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2], CultureInfo.InvariantCulture)
            / 1024.0;
    }

    /// <summary>
    /// Layers of a 1 × 1 convolution and a sigmoid, which the runtime fuses where nobody looks between them.
    /// </summary>
    private static ModelProto Net(long[] image, int channels)
    {
        var shape = $"batch,{channels},{image[^2]},{image[^1]}";
        var graph = Graph([$"x:{shape}"], [$"r{Layers}:{shape}"]);
        var random = new Random(7);
        graph.Initializer.Add(Constant(
            "W",
            new TensorShape(channels, channels, 1, 1),
            [.. Enumerable.Range(0, channels * channels).Select(_ => (float)(random.NextDouble() - 0.5))]));
        graph.Initializer.Add(Constant("b", new TensorShape(channels), new float[channels]));
        for (var i = 1; i <= Layers; i++)
        {
            graph.Node.Add(Node("Conv", $"{(i == 1 ? "x" : $"r{i - 1}")} W b", $"v{i}"));
            graph.Node.Add(Node("Relu", $"v{i}", $"r{i}"));
        }

        return Of(graph);
    }
}
