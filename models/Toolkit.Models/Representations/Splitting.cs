using MathNet.Numerics.LinearAlgebra;
using Toolkit.Models.Groups;

namespace Toolkit.Models.Representations;

/// <summary>
/// Splits an orthogonal representation into irreducible parts by a random symmetric matrix averaged over the group.
/// </summary>
/// <remarks>
/// The average (1/n)·Σ ρ(g)Xρ(g)ᵀ commutes with every ρ(g); for a random symmetric X its eigenspaces are irreducible.
/// Cost O(n·D³): for the small representations that restriction and Kronecker products leave reducible.
/// </remarks>
internal static class Splitting
{
    private const double EigenvalueGap = 1e-7;

    /// <summary>
    /// Orthonormal bases of irreducible subspaces, each [D, d] column vectors as rows of the result: d rows of D
    /// numbers.
    /// </summary>
    public static List<double[][]> InvariantSubspaces(FiniteGroup group, int dimension, double[] matrices)
    {
        var random = new Random(20_230_206);
        var builder = Matrix<double>.Build;
        var x = builder.Dense(dimension, dimension, (_, _) => random.NextDouble() - 0.5);
        x += x.Transpose();
        var average = builder.Dense(dimension, dimension);
        for (var g = 0; g < group.Order; g++)
        {
            var image = builder.DenseOfRowMajor(
                dimension, dimension, matrices.AsSpan(g * dimension * dimension, dimension * dimension).ToArray());
            average += image * x * image.Transpose();
        }

        average /= group.Order;
        average = (average + average.Transpose()) / 2;
        var evd = average.Evd(Symmetricity.Symmetric);
        var values = evd.EigenValues.Select(value => value.Real).ToArray();
        var order = Enumerable.Range(0, dimension).OrderBy(i => values[i]).ToArray();
        var spaces = new List<double[][]>();
        for (var start = 0; start < dimension;)
        {
            var end = start + 1;
            while (end < dimension && values[order[end]] - values[order[end - 1]] < EigenvalueGap)
            {
                end++;
            }

            spaces.Add([.. order[start..end].Select(i => evd.EigenVectors.Column(i).ToArray())]);
            start = end;
        }

        return spaces;
    }

    /// <summary>The representation on an invariant subspace: B·ρ(g)·Bᵀ for the rows B.</summary>
    public static double[] Restrict(int order, int dimension, double[] matrices, double[][] basis)
    {
        var d = basis.Length;
        var restricted = new double[order * d * d];
        var image = new double[dimension];
        for (var g = 0; g < order; g++)
        {
            for (var j = 0; j < d; j++)
            {
                for (var i = 0; i < dimension; i++)
                {
                    double sum = 0;
                    for (var k = 0; k < dimension; k++)
                    {
                        sum += matrices[(((g * dimension) + i) * dimension) + k] * basis[j][k];
                    }

                    image[i] = sum;
                }

                for (var i = 0; i < d; i++)
                {
                    double sum = 0;
                    for (var k = 0; k < dimension; k++)
                    {
                        sum += basis[i][k] * image[k];
                    }

                    restricted[(((g * d) + i) * d) + j] = sum;
                }
            }
        }

        return restricted;
    }
}
