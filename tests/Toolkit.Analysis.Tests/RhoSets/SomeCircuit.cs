using System.Numerics.Tensors;
using Toolkit.Analysis.LinearAlgebra;
using Toolkit.Analysis.NeuronSpectra;
using Toolkit.Analysis.Representations;
using Toolkit.Analysis.RhoSets;
using Toolkit.Models.Groups;
using Toolkit.Models.Representations;

namespace Toolkit.Analysis.Tests.RhoSets;

/// <summary>
/// The circuit of Wu et al. written down for S4: the three-dimensional irrep with the four corners of the tetrahedron
/// as ρ-set, 16 neurons; with both signs of a, 32.
/// </summary>
internal sealed class SomeCircuit
{
    public const double Scale = 3;

    public SomeCircuit(double noise = 0, int seed = 1, int without = -1, bool bothSigns = false)
    {
        Irreps = IrrepTable.Of(FiniteGroup.Parse("S4"));
        Irrep = Irreps.Find("standard");
        var group = Irreps.Group;
        var random = new Random(seed);

        // On a vector in general position b·ρ(x)a tells the corners apart.
        double[] a = [0.7, 0.1, Math.Sqrt(0.5)];

        // A corner: the vector that the subgroup fixing the point 3 leaves alone; its images under ρ are the ρ-set.
        int[] stabiliser = [.. Enumerable.Range(0, group.Order).Where(g => group.Permutation(g)[3] == 3)];
        var sum = new double[3];
        foreach (var g in stabiliser)
        {
            TensorPrimitives.Add(sum, Times(g, [1, 0.3, -0.2]), sum);
        }

        var length = TensorPrimitives.Norm<double>(sum);
        double[] corner = [.. sum.Select(value => value / length)];
        Corners = [.. Enumerable.Range(0, group.Order).Select(g => Times(g, corner))
            .DistinctBy(vector => string.Join(' ', vector.Select(value => Math.Round(value, 6) + 0.0)))];
        double[] Negative(double[] vector) => [.. vector.Select(value => -value)];
        var pairs = Corners.SelectMany(b => Corners.Select(c => (B: b, C: Negative(c))))
            .Where((_, i) => i != without)
            .ToArray();
        if (bothSigns)
        {
            pairs = [.. pairs, .. pairs.Select(pair => (Negative(pair.B), Negative(pair.C)))];
        }

        HostMatrix Matrix(int rows, int columns, Func<int, int, double> value) => new(rows, columns,
            [.. Enumerable.Range(0, rows * columns).Select(
                i => (double)(float)(value(i / columns, i % columns) + (noise * (random.NextDouble() - 0.5))))]);
        var left = Matrix(
            group.Order, pairs.Length, (x, i) => Scale * TensorPrimitives.Dot<double>(pairs[i].B, Times(x, a)));
        var right = Matrix(
            group.Order, pairs.Length, (y, i) => Scale * TensorPrimitives.Dot<double>(a, Times(y, pairs[i].C)));
        var unembed = Matrix(
            pairs.Length, group.Order, (i, z) => TensorPrimitives.Dot<double>(pairs[i].B, Times(z, pairs[i].C)));
        Weights = new GroupNetworkWeights(left, right, unembed);
        Spectra = Toolkit.Analysis.NeuronSpectra.NeuronSpectra.Measure(Irreps, left, right);
    }

    public IrrepTable Irreps { get; }

    public Irrep Irrep { get; }

    public double[][] Corners { get; }

    public GroupNetworkWeights Weights { get; }

    public IReadOnlyList<NeuronSpectrum> Spectra { get; }

    public IReadOnlyList<RhoSetCircuit> Circuits =>
        RhoSetAnalysis.Measure(Irreps, Spectra, Weights.EmbedX, Weights.EmbedY, Weights.Unembed);

    public GroupNetworkMoments Moments()
    {
        var (n, h) = (Irreps.Group.Order, Weights.Unembed.Rows);
        var moments = new GroupNetworkMoments(Irreps.Group, h, 0, hasResidual: false);
        for (var x = 0; x < n; x++)
        {
            moments.Add([.. Enumerable.Range(0, n * h)
                .Select(i => Math.Max(0, (float)Weights.EmbedX[x, i % h] + (float)Weights.EmbedY[i / h, i % h]))]);
        }

        return moments;
    }

    private double[] Times(int element, double[] vector)
    {
        var matrix = Irrep.Matrix(element);
        var result = new double[3];
        for (var i = 0; i < 3; i++)
        {
            result[i] = TensorPrimitives.Dot<double>(matrix.Slice(i * 3, 3), vector);
        }

        return result;
    }
}
