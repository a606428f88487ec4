using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;
using Toolkit.Formats.Checkpoints;

namespace Toolkit.Formats.Tests.Checkpoints;

/// <summary>
/// Mutated files of every format: nothing but <see cref="BadInputException"/> may come out, quickly, and without memory that the
/// file does not justify. TOOLKIT_FUZZ sets the number of inputs per seed file (default 200).
/// </summary>
public sealed class FuzzTests(ITestOutputHelper output)
{
    // A mutated file of a few kilobytes may inflate or expand to a small multiple; gigabytes would be a fault.
    private const long MaximumAllocatedBytes = 256L << 20;
    private static readonly TimeSpan MaximumTime = TimeSpan.FromSeconds(10);
    private static readonly CheckpointLimits Limits = new() { MaxExpandedBytes = 1 << 20, MaxPickleOpcodes = 100_000, MaxVisitedValues = 200_000 };

    public static TheoryData<string> Seeds { get; } =
    [
        "torch_zip.pt", "torch_zip_protocol4.pt", "torch_legacy.pt", "torch_module_legacy.pt", "torch_oldest.tar", "torchscript.pt", "torch_composite.pt",
        "numpy.npz", "numpy_compressed.npz", "fortran.npy", "arrays_protocol2.pkl", "arrays_protocol5.pkl", "all.safetensors", "all.onnx", "all.dat", "keras_weights.h5", "types_earliest.h5", "types_latest.h5",
    ];

    private static int Count => int.TryParse(Environment.GetEnvironmentVariable("TOOLKIT_FUZZ"), CultureInfo.InvariantCulture, out var count) ? count : 200;

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Mutated_files_end_in_bad_input_or_in_tensors(string file) => Fuzz(file, File.ReadAllBytes(Fixture.Path(file)), Mutation.Of);

    [Theory]
    [InlineData("torch_zip.pt")]
    [InlineData("torch_module.pt")]
    [InlineData("torch_composite.pt")]
    [InlineData("torchscript.pt")]
    public void Mutated_pickles_inside_a_whole_archive_end_in_bad_input_or_in_tensors(string file)
    {
        // The archive itself stays valid, so that every mutation reaches the pickle.
        Fuzz(file + " (pickle)", File.ReadAllBytes(Fixture.Path(file)), static (bytes, seed) =>
        {
            using var result = new MemoryStream();
            using (var source = new ZipArchive(new MemoryStream(bytes)))
            using (var target = new ZipArchive(result, ZipArchiveMode.Create, leaveOpen: true))
            {
                foreach (var entry in source.Entries)
                {
                    using var content = new MemoryStream();
                    using (var from = entry.Open())
                    {
                        from.CopyTo(content);
                    }

                    var data = entry.FullName.EndsWith("data.pkl", StringComparison.Ordinal) ? Mutation.Of(content.ToArray(), seed) : content.ToArray();
                    using var to = target.CreateEntry(entry.FullName, CompressionLevel.NoCompression).Open();
                    to.Write(data);
                }
            }

            return result.ToArray();
        });
    }

    private void Fuzz(string name, byte[] original, Func<byte[], int, byte[]> mutate)
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
                using var checkpoint = Checkpoint.Open(bytes, name, Limits);
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
                throw new InvalidOperationException($"{name}, seed {seed}: {fault.GetType().Name}: {fault.Message}\n{fault.StackTrace}", fault);
            }

            var time = Stopwatch.GetElapsedTime(begin);
            slowest = time > slowest ? time : slowest;
            largest = Math.Max(largest, GC.GetAllocatedBytesForCurrentThread() - before);
            time.ShouldBeLessThan(MaximumTime, $"{name}, seed {seed}");
            largest.ShouldBeLessThan(MaximumAllocatedBytes, $"{name}, seed {seed}");
        }

        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{name}: {Count} inputs in {Stopwatch.GetElapsedTime(started).TotalSeconds:F1} s; {opened} opened; slowest {slowest.TotalMilliseconds:F0} ms; most memory {largest >> 10} KiB"));
    }
}
