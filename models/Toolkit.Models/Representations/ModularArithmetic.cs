namespace Toolkit.Models.Representations;

/// <summary>Arithmetic and linear algebra modulo a prime below 2³¹.</summary>
internal sealed class ModularArithmetic(long prime)
{
    public long Prime { get; } = prime;

    public static bool IsPrime(long n)
    {
        for (long d = 2; d * d <= n; d++)
        {
            if (n % d == 0)
            {
                return false;
            }
        }

        return n > 1;
    }

    public long Reduce(long a) => ((a % Prime) + Prime) % Prime;

    public long Power(long a, long exponent)
    {
        long result = 1;
        for (a = Reduce(a); exponent > 0; exponent >>= 1, a = a * a % Prime)
        {
            if ((exponent & 1) == 1)
            {
                result = result * a % Prime;
            }
        }

        return result;
    }

    public long Inverse(long a) => Power(a, Prime - 2);

    /// <summary>A number whose powers are all roots of unity of an order that divides Prime − 1.</summary>
    public long PrimitiveRoot(long order)
    {
        var factors = new List<long>();
        for (long d = 2, rest = order; rest > 1; d++)
        {
            if (rest % d == 0)
            {
                factors.Add(d);
                while (rest % d == 0)
                {
                    rest /= d;
                }
            }
        }

        for (long candidate = 1; ; candidate++)
        {
            var root = Power(candidate, (Prime - 1) / order);
            if (factors.TrueForAll(factor => Power(root, order / factor) != 1))
            {
                return root;
            }
        }
    }

    /// <summary>Reduces rows in place to reduced echelon form and drops zero rows.</summary>
    /// <returns>The pivot column of each row left.</returns>
    public List<int> Reduce(List<long[]> rows)
    {
        var pivots = new List<int>();
        var columns = rows.Count == 0 ? 0 : rows[0].Length;
        for (var column = 0; column < columns && pivots.Count < rows.Count; column++)
        {
            var rank = pivots.Count;
            var pivot = rows.FindIndex(rank, row => row[column] != 0);
            if (pivot < 0)
            {
                continue;
            }

            (rows[rank], rows[pivot]) = (rows[pivot], rows[rank]);
            var scale = Inverse(rows[rank][column]);
            for (var j = column; j < columns; j++)
            {
                rows[rank][j] = rows[rank][j] * scale % Prime;
            }

            for (var i = 0; i < rows.Count; i++)
            {
                var factor = rows[i][column];
                if (i != rank && factor != 0)
                {
                    for (var j = column; j < columns; j++)
                    {
                        rows[i][j] = (rows[i][j] + ((Prime - factor) * rows[rank][j])) % Prime;
                    }
                }
            }

            pivots.Add(column);
        }

        rows.RemoveRange(pivots.Count, rows.Count - pivots.Count);
        return pivots;
    }

    /// <summary>A basis of the vectors v with v·A = λ·v, A given by rows.</summary>
    public List<long[]> LeftEigenvectors(long[][] a, long eigenvalue)
    {
        var m = a.Length;

        // Rows of the transposed A − λ, whose null space is wanted.
        var rows = Enumerable.Range(0, m)
            .Select(i => Enumerable.Range(0, m).Select(j => Reduce(a[j][i] - (i == j ? eigenvalue : 0))).ToArray())
            .ToList();
        var pivots = Reduce(rows);
        var basis = new List<long[]>();
        for (var free = 0; free < m; free++)
        {
            if (pivots.Contains(free))
            {
                continue;
            }

            var vector = new long[m];
            vector[free] = 1;
            for (var k = 0; k < pivots.Count; k++)
            {
                vector[pivots[k]] = Reduce(-rows[k][free]);
            }

            basis.Add(vector);
        }

        return basis;
    }

    /// <summary>
    /// The eigenvalues of A on the span of e·Aᵏ over a start vector e: roots of the minimal polynomial of that vector,
    /// each tried.
    /// </summary>
    public List<long> Eigenvalues(long[][] a, Random random)
    {
        var m = a.Length;
        var vector = Enumerable.Range(0, m).Select(_ => random.NextInt64(Prime)).ToArray();

        // Each row: a Krylov vector, then which combination of powers it is.
        var rows = new List<long[]>();
        var pivots = new List<int>();
        for (var power = 0; ; power++)
        {
            var row = new long[(2 * m) + 1];
            vector.CopyTo(row, 0);
            row[m + power] = 1;
            for (var k = 0; k < rows.Count; k++)
            {
                var factor = row[pivots[k]];
                if (factor != 0)
                {
                    for (var j = 0; j < row.Length; j++)
                    {
                        row[j] = (row[j] + ((Prime - factor) * rows[k][j])) % Prime;
                    }
                }
            }

            var pivot = Array.FindIndex(row, 0, m, value => value != 0);
            if (pivot < 0)
            {
                return Roots(row.AsSpan(m, power + 1));
            }

            var scale = Inverse(row[pivot]);
            for (var j = 0; j < row.Length; j++)
            {
                row[j] = row[j] * scale % Prime;
            }

            rows.Add(row);
            pivots.Add(pivot);
            vector = Apply(vector, a);
        }
    }

    private long[] Apply(long[] vector, long[][] a)
    {
        var image = new long[vector.Length];
        for (var i = 0; i < vector.Length; i++)
        {
            for (var j = 0; j < image.Length && vector[i] != 0; j++)
            {
                image[j] = (image[j] + (vector[i] * a[i][j])) % Prime;
            }
        }

        return image;
    }

    private List<long> Roots(ReadOnlySpan<long> polynomial)
    {
        var roots = new List<long>();
        for (long x = 0; x < Prime && roots.Count < polynomial.Length - 1; x++)
        {
            long value = 0;
            for (var k = polynomial.Length - 1; k >= 0; k--)
            {
                value = ((value * x) + polynomial[k]) % Prime;
            }

            if (value == 0)
            {
                roots.Add(x);
            }
        }

        return roots;
    }
}
