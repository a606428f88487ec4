using Toolkit.Analysis.LinearAlgebra;
using Toolkit.Formats.Tables;

namespace Toolkit.Analysis.Spectra;

/// <summary>
/// Singular values of a captured value that need not fit into memory, and the projections of its rows on the first
/// principal components.
/// </summary>
/// <remarks>
/// Up to <see cref="DirectColumns"/> features by one pass of <see cref="StreamingSvd"/>, exactly; beyond by several
/// passes of
/// <see cref="RandomizedSvd"/>, the leading values only. Principal components are those of the rows minus their mean
/// (K. Pearson 1901). Where only mean μ and covariance C = Σ (x − μ)(x − μ)ᵀ/n of n rows are known: <c>AᵀA = n·(C +
/// μμᵀ)</c>, so that σ(A)² are n times the eigenvalues of C + μμᵀ, and those of the rows minus their mean n times (of a
/// C that divides by n − 1: n − 1 times) those of C. Squaring loses what is below 1e-8 of the largest value.
/// </remarks>
public sealed class ActivationSpectrum
{
    /// <summary>Features up to which the triangular factor (2,048² doubles are 32 MB) is kept.</summary>
    public const int DirectColumns = 2048;

    /// <summary>How many values and components are computed of a wider matrix where no rank is asked for.</summary>
    public const int DefaultRank = 64;

    /// <summary>The name of the table of projections.</summary>
    public const string ComponentsName = "components";

    private const int StoredComponents = 3;

    /// <summary>
    /// √2⁻⁵²: singular values of a product AᵀA are not more exact than this, relative to the largest.
    /// </summary>
    private const double SquaredPrecision = 1.0 / (1 << 26);

    private ActivationSpectrum(
        Spectrum spectrum, double[] componentValues, double componentSquares, HostMatrix components, double[] means)
    {
        Spectrum = spectrum;

        // The rounding of the numbers is relative to what they were before the mean went.
        var precision = componentValues is [> 0, ..]
            ? spectrum.Precision * Math.Max(1, spectrum.SpectralNorm / componentValues[0])
            : spectrum.Precision;
        Centred = new Spectrum(
            $"centred({spectrum.Name})",
            spectrum.Kind,
            spectrum.Formula ?? "rows minus their mean",
            spectrum.Rows,
            spectrum.Columns,
            componentValues,
            componentSquares,
            precision);
        Components = components;
        Means = means;
    }

    /// <summary>The spectrum of the rows as they are.</summary>
    public Spectrum Spectrum { get; }

    /// <summary>
    /// The spectrum of the rows minus their mean, <c>centred(NAME)</c>: its shares are those of the principal
    /// components.
    /// </summary>
    public Spectrum Centred { get; }

    /// <summary>The principal components, [values, features], of length 1.</summary>
    public HostMatrix Components { get; }

    /// <summary>The mean row, [features].</summary>
    public double[] Means { get; }

    /// <summary>Decomposes a matrix given by blocks of rows.</summary>
    /// <param name="name">The value's name.</param>
    /// <param name="columns">Features, at least 1.</param>
    /// <param name="blocks">Gives all blocks of rows, [any, columns] each, in the same order at every call.</param>
    /// <param name="rank">How many leading values are computed of a matrix with over <see cref="DirectColumns"/>
    /// features; null for
    /// <see cref="DefaultRank"/>. Of others all are.</param>
    /// <param name="precision">The relative rounding of the stored numbers.</param>
    /// <returns>The spectrum.</returns>
    /// <exception cref="Formats.BadInputException">A value is NaN or infinite.</exception>
    public static ActivationSpectrum Of(
        string name,
        int columns,
        Func<IEnumerable<HostMatrix>> blocks,
        int? rank = null,
        double precision = NamedMatrix.Float32)
    {
        ArgumentNullException.ThrowIfNull(blocks);
        return columns <= DirectColumns
            ? Direct(name, columns, blocks, precision)
            : Randomized(name, columns, blocks, rank ?? DefaultRank, precision);
    }

    /// <summary>
    /// The spectrum and the principal components of rows of which only mean and covariance are known.
    /// </summary>
    /// <param name="name">The value's name.</param>
    /// <param name="rows">n, at least 1.</param>
    /// <param name="means">μ, [features].</param>
    /// <param name="covariance">C, [features, features], symmetric, divided by n.</param>
    /// <param name="precision">The relative rounding of the numbers that were measured.</param>
    /// <returns>The spectrum: min(rows, features) values.</returns>
    public static ActivationSpectrum OfCovariance(
        string name, long rows, double[] means, HostMatrix covariance, double precision = NamedMatrix.Float32)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(rows, 1);
        ArgumentNullException.ThrowIfNull(means);
        ArgumentNullException.ThrowIfNull(covariance);
        var d = means.Length;
        var product = new HostMatrix(d, d, [.. covariance.Values]);
        var (trace, squares) = (default(CompensatedSum), default(CompensatedSum));
        for (var i = 0; i < d; i++)
        {
            trace.Add(covariance[i, i]);
            squares.Add(means[i] * means[i]);
            for (var j = 0; j < d; j++)
            {
                product[i, j] += means[i] * means[j];
            }
        }

