namespace Toolkit.Analysis.Charts;

/// <summary>Makes large matrices small enough to be drawn.</summary>
public static class MatrixReduction
{
    /// <summary>
    /// The matrix itself where it fits, else means over blocks of whole rows and columns. NaN is left out of a mean; a
    /// block of NaN alone is NaN. The last blocks may be smaller.
    /// </summary>
    /// <param name="matrix">The matrix, in memory.</param>
    /// <param name="mostRows">At most so many rows, at least 1.</param>
    /// <param name="mostColumns">At most so many columns, at least 1.</param>
    /// <returns>A matrix that fits.</returns>
    /// <remarks>Sums in double; one pass over the cells.</remarks>
    public static ChartMatrix Fit(ChartMatrix matrix, int mostRows, int mostColumns)
    {
        ArgumentNullException.ThrowIfNull(matrix);
        ArgumentOutOfRangeException.ThrowIfLessThan(mostRows, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(mostColumns, 1);
        var (high, wide) = Block(matrix, mostRows, mostColumns);
        if (high == 1 && wide == 1)
        {
            return matrix;
        }

        int rows = (matrix.Rows + high - 1) / high, columns = (matrix.Columns + wide - 1) / wide;
        var sums = new double[columns];
        var counts = new int[columns];
        var values = matrix.Values.Span;
        var means = new float[rows * columns];
        for (var row = 0; row < rows; row++)
        {
            Array.Clear(sums);
            Array.Clear(counts);
            for (var i = row * high; i < Math.Min(matrix.Rows, (row + 1) * high); i++)
            {
                for (var j = 0; j < matrix.Columns; j++)
                {
                    var value = values[(i * matrix.Columns) + j];
                    if (!float.IsNaN(value))
                    {
                        sums[j / wide] += value;
                        counts[j / wide]++;
                    }
                }
            }

            for (var column = 0; column < columns; column++)
            {
                means[(row * columns) + column] = counts[column] == 0
                    ? float.NaN
                    : (float)(sums[column] / counts[column]);
            }
        }

        return new ChartMatrix(rows, columns, means);
    }

    /// <summary>
    /// How many rows and columns <see cref="Fit"/> takes together, in words; null where it takes none together.
    /// </summary>
    /// <param name="matrix">The matrix.</param>
    /// <param name="mostRows">At most so many rows, at least 1.</param>
    /// <param name="mostColumns">At most so many columns, at least 1.</param>
    /// <returns>"means of 4 × 1 cells", or null.</returns>
    public static string? Describe(ChartMatrix matrix, int mostRows, int mostColumns)
    {
        ArgumentNullException.ThrowIfNull(matrix);
        var (high, wide) = Block(matrix, mostRows, mostColumns);
        return high == 1 && wide == 1 ? null : $"means of {high} × {wide} cells";
    }

    /// <summary>How many rows and columns become one cell.</summary>
    /// <param name="matrix">The matrix.</param>
    /// <param name="mostRows">At most so many rows, at least 1.</param>
    /// <param name="mostColumns">At most so many columns, at least 1.</param>
    /// <returns>(1, 1) where the matrix fits.</returns>
    public static (int High, int Wide) Block(ChartMatrix matrix, int mostRows, int mostColumns)
    {
        ArgumentNullException.ThrowIfNull(matrix);
        return (Math.Max(1, (matrix.Rows + mostRows - 1) / mostRows), Math.Max(
            1, (matrix.Columns + mostColumns - 1) / mostColumns));
    }
}
