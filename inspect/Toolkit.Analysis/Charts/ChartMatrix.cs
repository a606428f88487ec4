using System.Text.Json.Serialization;
using Toolkit.Analysis.Charts.Json;

namespace Toolkit.Analysis.Charts;

/// <summary>A matrix of float32, in memory or named by a reference that its holder resolves.</summary>
/// <remarks>In JSON the values are base64 of little-endian float32: bits survive, NaN included.</remarks>
[JsonConverter(typeof(ChartMatrixConverter))]
public sealed class ChartMatrix
{
    /// <summary>Creates a matrix over values that are not copied.</summary>
    /// <param name="rows">Rows, at least 0.</param>
    /// <param name="columns">Columns, at least 0.</param>
    /// <param name="values">[rows, columns], row-major.</param>
    /// <exception cref="ArgumentException">There are more or fewer values than cells.</exception>
    public ChartMatrix(int rows, int columns, ReadOnlyMemory<float> values)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        ArgumentOutOfRangeException.ThrowIfNegative(columns);
        if ((long)rows * columns != values.Length)
        {
            throw new ArgumentException(
                $"{rows} × {columns} cells need {(long)rows * columns} values; {values.Length} were given.",
                nameof(values));
        }

        Rows = rows;
        Columns = columns;
        Values = values;
    }

    private ChartMatrix(int rows, int columns, string reference)
    {
        Rows = rows;
        Columns = columns;
        Reference = reference;
    }

    /// <summary>Rows.</summary>
    public int Rows { get; }

    /// <summary>Columns.</summary>
    public int Columns { get; }

    /// <summary>[rows, columns], row-major; empty where <see cref="Reference"/> is set.</summary>
    public ReadOnlyMemory<float> Values { get; }

    /// <summary>Where the values are to be had, or null where they are here.</summary>
    public string? Reference { get; }

    /// <summary>One cell.</summary>
    /// <param name="row">0 to <see cref="Rows"/> − 1.</param>
    /// <param name="column">0 to <see cref="Columns"/> − 1.</param>
    public float this[int row, int column] => Values.Span[(row * Columns) + column];

    /// <summary>A matrix whose values are elsewhere.</summary>
    /// <param name="rows">Rows.</param>
    /// <param name="columns">Columns.</param>
    /// <param name="reference">Where the values are to be had.</param>
    /// <returns>The matrix.</returns>
    public static ChartMatrix ByReference(int rows, int columns, string reference) => new(rows, columns, reference);

    /// <summary>Builds a matrix from a formula.</summary>
    /// <param name="rows">Rows.</param>
    /// <param name="columns">Columns.</param>
    /// <param name="value">The value at (row, column).</param>
    /// <returns>The matrix.</returns>
    public static ChartMatrix Build(int rows, int columns, Func<int, int, float> value)
    {
        ArgumentNullException.ThrowIfNull(value);
        var values = new float[checked(rows * columns)];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = value(i / columns, i % columns);
        }

        return new ChartMatrix(rows, columns, values);
    }
}
