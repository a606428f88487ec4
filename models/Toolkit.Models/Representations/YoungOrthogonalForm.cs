namespace Toolkit.Models.Representations;

/// <summary>
/// Young's orthogonal form of S_n: on the standard tableaux of a partition the transposition (i i+1) has 1/d on the
/// diagonal and √(1 − 1/d²) between a tableau and the one with i and i + 1 exchanged; d = c(i+1) − c(i), the content c
/// being column − row.
/// </summary>
/// <remarks>
/// G. James, A. Kerber, "The Representation Theory of the Symmetric Group" (1981), 3.3. Two non-zeros a row.
/// </remarks>
internal static class YoungOrthogonalForm
{
    /// <summary>The matrices of (0 1), (1 2), …, (n−2 n−1), each [d, d].</summary>
    public static double[][] AdjacentTranspositions(int[] partition)
    {
        var tableaux = Partitions.StandardTableaux(partition);
        var indices = tableaux.Select((tableau, index) => (Key: string.Join(',', tableau), index))
            .ToDictionary(pair => pair.Key, pair => pair.index, StringComparer.Ordinal);
        var dimension = tableaux.Count;
        var contents = tableaux.Select(Contents).ToArray();
        var images = new double[Math.Max(0, partition.Sum() - 1)][];
        for (var i = 0; i < images.Length; i++)
        {
            images[i] = new double[dimension * dimension];
            for (var t = 0; t < dimension; t++)
            {
                var distance = contents[t][i + 1] - contents[t][i];
                images[i][(t * dimension) + t] = 1.0 / distance;
                if (Math.Abs(distance) > 1)
                {
                    int[] exchanged = [.. tableaux[t]];
                    (exchanged[i], exchanged[i + 1]) = (exchanged[i + 1], exchanged[i]);
                    images[i][(t * dimension) + indices[string.Join(',', exchanged)]] = Math.Sqrt(
                        1 - (1.0 / ((double)distance * distance)));
                }
            }
        }

        return images;
    }

    private static int[] Contents(int[] tableau)
    {
        var filled = new int[tableau.Length];
        return [.. tableau.Select(row => filled[row]++ - row)];
    }
}
