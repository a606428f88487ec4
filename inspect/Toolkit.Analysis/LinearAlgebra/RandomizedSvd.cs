namespace Toolkit.Analysis.LinearAlgebra;

/// <summary>
/// The leading singular values and right vectors of a matrix too tall <i>and</i> too wide for memory, from several
/// passes over its blocks of rows; keeps [columns, rank + oversampling] numbers.
/// </summary>
/// <remarks>
/// Subspace iteration <c>Q ← orth(Aᵀ(A·Q))</c> from a random Q, then the factor of A·Q (<see cref="StreamingSvd"/>).
/// iterations + 1 passes of O(rows · columns · rank) each. The error of a value falls with
/// (σ_{k+1}/σ_k)^(2·iterations): two iterations give three digits on spectra that fall slowly. Source: N. Halko, P.-G.
/// Martinsson, J. Tropp, "Finding structure with randomness" (2011), 4.4, 5.5.
/// </remarks>
public static class RandomizedSvd
{
    /// <summary>Decomposes the matrix that <paramref name="blocks"/> makes.</summary>
    /// <param name="columns">Columns of the matrix, at least 1.</param>
    /// <param name="rank">How many values are wanted, at least 1.</param>
    /// <param name="blocks">Gives all blocks of rows, [any, columns] each, in the same order at every call.</param>
    /// <param name="seed">Seed of the random start.</param>
    /// <param name="iterations">Passes that sharpen the subspace before the last one.</param>
    /// <param name="oversampling">Directions beyond the rank that are carried along.</param>
    /// <returns>At most rank values, descending, and right vectors, [values, columns], signs fixed as in
    /// <see cref="Svd"/>.</returns>
    public static (double[] Values, HostMatrix Right) Of(
        int columns,
        int rank,
        Func<IEnumerable<HostMatrix>> blocks,
        int seed = 0,
        int iterations = 3,
        int oversampling = 10)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(columns, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(rank, 1);
        ArgumentNullException.ThrowIfNull(blocks);
        var width = Math.Min(columns, rank + oversampling);
        var basis = Orthonormal(RandomMatrix(columns, width, seed));
        for (var iteration = 0; iteration < iterations; iteration++)
        {
            var next = new HostMatrix(columns, width);
            foreach (var block in blocks())
            {
                var update = MatrixProduct.OfTransposed(block, MatrixProduct.Of(block, basis));
                for (var index = 0; index < next.Values.Length; index++)
                {
                    next.Values[index] += update.Values[index];
                }
            }

            next.RequireFinite("a product of the matrix with itself");
            basis = Orthonormal(next);
        }

        var factor = new StreamingSvd(width);
        foreach (var block in blocks())
        {
            factor.Add(MatrixProduct.Of(block, basis).Values);
        }

        var (values, small) = factor.Result();
        var count = Math.Min(rank, values.Length);
        var right = MatrixProduct.Of(small.RowRange(0, count), basis.Transpose());
        var svd = new Svd(new HostMatrix(0, count), values[..count], right);
        Svd.FixSigns(svd);
        return (svd.Values, svd.Right);
    }

    private static HostMatrix Orthonormal(HostMatrix tall) =>
        Math.Max(tall.Rows, tall.Columns) <= Svd.ManagedLimit
            ? ManagedSvd.Orthonormalize(tall)
            : TorchSvd.Orthonormalize(tall);

    private static HostMatrix RandomMatrix(int rows, int columns, int seed)
    {
        var random = new Random(seed);
        var matrix = new HostMatrix(rows, columns);
        for (var index = 0; index < matrix.Values.Length; index++)
        {
            // Any distribution without structure does: uniform numbers around 0.
            matrix.Values[index] = random.NextDouble() - 0.5;
        }

        return matrix;
    }
}
