using System.Numerics.Tensors;
using Toolkit.Formats;

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
/// (2012). Blocks go to <see cref="MostLanes"/> factors in turns, each on a core of its own, which become one in the
/// end: the same bits whatever the number of cores. Not thread-safe.
/// </remarks>
public sealed class StreamingSvd
{
    private const int MostLanes = 4;

    /// <summary>Numbers that wait in all lanes together, at most: 256 MiB.</summary>
    private const int MostPending = 1 << 25;

    private readonly int _columns;
    private readonly Lane[] _lanes;
    private int _filling;

    /// <summary>Creates the state for rows of a known width.</summary>
    /// <param name="columns">Columns of the matrix, at least 1.</param>
    public StreamingSvd(int columns)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(columns, 1);
        _columns = columns;

        // Blocks of about four times as many rows as columns: smaller ones pay for the factor again and again.
        var rows = Math.Clamp(4 * columns, 256, 1 << 14);
        _lanes = new Lane[Math.Clamp(MostPending / rows / (columns + 1), 1, MostLanes)];
        for (var lane = 0; lane < _lanes.Length; lane++)
        {
            _lanes[lane] = new Lane(new HostMatrix(columns + 1 + rows, columns + 1));
        }
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
        var factor = Factor();
        var means = new double[_columns];
        for (var column = 0; column < _columns; column++)
        {
            means[column] = factor is null ? double.NaN : factor[0, column + 1] / factor[0, 0];
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
        var factor = Factor();
        var first = centred ? 1 : 0;
        if (factor is null || factor.Rows <= first)
        {
            return ([], new HostMatrix(0, _columns));
        }

        var part = new HostMatrix(factor.Rows - first, _columns);
        for (var row = 0; row < part.Rows; row++)
        {
            factor.Row(row + first)[1..].CopyTo(part.Values.AsSpan(row * _columns, _columns));
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
        if (_lanes[_filling].IsFull && ++_filling == _lanes.Length)
        {
            Fold();
        }

        return _lanes[_filling].NextRow(Rows++)[1..];
    }

    private void Fold()
    {
        _filling = 0;
        if (_columns >= Svd.ManagedLimit && _lanes.Length > 1)
        {
            TorchThreads.ForEach(_lanes.Length, lane => _lanes[lane].Fold());
        }
        else
        {
            ParallelLoop.For(_lanes.Length, Environment.ProcessorCount, lane => _lanes[lane].Fold());
        }
    }

    /// <summary>The factor of all rows added so far; null before the first.</summary>
    private HostMatrix? Factor()
    {
        Fold();
        foreach (var lane in _lanes.Skip(1))
        {
            _lanes[0].Join(lane);
        }

        return _lanes[0].Factor;
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

    /// <summary>A factor, and below it the rows that it does not hold yet.</summary>
    /// <remarks>In one array: a new one for every block would cost as much time as its decomposition.</remarks>
    private sealed class Lane(HostMatrix stacked)
    {
        private long _first;
        private int _factorRows;
        private int _rows;

        public HostMatrix? Factor => _factorRows == 0 ? null : stacked.RowRange(0, _factorRows);

        public bool IsFull => _rows == stacked.Rows;

        public Span<double> NextRow(long number)
        {
            _first = _rows == _factorRows ? number : _first;
            var row = stacked.Values.AsSpan(_rows++ * stacked.Columns, stacked.Columns);
            row[0] = 1;
            return row;
        }

        public void Fold()
        {
            var fresh = _rows - _factorRows;
            if (fresh == 0)
            {
                return;
            }

            var all = IsFull ? stacked : stacked.RowRange(0, _rows);
            if (!TensorPrimitives.IsFiniteAll<double>(all.Values))
            {
                all.RowRange(_factorRows, fresh).RequireFinite(
                    $"rows {_first} to {_first + fresh - 1} of the matrix, after a column of ones");
            }

            var factor = UpperFactor(all);
            factor.Values.CopyTo(stacked.Values, 0);
            _rows = _factorRows = factor.Rows;
        }

        public void Join(Lane other)
        {
            other.Factor?.Values.CopyTo(stacked.Values, _rows * stacked.Columns);
            _rows += other._factorRows;
            other._rows = other._factorRows = 0;
            Fold();
        }
    }
}
