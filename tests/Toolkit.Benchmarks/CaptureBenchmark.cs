using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Engines;
using Toolkit.Capture;
using Toolkit.Formats.Onnx;
using Toolkit.Formats.Onnx.Schema;
using Toolkit.Runtime;

namespace Toolkit.Benchmarks;

/// <summary>
/// A capture against a raw binary dump of the same values: a network of the size of the published S6 one, 720² pairs,
/// four values of 512, 128, 128 and 720 floats, 3.09 GB.
/// </summary>
/// <remarks>
/// On two quiet cores, three iterations each in one process (the first, which pays for compilation and a cold disk
/// cache, in brackets):
/// <code>
///                                      seconds               of the raw dump
/// raw dump                             (9.4)  4.9   5.2
/// runtime alone                        (1.8)  1.1   1.2      0.2
/// capture for speed                    (7.6)  6.2   6.1      1.2
/// the same, by channels too           (15.3) 12.2  11.9      2.4   (twice the bytes)
/// capture for size                    (12.0)  9.3   9.2      1.8
/// the same, by channels too           (18.9) 16.3  15.6      3.1
/// </code>
/// Statistics and SHA-256 are included; deleting the files was, too. Since then LZ4 is kept only where it halves a
/// value, and the files are on the disk when the capture ends, which those of the dump are not. Four iterations in
/// turns on cores and a disk that others used, without deletion: dump 10.2, 8.9, 6.1, 8.1 s, capture for speed 11.1,
/// 9.0, 8.9, 8.1 s, ratios 1.09, 1.02, 1.47, 1.01. With checksums of pages, alone on the machine, five iterations each:
/// dump (9.0) 4.5, 4.8, 2.4, 3.9 s, capture for speed (5.6) 4.6, 4.6, 4.5, 4.4 s: 1.16 of the means, 0.96 with the
/// first. Peak memory 248 MiB in an earlier version.
/// </remarks>
[SimpleJob(RunStrategy.Monitoring, launchCount: 1, warmupCount: 0, iterationCount: 3)]
[MemoryDiagnoser]
public class CaptureBenchmark
{
    private const int Batch = 4096;
    private static readonly string[] Values = ["embed_stack", "pre_activation", "hidden", "logits"];
    private readonly string _folder = Path.Combine(Path.GetTempPath(), "toolkit-capture-benchmark");

    private string ModelPath => Path.Combine(_folder, "model.onnx");

    private string RunFolder => Path.Combine(_folder, "run");

    [GlobalSetup]
    public void Setup()
    {
        Directory.CreateDirectory(_folder);
        OnnxModelFile.Save(PairNetwork.Model(), ModelPath);
    }

    [GlobalCleanup]
    public void Cleanup() => Directory.Delete(_folder, recursive: true);

    /// <summary>Deleting what was written is no part of writing it.</summary>
    [IterationCleanup]
    public void DeleteFiles()
    {
        foreach (var file in Directory.EnumerateFiles(_folder, "*.bin"))
        {
            File.Delete(file);
        }

        if (Directory.Exists(RunFolder))
        {
            Directory.Delete(RunFolder, recursive: true);
        }
    }

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
        using var preparation = CapturePreparation.Create(new CaptureOptions
        {
            ModelPath = ModelPath,
            Folder = RunFolder,
            Inputs = _ => new PairNetwork.Pairs(),
            Values = Values,
            ForSpeed = forSpeed,
            ByChannel = byChannel,
            Batch = Batch,
        });
        await CaptureSession.RunAsync(preparation);
    }

    private void Run(bool write)
    {
        using var engine = InferenceEngine.Open(Exposed(), ModelPath);
        var pairs = new PairNetwork.Pairs();
        var files = Values.Select(name => write
            ? new FileStream(Path.Combine(_folder, name + ".bin"), FileMode.Create, FileAccess.Write, FileShare.None, 0)
            : null).ToArray();
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
