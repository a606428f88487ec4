using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Engines;
using Toolkit.Capture;
using Toolkit.Formats.Onnx;
using Toolkit.Formats.Runs;

namespace Toolkit.Benchmarks;

/// <summary>
/// One of 512 neurons over 518,400 samples, from a run that has files by channels and from one that has not.
/// </summary>
/// <remarks>
/// On two quiet cores:
/// <code>
/// encoding                     time         allocated
/// size      from rows          1,989 ms     2,464 MB
///           from channels          7.7 ms       7.6 MB
/// speed     from rows            895 ms     1,540 MB
///           from channels         10.3 ms       7.6 MB
/// </code>
/// The files lie in the disk cache, so it does not prove the time of a first read, where fewer bytes count for more.
/// </remarks>
[SimpleJob(RunStrategy.Monitoring, launchCount: 1, warmupCount: 1, iterationCount: 5)]
[MemoryDiagnoser]
public class ChannelReadBenchmark
{
    private readonly string _folder = Path.Combine(Path.GetTempPath(), "toolkit-channel-benchmark");

    [Params("speed", "size")]
    public string Encoding { get; set; } = "speed";

    [GlobalSetup]
    public async Task Setup()
    {
        Directory.CreateDirectory(_folder);
        var model = Path.Combine(_folder, "model.onnx");
        OnnxModelFile.Save(PairNetwork.Model(), model);
        foreach (var byChannel in new[] { false, true })
        {
            using var preparation = CapturePreparation.Create(new CaptureOptions
            {
                ModelPath = model,
                Folder = Path.Combine(_folder, byChannel ? "blocks" : "rows"),
                Inputs = _ => new PairNetwork.Pairs(),
                Values = ["embed_stack"],
                ForSpeed = Encoding == "speed",
                ByChannel = byChannel,
            });
            await CaptureSession.RunAsync(preparation);
        }
    }

    [GlobalCleanup]
    public void Cleanup() => Directory.Delete(_folder, recursive: true);

    [Benchmark(Baseline = true)]
    public long FromRows() => Read("rows");

    [Benchmark]
    public long FromBlocks() => Read("blocks");

    private long Read(string run)
    {
        var reader = RunReader.Open(Path.Combine(_folder, run));
        return reader.ReadByChannel(reader.Find("embed_stack"), [300], 0, reader.Samples).Shape.Count;
    }
}
