namespace Toolkit.Analysis.Charts.Runs.Activations;

/// <summary>One number per pair (a, b) as a matrix over the group.</summary>
internal static class PairMatrix
{
    /// <summary>Arranges values of row-major pairs.</summary>
    /// <param name="values">[n²]; pair (a, b) at a·n + b.</param>
    /// <param name="order">The order of the elements on both axes, a permutation of 0 … n − 1.</param>
    /// <returns>[n, n]; rows a, columns b.</returns>
    public static ChartMatrix Arrange(ReadOnlySpan<float> values, IReadOnlyList<int> order)
    {
        var n = order.Count;
        var arranged = new float[values.Length];
        for (var i = 0; i < n; i++)
        {
            var row = values.Slice(order[i] * n, n);
            for (var j = 0; j < n; j++)
            {
                arranged[(i * n) + j] = row[order[j]];
            }
        }

        return new ChartMatrix(n, n, arranged);
    }
}
