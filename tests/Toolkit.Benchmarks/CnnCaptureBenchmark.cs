using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Engines;
using Toolkit.Capture;
using Toolkit.Capture.Inputs;
using Toolkit.Formats.Onnx;
using Toolkit.Formats.Onnx.Schema;
using Toolkit.Formats.Tensors;
using Toolkit.Runtime;

namespace Toolkit.Benchmarks;

/// <summary>
/// A capture of a network that computes much for each value it gives, against ONNX Runtime with the same outputs and no
/// writing.
/// </summary>
/// <remarks>
/// Two cores, whole captures (planning, statistics, SHA-256, on the disk in the end), all in one process and in turns;
/// medians, the first iteration of a process left out but for 1,024 samples. The runtime's default differed: two
/// threads on one machine, which others used too, one on another:
/// <code>
///                                     runtime alone   capture for speed   ratio (range)      processor time  of
/// two threads, 8 blocks, 512          13.3 s          14.8 s              1.18 (1.10-1.26)   1.16            9
/// two threads, 8 blocks, 1,024        31.7 s          34.5 s              1.09               1.05            1
/// one thread, 8 blocks, 512           11.4 s          12.6 s              1.11 (0.99-1.19)   1.21            4
/// one thread, 8 blocks, 1,024         20.6 s          22.3 s              1.06 (1.06-1.11)   1.20            3
/// one thread, 8 blocks, 512, quiet    10.5 s          11.1 s              1.06 (1.02-1.09)   -               3
/// one thread, all 40 values, 512      11.5 s          16.1 s              1.40               -               3
/// there, two threads, 8 blocks, 1,024 11.9 s          14.8 s              1.25 (1.19-1.26)   1.24            3
/// two threads, all 40 values, 256      7.1 s          13.1 s              1.84               1.74            1
/// </code>
/// Where the runtime leaves a core free, the encoders have it; where it does not, each batch pays for both. Planning
/// and the first samples take 0.4 to 0.8 s once, being on the disk in the end up to a second.
/// </remarks>
[SimpleJob(RunStrategy.Monitoring, launchCount: 1, warmupCount: 1, iterationCount: 5)]
[MemoryDiagnoser]
public class CnnCaptureBenchmark
{
    private const int Channels = 256;
    private const int Side = 14;
    private const int Blocks = 8;
    private const int Batch = 16;
    private readonly string _folder = Path.Combine(Path.GetTempPath(), "toolkit-cnn-benchmark");

    /// <summary>
    /// The values behind every residual block, as one captures a ResNet; or behind every convolution, sum and rectifier
    /// too.
    /// </summary>
    [Params("blocks", "all")]
    public string Values { get; set; } = "blocks";

    /// <summary>
    /// Samples of a run: enough that what a capture costs once does not hide what it costs per batch.
    /// </summary>
    public int Samples { get; init; } = 512;

    private string ModelPath => Path.Combine(_folder, "model.onnx");

    private string RunFolder => Path.Combine(_folder, "run");

    private string[] Names => Values == "blocks"
        ? [.. Enumerable.Range(0, Blocks).Select(block => $"block{block}")]
        : [.. Enumerable.Range(0, Blocks).SelectMany(
            block => new[] { $"first{block}", $"hidden{block}", $"second{block}", $"sum{block}", $"block{block}" })];

    [GlobalSetup]
    public void Setup()
    {
        Directory.CreateDirectory(_folder);
        OnnxModelFile.Save(Model($"block{Blocks - 1}"), ModelPath);
    }

    [GlobalCleanup]
    public void Cleanup() => Directory.Delete(_folder, recursive: true);

    /// <summary>Deleting what was written is no part of writing it.</summary>
    [IterationCleanup]
    public void DeleteRun()
    {
        if (Directory.Exists(RunFolder))
        {
            Directory.Delete(RunFolder, recursive: true);
        }
    }

    [Benchmark(Baseline = true)]
    public void RuntimeAlone()
    {
        using var engine = InferenceEngine.Open(Model(Names), ModelPath);
        var source = Source(engine.Inputs);
        for (var first = 0L; first < Samples; first += Batch)
        {
            engine.Run(source.Read(first, Batch)).Dispose();
        }
    }

    [Benchmark]
    public async Task CaptureForSpeed() => await CaptureAsync(forSpeed: true);

    [Benchmark]
    public async Task CaptureForSize() => await CaptureAsync(forSpeed: false);

    private async Task CaptureAsync(bool forSpeed)
    {
        using var preparation = CapturePreparation.Create(new CaptureOptions
        {
            ModelPath = ModelPath,
            Folder = RunFolder,
            Inputs = Source,
            Values = Names,
            ForSpeed = forSpeed,
            Batch = Batch,
        });
        await CaptureSession.RunAsync(preparation);
    }

    private IInputSource Source(IReadOnlyList<ValueDescription> inputs) =>
        InputSources.Open(new InputOptions { Source = $"random:1:{Samples}" }, inputs);

    /// <summary>
    /// Residual blocks of two 3 × 3 convolutions: 2,304 multiplications and additions for each element of a
    /// convolution.
    /// </summary>
    private static ModelProto Model(params string[] outputs)
    {
        var random = new Random(1);
        var graph = new GraphProto { Name = "cnn" };
        var shape = new TensorShapeProto();
        shape.Dim.Add(new TensorShapeProto.Types.Dimension { DimParam = "batch" });
        foreach (var extent in new[] { Channels, Side, Side })
        {
            shape.Dim.Add(new TensorShapeProto.Types.Dimension { DimValue = extent });
        }

        graph.Input.Add(new ValueInfoProto { Name = "image", Type = new TypeProto
        {
            TensorType = new TypeProto.Types.Tensor { ElemType = (int)ElementType.Float32, Shape = shape },
        } });
        var value = "image";
        for (var block = 0; block < Blocks; block++)
        {
            Convolution(value, $"first{block}");
            Node("Relu", [$"first{block}"], $"hidden{block}");
            Convolution($"hidden{block}", $"second{block}");
            Node("Add", [$"second{block}", value], $"sum{block}");
            Node("Relu", [$"sum{block}"], value = $"block{block}");
        }

        graph.Output.AddRange(outputs.Select(name => new ValueInfoProto { Name = name }));
        var model = new ModelProto { IrVersion = 8, ProducerName = "benchmark", Graph = graph };
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = "", Version = 17 });
        return model;

        void Convolution(string input, string output)
        {
            var weights = new TensorShape(Channels, Channels, 3, 3);

            // Of variance 1 / inputs, so that values neither grow nor vanish.
            var scale = Math.Sqrt(12.0 / (Channels * 9));
            graph.Initializer.Add(OnnxTensor.Write(
                $"W_{output}", HostTensor.Float32(weights, [.. Enumerable.Range(0, (int)weights.Count)
                    .Select(_ => (float)((random.NextDouble() - 0.5) * scale))])));
            var node = Node("Conv", [input, $"W_{output}"], output);
            node.Attribute.Add(Integers("kernel_shape", 3, 3));
            node.Attribute.Add(Integers("pads", 1, 1, 1, 1));
        }

        NodeProto Node(string op, string[] inputs, string output)
        {
            var node = new NodeProto { OpType = op, Name = output };
            node.Input.AddRange(inputs);
            node.Output.Add(output);
            graph.Node.Add(node);
            return node;
        }
    }

    private static AttributeProto Integers(string name, params long[] values)
    {
        var attribute = new AttributeProto { Name = name, Type = AttributeProto.Types.AttributeType.Ints };
        attribute.Ints.AddRange(values);
        return attribute;
    }
}
