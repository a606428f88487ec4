using Toolkit.Formats.Runs;
using Toolkit.Formats.Tables;
using Toolkit.Formats.Tensors;

namespace Toolkit.Query.Tests;

/// <summary>A small run directory: four samples, two values, one result.</summary>
internal static class SomeRun
{
    public static string Write(string folder, string hidden = "hidden")
    {
        new RunBuilder()
            .Samples(new Table(
                TableColumn.Create("a", [0L, 0, 1, 1]),
                TableColumn.Create("b", [0L, 1, 0, 1]),
                TableColumn.Create("split", new string?[] { "train", "test", "train", "test" })))
            .Tensor("a", HostTensor.Create<long>(ElementType.Int64, new TensorShape(4), [0, 0, 1, 1]))
            .Tensor(hidden, HostTensor.Float32(new TensorShape(4, 3), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, float.NaN]))
            .Write(folder);
        ParquetTable.Write(Path.Combine(folder, "results", "low_rank.parquet"), new Table(
            TableColumn.Create("rank", [0, 1]), TableColumn.Create("loss", [3.2, 0.1])));
        return folder;
    }
}
