namespace Toolkit.Analysis.LinearAlgebra;

/// <summary>
/// Singular values, right vectors and column means of a matrix that is much too tall for memory, from its blocks of
/// rows in one pass, as it is and with the means subtracted.
/// </summary>
/// <remarks>
/// Keeps the triangular factor R of <c>[1, A]</c>, a column of ones before the matrix: <c>R ← R-factor of [R;
/// block]</c>. Its first row is √n · [1, means], the rest below it the factor of the centred matrix, and without its
/// first column it is a factor of A itself; so both have R's singular values and right vectors. Unlike sums of AᵀA this
/// squares nothing: values are right to about 1e-15 of the largest, where a Gram matrix loses all below 1e-8. O(rows ·
/// columns²) time, O(columns²) memory: for more than some thousand columns use <see cref="RandomizedSvd"/>. Source: J.
/// Demmel, L. Grigori, M. Hoemmen, J. Langou, "Communication-optimal parallel and sequential QR and LU factorizations"
/// (2012). Not thread-safe.
/// </remarks>
public sealed class StreamingSvd
{
    private readonly int _columns;
    private readonly HostMatrix _pending;
    private int _pendingRows;
    private HostMatrix? _factor;

    /// <summary>Creates the state for rows of a known width.</summary>
    /// <param name="columns">Columns of the matrix, at least 1.</param>
    public StreamingSvd(int columns)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(columns, 1);
        _columns = columns;

        // Blocks of about four times as many rows as columns: smaller ones pay for the factor again and again.
        _pending = new HostMatrix(Math.Clamp(4 * columns, 256, 1 << 14), columns + 1);
    }

    /// <summary>How many rows were added.</summary>
    public long Rows { get; private set; }

    /// <summary>Adds rows.</summary>
    /// <param name="rows">A whole number of rows, row-major, finite.</param>
    /// <exception cref="ArgumentException">The number of values is not a multiple of the number of columns.</exception>
    /// <exception cref="Toolkit.Formats.BadInputException">A value is NaN or infinite.</exception>
    public void Add(ReadOnlySpan<float> rows)
    {
        RequireWholeRows(rows.Length);
        for (; rows.Length > 0; rows = rows[_columns..])
        {
            var target = NextRow();
            for (var column = 0; column < _columns; column++)
            {
                target[column] = rows[column];
            }
        }
    }

    /// <inheritdoc cref="Add(ReadOnlySpan{float})"/>
    public void Add(ReadOnlySpan<double> rows)
    {
        RequireWholeRows(rows.Length);
        for (; rows.Length > 0; rows = rows[_columns..])
        {
            rows[.._columns].CopyTo(NextRow());
        }
    }

    /// <summary>The mean of every column over the rows added.</summary>
    /// <returns>[columns]; NaN before the first row.</returns>
    public double[] Means()
    {
        Fold();
        var means = new double[_columns];
        for (var column = 0; column < _columns; column++)
        {
            means[column] = _factor is null ? double.NaN : _factor[0, column + 1] / _factor[0, 0];
        }

        return means;
    }

    /// <summary>
    /// The decomposition of all rows added so far, as they are or with every column's mean subtracted.
    /// </summary>
    /// <param name="centred">True to subtract the means: principal components.</param>
    /// <returns>Singular values, min(rows, columns) of them, descending, and right vectors, [values, columns], signs
    /// fixed as in
    /// <see cref="Svd"/>.</returns>
    public (double[] Values, HostMatrix Right) Result(bool centred = false)
    {
        Fold();
        var first = centred ? 1 : 0;
        if (_factor is null || _factor.Rows <= first)
        {
            return ([], new HostMatrix(0, _columns));
        }

        var part = new HostMatrix(_factor.Rows - first, _columns);
        for (var row = 0; row < part.Rows; row++)
        {
            _factor.Row(row + first)[1..].CopyTo(part.Values.AsSpan(row * _columns, _columns));
        }

        var svd = Svd.Of(part);
        var count = (int)Math.Min(Rows, svd.Values.Length);
        return (svd.Values[..count], svd.Right.RowRange(0, count));
    }

    private void RequireWholeRows(int values)
    {
        if (values % _columns != 0)
        {
            throw new ArgumentException($"{values} values are not whole rows of {_columns}.");
        }
    }

    private Span<double> NextRow()
    {
        if (_pendingRows == _pending.Rows)
        {
            Fold();
        }

        var row = _pending.Values.AsSpan(_pendingRows * _pending.Columns, _pending.Columns);
        row[0] = 1;
        _pendingRows++;
        Rows++;
        return row[1..];
    }

    private void Fold()
    {
        if (_pendingRows == 0)
        {
            return;
        }

        var fresh = _pending.RowRange(0, _pendingRows);
        fresh.RequireFinite($"rows {Rows - _pendingRows} to {Rows - 1} of the matrix, after a column of ones");
        var stacked = new HostMatrix((_factor?.Rows ?? 0) + _pendingRows, _pending.Columns);
        _factor?.Values.CopyTo(stacked.Values, 0);
        fresh.Values.CopyTo(stacked.Values, stacked.Values.Length - fresh.Values.Length);
        _factor = UpperFactor(stacked);
        _pendingRows = 0;
    }

    private static HostMatrix UpperFactor(HostMatrix stacked)
    {
        if (stacked.Columns > Svd.ManagedLimit)
        {
            return TorchSvd.UpperFactor(stacked);
        }

        // MathNet wants at least as many rows as columns; rows of zeros change no factor.
        return ManagedSvd.UpperFactor(stacked.Rows >= stacked.Columns ? stacked : new HostMatrix(
            stacked.Columns,
            stacked.Columns,
            [.. stacked.Values, .. new double[(stacked.Columns - stacked.Rows) * stacked.Columns]]));
    }
}
