using Toolkit.Analysis.Spectra;
using Toolkit.Formats.Tensors;

namespace Toolkit.Analysis.Tests.Spectra;

public sealed class WeightMatricesTests
{
    [Theory]
    [InlineData(new long[] { 4, 128, 32 }, "W[0] 128 × 32, W[1] 128 × 32, W[2] 128 × 32, W[3] 128 × 32")]
    [InlineData(new long[] { 2, 5, 2 }, "W[0] 5 × 2, W[1] 5 × 2")]
    [InlineData(new long[] { 64, 128, 3 }, "W 64 × 384")]
    [InlineData(new long[] { 16, 1, 40 }, "W 16 × 40")]
    [InlineData(new long[] { 8, 3, 5, 5 }, "W 8 × 75")]
    [InlineData(new long[] { 7, 3 }, "W 7 × 3")]
    [InlineData(new long[] { 7 }, "")]
    public void Heads_are_matrices_of_their_own_and_kernels_one(long[] shape, string expected)
    {
        var tensor = new TensorShape(shape);
        var weight = HostTensor.Float32(tensor, new float[tensor.Count]);

        string.Join(", ", WeightMatrices.Of("W", weight).Select(
            one => $"{one.Name} {one.Matrix.Rows} × {one.Matrix.Columns}")).ShouldBe(expected);
    }
}
