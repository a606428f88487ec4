using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Engines;
using Toolkit.Capture;
using Toolkit.Formats.Onnx;
using Toolkit.Formats.Onnx.Schema;
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
    private const int Batch = 4096;
    private static readonly string[] Values = ["embed_stack", "pre_activation", "hidden", "logits"];
    private readonly string _folder = Path.Combine(Path.GetTempPath(), "toolkit-capture-benchmark");

    private string ModelPath => Path.Combine(_folder, "model.onnx");

    [GlobalSetup]
    public void Setup()
    {
        Directory.CreateDirectory(_folder);
        OnnxModelFile.Save(PairNetwork.Model(), ModelPath);
    }

    [GlobalCleanup]
    public void Cleanup() => Directory.Delete(_folder, recursive: true);

    [Benchmark(Baseline = true)]
    public void RawDump() => Run(write: true);

    [Benchmark]
    public void RuntimeAlone() => Run(write: false);

    [Benchmark]
    public async Task CaptureForSpeed() => await CaptureAsync(forSpeed: true, byChannel: false);

    [Benchmark]
    public async Task CaptureForSpeedByChannelToo() => await CaptureAsync(forSpeed: true, byChannel: true);

    [Benchmark]
    public async Task CaptureForSize() => await CaptureAsync(forSpeed: false, byChannel: false);

    [Benchmark]
    public async Task CaptureForSizeByChannelToo() => await CaptureAsync(forSpeed: false, byChannel: true);

    private async Task CaptureAsync(bool forSpeed, bool byChannel)
    {
        var run = Path.Combine(_folder, "run");
        using var preparation = CapturePreparation.Create(new CaptureOptions
        {
            ModelPath = ModelPath,
            Folder = run,
            Inputs = _ => new PairNetwork.Pairs(),
            Values = Values,
            ForSpeed = forSpeed,
            ByChannel = byChannel,
            Batch = Batch,
        });
        await CaptureSession.RunAsync(preparation);
        Directory.Delete(run, recursive: true);
    }

    private void Run(bool write)
    {
        using var engine = InferenceEngine.Open(Exposed(), ModelPath);
        var pairs = new PairNetwork.Pairs();
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

    private static ModelProto Exposed()
    {
        var model = PairNetwork.Model();
        model.Graph.Output.Clear();
        model.Graph.Output.AddRange(Values.Select(name => new ValueInfoProto { Name = name }));
        return model;
    }
}