        // Symmetric matrices without negative eigenvalues: their singular values are these.
        var count = (int)Math.Min(rows, d);
        var components = Svd.Of(covariance);
        return new ActivationSpectrum(
            new Spectrum(
                name, MatrixKind.Activation, "from mean and covariance",
                rows, d, Roots(SingularValues.Of(product)), rows * (trace.Value + squares.Value),
                Math.Max(precision, SquaredPrecision)),
            Roots(components.Values),
            rows * trace.Value,
            components.Right.RowRange(0, count),
            means);

        double[] Roots(double[] eigenvalues) => [.. eigenvalues.Take(count).Select(value => Math.Sqrt(rows * value))];
    }

    /// <summary>The projections of all rows on the first three principal components.</summary>
    /// <param name="blocks">The rows, as given to <see cref="Of"/>.</param>
    /// <param name="rowsPerSample">Rows of one sample: its positions.</param>
    /// <returns>Columns matrix, sample_id, position, pc1, pc2, pc3 (fewer where there are fewer components).</returns>
    public Table Project(IEnumerable<HostMatrix> blocks, int rowsPerSample = 1)
    {
        ArgumentNullException.ThrowIfNull(blocks);
        var count = Math.Min(StoredComponents, Components.Rows);
        var scores = Enumerable.Range(0, StoredComponents).Select(_ => new List<float>()).ToArray();
        var origin = Enumerable.Range(0, count).Select(index => BlockedSum.Dot(Means, Components.Row(index))).ToArray();
        foreach (var block in blocks)
        {
            for (var row = 0; row < block.Rows; row++)
            {
                for (var index = 0; index < StoredComponents; index++)
                {
                    scores[index].Add(index < count
                        ? (float)(BlockedSum.Dot(block.Row(row), Components.Row(index)) - origin[index])
                        : 0);
                }
            }
        }

        var rows = scores[0].Count;
        return new Table(
            TableColumn.Create("matrix", [.. Enumerable.Repeat<string?>(Spectrum.Name, rows)]),
            TableColumn.Create(
                "sample_id", Enumerable.Range(0, rows).Select(row => (long)(row / rowsPerSample)).ToArray()),
            TableColumn.Create("position", Enumerable.Range(0, rows).Select(row => row % rowsPerSample).ToArray()),
            TableColumn.Create("pc1", scores[0].ToArray()),
            TableColumn.Create("pc2", scores[1].ToArray()),
            TableColumn.Create("pc3", scores[2].ToArray()));
    }

    private static ActivationSpectrum Direct(
        string name, int columns, Func<IEnumerable<HostMatrix>> blocks, double precision)
    {
        var streaming = new StreamingSvd(columns);
        var squares = default(CompensatedSum);
        foreach (var block in blocks())
        {
            block.RequireFinite($"'{name}'");
            streaming.Add(block.Values);
            squares.Add(BlockedSum.SumOfSquares(block.Values));
        }

        var (values, _) = streaming.Result();
        var (componentValues, components) = streaming.Result(centred: true);
        return new ActivationSpectrum(
            new Spectrum(name, MatrixKind.Activation, null, streaming.Rows, columns, values, squares.Value, precision),
            componentValues,
            BlockedSum.SumOfSquares(componentValues),
            components,
            streaming.Means());
    }

    private static ActivationSpectrum Randomized(
        string name, int columns, Func<IEnumerable<HostMatrix>> blocks, int rank, double precision)
    {
        var rows = 0L;
        var squares = default(CompensatedSum);
        var sums = new CompensatedSum[columns];
        foreach (var block in blocks())
        {
            block.RequireFinite($"'{name}'");
            squares.Add(BlockedSum.SumOfSquares(block.Values));
            rows += block.Rows;
            for (var row = 0; row < block.Rows; row++)
            {
                var values = block.Row(row);
                for (var column = 0; column < columns; column++)
                {
                    sums[column].Add(values[column]);
                }
            }
        }

        var means = Array.ConvertAll(sums, sum => sum.Value / rows);
        var (leading, _) = RandomizedSvd.Of(columns, rank, blocks);
        var (componentValues, components) = RandomizedSvd.Of(
            columns, rank, () => blocks().Select(block => Subtract(block, means)));
        return new ActivationSpectrum(
            new Spectrum(name, MatrixKind.Activation, null, rows, columns, leading, squares.Value, precision),
            componentValues,
            Math.Max(0, squares.Value - (rows * BlockedSum.SumOfSquares(means))),
            components,
            means);
    }

    private static HostMatrix Subtract(HostMatrix block, double[] means)
    {
        var centred = new HostMatrix(block.Rows, block.Columns, [.. block.Values]);
        for (var index = 0; index < centred.Values.Length; index++)
        {
            centred.Values[index] -= means[index % means.Length];
        }

        return centred;
    }
}
