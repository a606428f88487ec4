using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Engines;
using Toolkit.Capture;
using Toolkit.Capture.Inputs;
using Toolkit.Formats.Onnx;
using Toolkit.Formats.Onnx.Schema;
using Toolkit.Formats.Tables;
using Toolkit.Formats.Tensors;
using Toolkit.Runtime;

namespace Toolkit.Benchmarks;

/// <summary>
/// A capture against a raw binary dump of the same values: a network of the size of the published S6 one, 720² pairs, four
/// values of 512, 128, 128 and 720 floats, 3.09 GB.
/// </summary>
/// <remarks>
/// Two runs one after the other in one process, on two cores that many other processes shared (load above 20), so that only
/// times of one round compare; processor seconds are user + system.
/// <code>
///                     first round            second round           peak memory
/// raw dump            55.4 s (14.9 s cpu)    37.8 s (12.9 s cpu)    136 MiB
/// capture for speed   52.7 s (18.4 s cpu)    30.3 s (15.0 s cpu)    248 MiB
/// capture for size    31.2 s (19.0 s cpu)                           504 MiB, after the others in the same process
/// runtime alone        5.0 s ( 3.1 s cpu)
/// </code>
/// Capture for speed: 0.80 to 0.95 of the raw dump's time, 1.16 to 1.24 of its processor time, statistics and SHA-256 included.
/// It does not prove the ratio on a quiet machine or a faster disk, where processor time counts for more.
/// </remarks>
[SimpleJob(RunStrategy.Monitoring, launchCount: 1, warmupCount: 0, iterationCount: 3)]
[MemoryDiagnoser]
public class CaptureBenchmark
{
    private const int Order = 720;
    private const int Batch = 4096;
    private static readonly string[] Values = ["embed_stack", "pre_activation", "hidden", "logits"];
    private readonly string _folder = Path.Combine(Path.GetTempPath(), "toolkit-capture-benchmark");

    private string ModelPath => Path.Combine(_folder, "model.onnx");

    [GlobalSetup]
    public void Setup()
    {
        Directory.CreateDirectory(_folder);
        OnnxModelFile.Save(Network(), ModelPath);
    }

    [GlobalCleanup]
    public void Cleanup() => Directory.Delete(_folder, recursive: true);

    [Benchmark(Baseline = true)]
    public void RawDump() => Run(write: true);

    [Benchmark]
    public void RuntimeAlone() => Run(write: false);

    [Benchmark]
    public async Task CaptureForSpeed() => await CaptureAsync(forSpeed: true);

    [Benchmark]
    public async Task CaptureForSize() => await CaptureAsync(forSpeed: false);

    private async Task CaptureAsync(bool forSpeed)
    {
        var run = Path.Combine(_folder, "run");
        using var preparation = CapturePreparation.Create(new CaptureOptions
        {
            ModelPath = ModelPath,
            Folder = run,
            Inputs = _ => new Pairs(),
            Values = Values,
            ForSpeed = forSpeed,
            Batch = Batch,
        });
        await CaptureSession.RunAsync(preparation);
        Directory.Delete(run, recursive: true);
    }

    private void Run(bool write)
    {
        using var engine = InferenceEngine.Open(Exposed(), ModelPath);
        var pairs = new Pairs();
        var files = Values.Select(name => write ? new FileStream(Path.Combine(_folder, name + ".bin"), FileMode.Create, FileAccess.Write, FileShare.None, 0) : null).ToArray();
        for (var first = 0L; first < pairs.Samples; first += Batch)
        {
            using var result = engine.Run(pairs.Read(first, (int)Math.Min(Batch, pairs.Samples - first)), Values);
            for (var i = 0; i < files.Length; i++)
            {
                files[i]?.Write(result.Values[i].Bytes);
            }
        }

        foreach (var file in files)
        {
            file?.Dispose();
            if (file is not null)
            {
                File.Delete(file.Name);
            }
        }
    }

    private static ModelProto Network()
    {
        var random = new Random(1);
        var graph = new GraphProto { Name = "mlp" };
        foreach (var name in new[] { "a", "b" })
        {
            graph.Input.Add(Value(name, ElementType.Int64));
        }

        void Weights(string name, params long[] shape)
        {
            var tensor = new TensorShape(shape);
            var values = new float[tensor.Count];
            for (var i = 0; i < values.Length; i++)
            {
                values[i] = (float)((random.NextDouble() - 0.5) / 8);
            }

            graph.Initializer.Add(OnnxTensor.Write(name, HostTensor.Float32(tensor, values)));
        }

        Weights("W_x", Order, 256);
        Weights("W_y", Order, 256);
        Weights("W", 512, 128);
        Weights("W_U", 128, Order);
        graph.Node.Add(Node("Gather", ["W_x", "a"], "x"));
        graph.Node.Add(Node("Gather", ["W_y", "b"], "y"));
        var concat = Node("Concat", ["x", "y"], "embed_stack");
        concat.Attribute.Add(new AttributeProto { Name = "axis", Type = AttributeProto.Types.AttributeType.Int, I = 1 });
        graph.Node.Add(concat);
        graph.Node.Add(Node("MatMul", ["embed_stack", "W"], "pre_activation"));
        graph.Node.Add(Node("Relu", ["pre_activation"], "hidden"));
        graph.Node.Add(Node("MatMul", ["hidden", "W_U"], "logits"));
        graph.Output.Add(new ValueInfoProto { Name = "logits" });
        var model = new ModelProto { IrVersion = 8, ProducerName = "benchmark", Graph = graph };
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = "", Version = 17 });
        return model;
    }

    private static ModelProto Exposed()
    {
        var model = Network();
        model.Graph.Output.Clear();
        model.Graph.Output.AddRange(Values.Select(name => new ValueInfoProto { Name = name }));
        return model;
    }

    private static NodeProto Node(string op, string[] inputs, string output)
    {
        var node = new NodeProto { OpType = op, Name = output };
        node.Input.AddRange(inputs);
        node.Output.Add(output);
        return node;
    }

    private static ValueInfoProto Value(string name, ElementType type)
    {
        var shape = new TensorShapeProto();
        shape.Dim.Add(new TensorShapeProto.Types.Dimension { DimParam = "batch" });
        return new ValueInfoProto { Name = name, Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)type, Shape = shape } } };
    }

    /// <summary>All pairs, row-major.</summary>
    private sealed class Pairs : IInputSource
    {
        public string Source => "pairs";

        public string? Sha256 => null;

        public long Samples => Order * Order;

        public int? FixedBatch => null;

        public IReadOnlyDictionary<string, InputValue> Read(long firstSample, int samples)
        {
            var (a, b) = (new long[samples], new long[samples]);
            for (var i = 0; i < samples; i++)
            {
                (a[i], b[i]) = Math.DivRem(firstSample + i, Order);
            }

            return new Dictionary<string, InputValue>(StringComparer.Ordinal)
            {
                ["a"] = HostTensor.Create<long>(ElementType.Int64, new TensorShape(samples), a),
                ["b"] = HostTensor.Create<long>(ElementType.Int64, new TensorShape(samples), b),
            };
        }

        public IReadOnlyList<TableColumn> Describe(long firstSample, int samples) => [];
    }
}
