using Toolkit.Formats;
using Toolkit.Formats.Tensors;

namespace Toolkit.Analysis.LinearAlgebra;

/// <summary>
/// A dense matrix of binary64 in memory, row-major. The values are shared, not copied; nobody writes to them after
/// creation.
/// </summary>
public sealed class HostMatrix
{
    /// <summary>Creates a matrix over values that it does not copy.</summary>
    /// <param name="rows">Rows, at least 0.</param>
    /// <param name="columns">Columns, at least 0.</param>
    /// <param name="values">Exactly rows · columns values, row-major.</param>
    /// <exception cref="ArgumentException">The number of values is another one.</exception>
    public HostMatrix(int rows, int columns, double[] values)
    {
        ArgumentNullException.ThrowIfNull(values);
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        ArgumentOutOfRangeException.ThrowIfNegative(columns);
        if (values.Length != (long)rows * columns)
        {
            throw new ArgumentException(
                $"A {rows} × {columns} matrix has {(long)rows * columns} values; {values.Length} were given.",
                nameof(values));
        }

        Rows = rows;
        Columns = columns;
        Values = values;
    }

    /// <summary>Creates a matrix of zeros.</summary>
    /// <param name="rows">Rows, at least 0.</param>
    /// <param name="columns">Columns, at least 0.</param>
    public HostMatrix(int rows, int columns)
        : this(rows, columns, new double[checked(rows * columns)])
    {
    }

    /// <summary>How many rows there are.</summary>
    public int Rows { get; }

    /// <summary>How many columns there are.</summary>
    public int Columns { get; }

    /// <summary>The values, row-major.</summary>
    public double[] Values { get; }

    /// <summary>One value.</summary>
    /// <param name="row">The row, from 0.</param>
    /// <param name="column">The column, from 0.</param>
    public double this[int row, int column]
    {
        get => Values[((long)row * Columns) + column];
        internal set => Values[((long)row * Columns) + column] = value;
    }

    /// <summary>One row, without a copy.</summary>
    /// <param name="row">The row, from 0.</param>
    /// <returns>Its values.</returns>
    public ReadOnlySpan<double> Row(int row) => Values.AsSpan(row * Columns, Columns);

    /// <summary>
    /// A tensor as a matrix of binary64: the last dimension becomes the columns, all others together the rows; rank 1
    /// is one row, rank 0 a 1 × 1 matrix.
    /// </summary>
    /// <param name="tensor">A tensor of floating-point numbers, integers or truth values of at least 8 bits.</param>
    /// <returns>The matrix, a copy.</returns>
    /// <exception cref="BadInputException">The element type is text, complex, 8-bit float or packed.</exception>
    public static HostMatrix FromTensor(HostTensor tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        var columns = tensor.Shape.Rank == 0 ? 1 : tensor.Shape[tensor.Shape.Rank - 1];
        var rows = columns == 0 ? 0 : tensor.Shape.Count / columns;
        return new HostMatrix(checked((int)rows), checked((int)columns), TensorNumbers.ToFloat64(tensor));
    }

    /// <summary>The transposed matrix.</summary>
    /// <returns>A copy of Columns × Rows values.</returns>
    public HostMatrix Transpose()
    {
        var result = new double[Values.Length];
        for (var row = 0; row < Rows; row++)
        {
            var source = Row(row);
            for (var column = 0; column < source.Length; column++)
            {
                result[((long)column * Rows) + row] = source[column];
            }
        }

        return new HostMatrix(Columns, Rows, result);
    }

    /// <summary>Some rows in succession.</summary>
    /// <param name="start">The first row.</param>
    /// <param name="count">How many rows.</param>
    /// <returns>A copy of those rows.</returns>
    public HostMatrix RowRange(int start, int count) =>
        new(count, Columns, Values.AsSpan(start * Columns, count * Columns).ToArray());

    /// <summary>
    /// The first value that is NaN or infinite, if there is one: decompositions ask for finite values.
    /// </summary>
    /// <param name="where">What the matrix is, for the message: <c>"model.onnx: weight 'W_x'"</c>.</param>
    /// <param name="advice">Who needs finite values, and what to do, as the end of the message.</param>
    /// <exception cref="BadInputException">There is a NaN or an infinity; the message names the first.</exception>
    public void RequireFinite(
        string where,
        string advice = "a decomposition needs finite values. Look for where it first becomes so with `inspect verify` "
            + "or in stats.")
    {
        for (var index = 0; index < Values.Length; index++)
        {
            if (!double.IsFinite(Values[index]))
            {
                throw new BadInputException(
                    $"{where}: the value at row {index / Columns}, column {index % Columns} is {Values[index]}; "
                        + advice);
            }
        }
    }
}
