using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;
using Toolkit.Formats.Checkpoints;
using Toolkit.Formats.Checkpoints.Safetensors;

namespace Toolkit.Formats.Tests.Checkpoints;

/// <summary>
/// Mutated files of every format: nothing but <see cref="BadInputException"/> may come out, quickly, and without memory
/// that the file does not justify. TOOLKIT_FUZZ sets the number of inputs per seed file (default 200).
/// </summary>
public sealed class FuzzTests(ITestOutputHelper output)
{
    // A mutated file of a few kilobytes may inflate or expand to a small multiple; gigabytes would be a fault.
    private const long MaximumAllocatedBytes = 256L << 20;
    private static readonly TimeSpan MaximumTime = TimeSpan.FromSeconds(10);
    private static readonly CheckpointLimits Limits = new()
    {
        MaxExpandedBytes = 1 << 20,
        MaxPickleOpcodes = 100_000,
        MaxVisitedValues = 200_000,
    };

    public static TheoryData<string> Seeds { get; } =
    [
        "torch_zip.pt", "torch_zip_protocol4.pt", "torch_legacy.pt", "torch_module_legacy.pt", "torch_oldest.tar", "torchscript.pt", "torch_composite.pt",
        "numpy.npz", "numpy_compressed.npz", "fortran.npy", "arrays_protocol0.pkl", "arrays_protocol1.pkl",
        "arrays_protocol2.pkl", "arrays_protocol5.pkl", "all.safetensors", "all.onnx", "all.dat", "keras_weights.h5", "types_earliest.h5", "types_latest.h5",
        "layouts_earliest.h5", "layouts_latest.h5", "model.keras", "torch_in_pickle_protocol0.pkl", "torch_in_pickle_protocol4.pkl", "objects.npy",
    ];

    private static int Count =>
        int.TryParse(Environment.GetEnvironmentVariable("TOOLKIT_FUZZ"), CultureInfo.InvariantCulture, out var count)
            ? count
            : 200;

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Mutated_files_end_in_bad_input_or_in_tensors(string file) =>
        Fuzz(file, File.ReadAllBytes(Fixture.Path(file)), Mutation.Of);

    [Theory]
    [InlineData("torch_zip.pt")]
    [InlineData("torch_module.pt")]
    [InlineData("torch_composite.pt")]
    [InlineData("torchscript.pt")]
    public void Mutated_pickles_inside_a_whole_archive_end_in_bad_input_or_in_tensors(string file) =>
        Fuzz(file + " (pickle)", File.ReadAllBytes(Fixture.Path(file)), static (bytes, seed) => Rewrite(
            bytes, "data.pkl", seed));

    [Fact]
    public void Mutated_arrays_inside_a_whole_npz_end_in_bad_input_or_in_tensors() =>
        Fuzz("numpy.npz (arrays)", File.ReadAllBytes(Fixture.Path("numpy.npz")), static (bytes, seed) => Rewrite(
            bytes, ".npy", seed));

    [Theory]
    [InlineData("index.json")]
    [InlineData("1.safetensors")]
    public void Mutated_shards_end_in_bad_input_or_in_tensors(string mutated)
    {
        using var folder = new TemporaryFolder();
        var names = new List<string>();
        using (var whole = Checkpoint.Open(Fixture.Path("all.safetensors")))
        {
            for (var shard = 0; shard < 2; shard++)
            {
                var tensors = whole.Tensors.Where((_, index) => index % 2 == shard).ToList();
                SafetensorsWriter.Write(
                    folder[$"{shard}.safetensors"], [.. tensors.Select(tensor => TensorToWrite.From(whole, tensor))]);
                names.AddRange(tensors.Select(tensor => $"\"{tensor.Name}\": \"{shard}.safetensors\""));
            }
        }

        File.WriteAllText(
            folder["index.json"],
            $$"""{"metadata": {"total_size": 200}, "weight_map": { {{string.Join(", ", names)}} } }""");
        Fuzz($"sharded safetensors ({mutated})", File.ReadAllBytes(folder[mutated]), Mutation.Of, bytes =>
        {
            File.WriteAllBytes(folder[mutated], bytes);
            return Checkpoint.Open(folder["index.json"], Limits);
        });
    }

    /// <summary>
    /// Damages the members of an archive whose names end so; the archive itself stays valid, so that every mutation
    /// reaches what is inside.
    /// </summary>
    private static byte[] Rewrite(byte[] archive, string suffix, int seed)
    {
        using var result = new MemoryStream();
        using (var source = new ZipArchive(new MemoryStream(archive)))
        using (var target = new ZipArchive(result, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var entry in source.Entries)
            {
                using var content = new MemoryStream();
                using (var from = entry.Open())
                {
                    from.CopyTo(content);
                }

                using var to = target.CreateEntry(entry.FullName, CompressionLevel.NoCompression).Open();
                to.Write(entry.FullName.EndsWith(suffix, StringComparison.Ordinal)
                    ? Mutation.Of(content.ToArray(), seed)
                    : content.ToArray());
            }
        }

        return result.ToArray();
    }

    private void Fuzz(string name, byte[] original, Func<byte[], int, byte[]> mutate) =>
        Fuzz(name, original, mutate, bytes =>
        {
            try
            {
                return Checkpoint.Open(bytes, name, Limits);
            }
            catch (BadInputException)
            {
                // The scan goes on where the reader gives up.
                Checkpoint.ScanFile(bytes, name, Limits).Failure.ShouldNotBeNull();
                throw;
            }
        });

    private void Fuzz(string name, byte[] original, Func<byte[], int, byte[]> mutate, Func<byte[], Checkpoint> open)
    {
        var opened = 0;
        var slowest = TimeSpan.Zero;
        long largest = 0;
        var started = Stopwatch.GetTimestamp();
        for (var seed = 0; seed < Count; seed++)
        {
            var bytes = mutate(original, seed);
            var before = GC.GetAllocatedBytesForCurrentThread();
            var begin = Stopwatch.GetTimestamp();
            try
            {
                using var checkpoint = open(bytes);
                opened++;
                foreach (var tensor in checkpoint.Tensors)
                {
                    try
                    {
                        checkpoint.Read(tensor);
                    }
                    catch (BadInputException)
                    {
                        // Elements that cannot be inflated or expanded: that is an answer.
                    }
                }
            }
            catch (BadInputException)
            {
                // The answer that a damaged file should get.
            }
            catch (Exception fault)
            {
                throw new InvalidOperationException(
                    $"{name}, seed {seed}: {fault.GetType().Name}: {fault.Message}\n{fault.StackTrace}", fault);
            }

            var time = Stopwatch.GetElapsedTime(begin);
            slowest = time > slowest ? time : slowest;
            largest = Math.Max(largest, GC.GetAllocatedBytesForCurrentThread() - before);
            time.ShouldBeLessThan(MaximumTime, $"{name}, seed {seed}");
            largest.ShouldBeLessThan(MaximumAllocatedBytes, $"{name}, seed {seed}");
        }

        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{name}: {Count} inputs in {Stopwatch.GetElapsedTime(started).TotalSeconds:F1} s; {opened} opened; "
                + $"slowest {slowest.TotalMilliseconds:F0} ms; most memory {largest >> 10} KiB"));
    }
}
