using Toolkit.Formats;
using Toolkit.Formats.Runs;
using Toolkit.Formats.Tensors;

namespace Toolkit.Charts.Runs;

/// <summary>One sample of a value whose samples differ in shape.</summary>
internal static class RaggedRecord
{
    /// <summary>
    /// Reads the rows of a sample; those before it are passed over, so that the last sample costs most.
    /// </summary>
    /// <exception cref="BadInputException">The sample has no value, or the files are damaged.</exception>
    public static HostTensor Read(RunReader reader, TensorEntry entry, long sample, CancellationToken cancellation)
    {
        using var bytes = new MemoryStream();
        long[] shape = [];
        var rows = 0L;
        foreach (var row in reader.ReadRagged(entry).TakeWhile(row => row.Sample <= sample))
        {
            cancellation.ThrowIfCancellationRequested();
            if (row.Sample == sample)
            {
                bytes.Write(row.Bytes);
                shape = row.Shape;
                rows++;
            }
        }

        if (rows == 0)
        {
            throw new BadInputException(
                $"{reader.Folder}: sample {sample} has no value of "
                    + $"'{entry.Name}'{(entry.Reason is { } reason ? $" ({reason})" : string.Empty)}. Choose "
                    + "another sample.");
        }

        var type = Enum.GetValues<ElementType>().First(known => known.DisplayName() == entry.StoredType);
        var count = bytes.Length * 8 / type.SizeBits();
        return shape.Aggregate(1L, (a, b) => checked(a * b)) == count
            ? new HostTensor(type, new TensorShape(shape), bytes.ToArray())
            : throw new BadInputException(
                $"{reader.Folder}: sample {sample} of '{entry.Name}' holds {count} numbers, its shape says "
                    + $"[{string.Join(", ", shape)}]. Check the run with `inspect verify`.");
    }
}
