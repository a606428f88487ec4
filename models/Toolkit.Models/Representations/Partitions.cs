namespace Toolkit.Models.Representations;

/// <summary>Partitions of n and their standard Young tableaux.</summary>
internal static class Partitions
{
    /// <summary>All partitions, largest first part first: (n), (n−1,1), …, (1,…,1).</summary>
    public static IEnumerable<int[]> Of(int n, int largest = int.MaxValue)
    {
        if (n == 0)
        {
            yield return [];
        }

        for (var first = Math.Min(n, largest); first >= 1; first--)
        {
            foreach (var rest in Of(n - first, first))
            {
                yield return [first, .. rest];
            }
        }
    }

    /// <summary>The partition with rows and columns exchanged.</summary>
    public static int[] Conjugate(int[] partition) =>
        partition.Length == 0
            ? []
            : [.. Enumerable.Range(0, partition[0]).Select(column => partition.Count(row => row > column))];

    /// <summary>"(3,1,1)".</summary>
    public static string Name(int[] partition) => $"({string.Join(',', partition)})";

    /// <summary>All standard tableaux, each as the row of the numbers 0 … n − 1 (a lattice word).</summary>
    public static List<int[]> StandardTableaux(int[] partition)
    {
        var tableaux = new List<int[]>();
        var rows = new int[partition.Sum()];
        var filled = new int[partition.Length];
        void Place(int number)
        {
            if (number == rows.Length)
            {
                tableaux.Add([.. rows]);
                return;
            }

            for (var row = 0; row < partition.Length; row++)
            {
                if (filled[row] < partition[row] && (row == 0 || filled[row - 1] > filled[row]))
                {
                    rows[number] = row;
                    filled[row]++;
                    Place(number + 1);
                    filled[row]--;
                }
            }
        }

        Place(0);
        return tableaux;
    }
}
