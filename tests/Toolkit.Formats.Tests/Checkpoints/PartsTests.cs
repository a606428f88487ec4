using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using Toolkit.Formats.Checkpoints;
using Toolkit.Formats.Tensors;

namespace Toolkit.Formats.Tests.Checkpoints;

/// <summary>Parts of arrays: every element says by its value where it lies.</summary>
public sealed class PartsTests
{
    private static readonly long[] Shape = [48, 24, 512];

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    public void A_part_holds_the_positions_asked_for_and_reads_little_more(bool isFortran, bool isBigEndian)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder["a.npy"], Npy(isFortran, isBigEndian));
        using var checkpoint = Checkpoint.Open(folder["a.npy"]);
        var tensor = checkpoint.Tensors[0];

        for (var axis = 0; axis < 3; axis++)
        {
            checkpoint.ReadsInParts(tensor, axis).ShouldBeTrue();
            var before = checkpoint.BytesRead;

            var part = checkpoint.Read(tensor, axis, 5, 3);

            Check(part, axis, 5, 3);

            // Along the fastest axis the positions lie so near each other that the gaps are read too.
            (checkpoint.BytesRead - before).ShouldBeLessThanOrEqualTo(
                axis == (isFortran ? 0 : 2) ? checkpoint.Tensors[0].SizeBytes : part.Bytes.Length, $"axis {axis}");
        }
    }

    [Theory]
    [InlineData(CompressionLevel.NoCompression)]
    [InlineData(CompressionLevel.Fastest)]
    public void Parts_of_archives_come_in_any_order(CompressionLevel level)
    {
        using var folder = new TemporaryFolder();
        Zip(folder["a.npz"], Npy(isFortran: false, isBigEndian: false), level);
        using var checkpoint = Checkpoint.Open(folder["a.npz"]);
        var tensor = checkpoint.Tensors[0];

        checkpoint.ReadsInParts(tensor, 0).ShouldBeTrue();
        foreach (var (first, count) in new[] { (0, 4), (4, 20), (40, 8), (7, 2), (0, 48), (47, 1) })
        {
            Check(checkpoint.Read(tensor, 0, first, count), 0, first, count);
        }

        // Samples in another axis lie all over what is compressed: it is then held as a whole.
        checkpoint.ReadsInParts(tensor, 1).ShouldBe(level == CompressionLevel.NoCompression);
        Check(checkpoint.Read(tensor, 1, 3, 4), 1, 3, 4);
    }

    [Fact]
    public void Parts_of_a_compressed_array_are_inflated_without_the_whole()
    {
        using var folder = new TemporaryFolder();
        const int Rows = 4096;
        var array = new byte[128 + (Rows * 16384)];
        Header("<f4", "False", $"{Rows}, 4096").CopyTo(array, 0);
        new Random(1).NextBytes(array.AsSpan(128, 8 << 20));
        Zip(folder["a.npz"], array, CompressionLevel.Fastest);
        using var checkpoint = Checkpoint.Open(folder["a.npz"]);
        var tensor = checkpoint.Tensors[0];
        var before = GC.GetAllocatedBytesForCurrentThread();

        checkpoint.CopyTo(tensor, Stream.Null);
        var part = checkpoint.Read(tensor, 0, 10, 2);

        part.Bytes.Span.SequenceEqual(array.AsSpan(128 + (10 * 16384), 2 * 16384)).ShouldBeTrue();
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(4 << 20);
    }

    [Fact]
    public void A_compressed_array_that_was_changed_is_named_at_its_end_and_again_the_next_time()
    {
        using var folder = new TemporaryFolder();
        Zip(folder["a.npz"], Npy(isFortran: false, isBigEndian: false), CompressionLevel.Fastest);
        var bytes = File.ReadAllBytes(folder["a.npz"]);

        // The checksum, in the local header and in the directory.
        var directory = bytes.AsSpan().LastIndexOf("PK\u0001\u0002"u8);
        bytes[14] ^= 1;
        bytes[directory + 16] ^= 1;
        using var checkpoint = Checkpoint.Open(bytes, "a.npz");
        var tensor = checkpoint.Tensors[0];

        checkpoint.Read(tensor, 0, 0, 4).Shape[0].ShouldBe(4);
        for (var attempt = 0; attempt < 2; attempt++)
        {
            Should.Throw<BadInputException>(() => checkpoint.CopyTo(tensor, Stream.Null)).Message.ShouldContain(
                "does not match its checksum");
        }
    }

    private static void Check(HostTensor part, int axis, int first, int count)
    {
        var extents = (long[])Shape.Clone();
        extents[axis] = count;
        part.Shape.ShouldBe(new TensorShape(extents));
        var values = part.AsSpan<float>();
        var at = 0;
        for (var i = 0; i < extents[0]; i++)
        {
            for (var j = 0; j < extents[1]; j++)
            {
                for (var k = 0; k < extents[2]; k++)
                {
                    var expected = axis switch
                    {
                        0 => Value(i + first, j, k),
                        1 => Value(i, j + first, k),
                        _ => Value(i, j, k + first),
                    };
                    if (values[at++] != expected)
                    {
                        throw new ShouldAssertException($"[{i}, {j}, {k}] is {values[at - 1]}, not {expected}.");
                    }
                }
            }
        }
    }

    private static float Value(int i, int j, int k) => (((i * 24) + j) * 512) + k;

    private static byte[] Npy(bool isFortran, bool isBigEndian)
    {
        var bytes = new byte[128 + (48 * 24 * 512 * 4)];
        Header(isBigEndian ? ">f4" : "<f4", isFortran ? "True" : "False", "48, 24, 512").CopyTo(bytes, 0);
        for (var i = 0; i < 48; i++)
        {
            for (var j = 0; j < 24; j++)
            {
                for (var k = 0; k < 512; k++)
                {
                    var at = isFortran ? (((k * 24) + j) * 48) + i : (((i * 24) + j) * 512) + k;
                    var element = bytes.AsSpan(128 + (at * 4));
                    if (isBigEndian)
                    {
                        BinaryPrimitives.WriteSingleBigEndian(element, Value(i, j, k));
                    }
                    else
                    {
                        BinaryPrimitives.WriteSingleLittleEndian(element, Value(i, j, k));
                    }
                }
            }
        }

        return bytes;
    }

    private static byte[] Header(string type, string isFortran, string shape) => Encoding.Latin1.GetBytes(
        "\u0093NUMPY\u0001\0v\0"
            + $"{{'descr': '{type}', 'fortran_order': {isFortran}, 'shape': ({shape}), }}".PadRight(117) + "\n");

    private static void Zip(string path, byte[] array, CompressionLevel level)
    {
        using var zip = ZipFile.Open(path, ZipArchiveMode.Create);
        using var entry = zip.CreateEntry("a.npy", level).Open();
        entry.Write(array);
    }
}
