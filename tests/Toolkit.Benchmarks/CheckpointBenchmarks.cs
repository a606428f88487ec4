using BenchmarkDotNet.Attributes;
using Toolkit.Formats.Checkpoints;
using Toolkit.Formats.Checkpoints.Safetensors;
using Toolkit.Formats.Tensors;

namespace Toolkit.Benchmarks;

/// <summary>
/// Opening, listing and reading checkpoints: listing must not depend on the file's size, reading must cost what the
/// bytes cost.
/// </summary>
/// <remarks>
/// <para>
/// Measured as wall time on two cores of a shared AMD EPYC with little else running, warm page cache, means of 10:
/// </para>
/// <code>
/// List256MB        23.2 µs   ± 0.7
/// List10GB         20.8 µs   ± 2.6; the same bytes are read; a test counts them
/// RawBytes         43.3 ms   ± 4.3; 256 MiB from the position where the tensor lies
/// ReadTensor       46.0 ms   ± 1.3, 1.08 of it ± 0.13
/// </code>
/// <para>Where the elements start decides more than the reader does: raw bytes from a multiple of 64 took 33 ms of
/// processor time, from 80 75 ms, on a busy machine. The writer therefore starts them at a multiple of 64. What it does
/// not prove: a cold disk, which both wait for alike.</para>
/// <para>Run: <c>dotnet run -c Release --project tests/Toolkit.Benchmarks -- --filter *Checkpoint*</c></para>
/// </remarks>
[InProcess]
[WarmupCount(2)]
[IterationCount(10)]
public class CheckpointBenchmarks
{
    private const int Elements = 64 << 20;
    private readonly string _folder = Path.Combine(Path.GetTempPath(), $"toolkit-benchmark-{Guid.NewGuid():N}");
    private Checkpoint _checkpoint = null!;
    private long _start;

    private string Small => Path.Combine(_folder, "small.safetensors");

    private string Huge => Path.Combine(_folder, "huge.safetensors");

    [GlobalSetup]
    public void SetUp()
    {
        SafetensorsWriter.Write(Small, new Dictionary<string, HostTensor> { ["w"] = HostTensor.Float32(
            new TensorShape(Elements), new float[Elements]) });
        // Padded as the writer pads: the two files differ in nothing but their size.
        var header = System.Text.Encoding.UTF8.GetBytes(
            """{"w":{"dtype":"F32","shape":[2500000000],"data_offsets":[0,10000000000]}}""".PadRight(120));
        using (var file = File.Create(Huge))
        {
            file.Write(BitConverter.GetBytes((long)header.Length));
            file.Write(header);
            file.SetLength(8 + header.Length + 10_000_000_000); // sparse: it takes no space
        }

        _checkpoint = Checkpoint.Open(Small);
        _start = new FileInfo(Small).Length - (Elements * sizeof(float));
    }

    [GlobalCleanup]
    public void CleanUp()
    {
        _checkpoint.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Lists a file of 256 MB.</summary>
    [Benchmark]
    public int List256MB()
    {
        using var checkpoint = Checkpoint.Open(Small);
        return checkpoint.Tensors.Length;
    }

    /// <summary>Lists a file of 10 GB.</summary>
    [Benchmark]
    public int List10GB()
    {
        using var checkpoint = Checkpoint.Open(Huge);
        return checkpoint.Tensors.Length;
    }

    /// <summary>The tensor's bytes, read without a reader.</summary>
    [Benchmark(Baseline = true)]
    public byte[] RawBytes()
    {
        using var file = File.OpenHandle(Small);
        var bytes = GC.AllocateUninitializedArray<byte>(Elements * sizeof(float));
        RandomAccess.Read(file, bytes, _start);
        return bytes;
    }

    /// <summary>The tensor, through the checkpoint.</summary>
    [Benchmark]
    public HostTensor ReadTensor() => _checkpoint.Read("w");
}
