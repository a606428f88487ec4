using System.Numerics.Tensors;
using MathNet.Numerics.LinearAlgebra;
using Toolkit.Analysis.LinearAlgebra;
using Toolkit.Analysis.NeuronSpectra;
using Toolkit.Formats.Tables;
using Toolkit.Models.Representations;

namespace Toolkit.Analysis.RhoSets;

/// <summary>
/// The rank-one circuits of a one-layer network: which vectors a, b, c its neurons use, and whether the b and c are
/// sets that ρ permutes.
/// </summary>
/// <remarks>
/// W. Wu, L. Jaburi, J. Drori, J. Gross, "Towards a Unified and Verified Understanding of Group-Operation Networks"
/// (ICLR 2025, arXiv 2410.07476). For the neurons of an irrep ρ of real type, least squares give l(x) = ⟨A, ρ(x)⟩ with
/// A = (d/n)·Σ l(x)ρ(x), and B, C of r and u alike. In the circuit A = baᵀ and B = acᵀ with one a for all neurons, C ∝
/// AB = bcᵀ; the b form ρ-sets (orbits ≅ G/Stab), the c are their negatives, every pair (b, c) occurs and the
/// coefficients sum to one number for all pairs. Then Σ coef·bᵀρ(z)c·ReLU(bᵀρ(x)a + aᵀρ(y)c) depends on x⁻¹zy⁻¹ alone.
/// </remarks>
public static class RhoSetAnalysis
{
    /// <summary>A circuit fails where the vectors a differ by more than this share of their squares.</summary>
    public const double MostAVariance = 0.1;

    /// <summary>A circuit fails where more than this share of the pairs (b, c) has no neuron (Wu et al.).</summary>
    public const double MostMissing = 0.5;

    /// <summary>Fits the circuit of every irrep that has neurons.</summary>
    /// <param name="irreps">The irreps.</param>
    /// <param name="spectra">The neurons' clusters.</param>
    /// <param name="left">l, [n, h].</param>
    /// <param name="right">r, [n, h].</param>
    /// <param name="unembed">u, [h, n].</param>
    /// <returns>One circuit for each cluster, in the order of the irreps.</returns>
    public static IReadOnlyList<RhoSetCircuit> Measure(
        IrrepTable irreps, IReadOnlyList<NeuronSpectrum> spectra, HostMatrix left, HostMatrix right, HostMatrix unembed)
    {
        ArgumentNullException.ThrowIfNull(irreps);
        ArgumentNullException.ThrowIfNull(spectra);
        ArgumentNullException.ThrowIfNull(left);
        ArgumentNullException.ThrowIfNull(right);
        ArgumentNullException.ThrowIfNull(unembed);
        return [.. irreps.Select(irrep => (
            irrep, Members: spectra.Where(one => one.Cluster == irrep.Name).Select(one => one.Neuron).ToArray()))
            .Where(cluster => cluster.Members.Length > 0 && !cluster.irrep.IsTrivial)
            .AsParallel().AsOrdered().Select(cluster => Fit(cluster.irrep, cluster.Members, left, right, unembed))];
    }

    /// <summary>
    /// The tables "rho_circuits" (one row for each irrep), "rho_sets" (one for each pair (b, c)) and "rho_neurons" (one
    /// for each neuron).
    /// </summary>
    /// <param name="circuits">The circuits.</param>
    /// <returns>The outputs.</returns>
    public static IReadOnlyList<AnalysisOutput> Outputs(IReadOnlyList<RhoSetCircuit> circuits)
    {
        ArgumentNullException.ThrowIfNull(circuits);
        var summary = new
        {
            Method = "rank-one fit and ρ-sets (Wu et al., ICLR 2025): l = bᵀρ(x)a, r = aᵀρ(y)c, u = coef·bᵀρ(z)c",
            Passed = circuits.Where(one => one.Failure is null).Select(one => one.Irrep.Name),
            Failed = circuits.Where(one => one.Failure is not null).ToDictionary(
                one => one.Irrep.Name, one => one.Failure, StringComparer.Ordinal),
        };
        var table = new Table(
            TableColumn.Create("irrep", [.. circuits.Select(one => one.Irrep.Name)]),
            TableColumn.Create("dimension", circuits.Select(one => one.Irrep.Dimension).ToArray()),
            TableColumn.Create("neurons", circuits.Select(one => one.Neurons.Count).ToArray()),
            TableColumn.Create("left_rank_one_share", circuits.Select(one => one.RankOne.Left).ToArray()),
            TableColumn.Create("right_rank_one_share", circuits.Select(one => one.RankOne.Right).ToArray()),
            TableColumn.Create("unembed_rank_one_share", circuits.Select(one => one.RankOne.Unembed).ToArray()),
            TableColumn.Create("a_variance", circuits.Select(one => one.AVariance).ToArray()),
            TableColumn.Create("a_minus_d", circuits.Select(one => one.ADifference).ToArray()),
            TableColumn.Create("unembed_on_product", circuits.Select(one => one.UnembedOnProduct).ToArray()),
            TableColumn.Create(
                "rho_sets",
                [.. circuits.Select(one => string.Join(", ", one.Orbits.Select(orbit => orbit.Vectors.Count)))]),
            TableColumn.Create("distance", circuits.Select(one => one.Distance).ToArray()),
            TableColumn.Create(
                "pairs", circuits.Select(one => one.Orbits.Sum(orbit => orbit.Coefficients.Length)).ToArray()),
            TableColumn.Create(
                "missing_pairs", circuits.Select(one => one.Orbits.Sum(orbit => orbit.Missing)).ToArray()),
            TableColumn.Create("coefficient_variation", circuits
                .Select(one => one.Orbits.Select(orbit => orbit.Variation).DefaultIfEmpty(double.NaN).Max())
                .ToArray()),
            TableColumn.Create("failed_check", [.. circuits.Select(one => one.Failure)]));
        var pairs = circuits.SelectMany(circuit => circuit.Orbits.SelectMany((orbit, k) => orbit.Coefficients
            .Select((value, i) => (
                circuit.Irrep.Name, Orbit: k, B: i / orbit.Vectors.Count, C: i % orbit.Vectors.Count, Value: value))))
                .ToList();
        var sets = new Table(
            TableColumn.Create("irrep", [.. pairs.Select(pair => pair.Name)]),
            TableColumn.Create("rho_set", pairs.Select(pair => pair.Orbit).ToArray()),
            TableColumn.Create("b", pairs.Select(pair => pair.B).ToArray()),
            TableColumn.Create("c", pairs.Select(pair => pair.C).ToArray()),
            TableColumn.Create("coefficient", pairs.Select(pair => pair.Value).ToArray()));
        var members = circuits
            .SelectMany(circuit => circuit.Neurons.Select(one => (circuit.Irrep.Name, One: one)))
            .ToList();
        var neurons = new Table(
            TableColumn.Create("neuron", members.Select(row => row.One.Neuron).ToArray()),
            TableColumn.Create("irrep", [.. members.Select(row => row.Name)]),
            TableColumn.Create("rho_set", members.Select(row => row.One.Orbit).ToArray()),
            TableColumn.Create("b", members.Select(row => row.One.B).ToArray()),
            TableColumn.Create("c", members.Select(row => row.One.C).ToArray()),
            TableColumn.Create("left_scale", members.Select(row => row.One.LeftScale).ToArray()),
            TableColumn.Create("right_scale", members.Select(row => row.One.RightScale).ToArray()),
            TableColumn.Create("coefficient", members.Select(row => row.One.Coefficient).ToArray()),
            TableColumn.Create("b_distance", members.Select(row => row.One.BDistance).ToArray()),
            TableColumn.Create("c_distance", members.Select(row => row.One.CDistance).ToArray()));
        var headline = circuits.Count == 0
            ? "ρ-sets: no irrep has neurons of its own"
            : $"ρ-sets: {string.Join("; ", circuits.Where(one => one.Failure is null)
                .Select(one => $"{one.Irrep.Name} fits the rank-one circuit with ρ-sets of {Words.List(one.Orbits.Select(orbit => $"{orbit.Vectors.Count}"))} vectors")
                .Concat(circuits.Where(one => one.Failure is not null).GroupBy(one => one.Failure, one => one.Irrep.Name, StringComparer.Ordinal)
                    .Select(failed => $"{string.Join(", ", failed)} {(failed.Count() == 1 ? "does" : "do")} not ({failed.Key})")))}";
        return [new("rho_circuits", table, summary) { Headline = headline }, new("rho_sets", sets, summary), new(
            "rho_neurons", neurons, summary)];
    }

    private static RhoSetCircuit Fit(Irrep irrep, int[] members, HostMatrix left, HostMatrix right, HostMatrix unembed)
    {
        var d = irrep.Dimension;
        Coefficients[] neurons = [.. members.Select(j => new Coefficients(
            Solve(irrep, g => left[g, j]), Solve(irrep, g => right[g, j]), Solve(irrep, g => unembed[j, g])))];
        var svds = neurons
            .Select(one => (L: Decompose(d, one.L), R: Decompose(d, one.R), U: Decompose(d, one.U)))
            .ToArray();
        var rankOne = (Median(svds.Select(one => one.L.Share)), Median(svds.Select(one => one.R.Share)), Median(
            svds.Select(one => one.U.Share)));
        var product = Median(neurons.Select(one => OnProduct(d, one)));

        // (a, b) and (−a, −b) are one function: all signs are taken so that a points along the direction most of them
        // share.
        var axis = Decompose(d, [.. Enumerable.Range(
            0, d * d).Select(i => svds.Sum(one => one.L.Right[i / d] * one.L.Right[i % d]))]).Left;
        double[] Along(double[] vector) =>
            TensorPrimitives.Dot<double>(vector, axis) < 0 ? [.. vector.Select(value => -value)] : vector;
        var a = svds.Select(one => Along(one.L.Right)).ToArray();
        var own = svds.Select(one => Along(one.R.Left)).ToArray();
        double[] mean = [.. Enumerable.Range(0, d).Select(i => a.Average(one => one[i]))];
        var shared = RhoVectors.Unit(mean) ?? axis;
        var variance = a.Average(one => Square(one, mean));
        var difference = a.Zip(own).Average(pair => Square(pair.First, pair.Second));
        var fitted = neurons
            .Select(one => (B: RhoVectors.Times(one.L, shared), C: RhoVectors.TransposedTimes(one.R, shared), one.U))
            .ToArray();
        var points = fitted
            .SelectMany(
                one => (double[]?[])[RhoVectors.Unit(one.B), RhoVectors.Unit([.. one.C.Select(value => -value)])])
            .OfType<double[]>()
            .ToArray();
        var circuit = new RhoSetCircuit(irrep, shared, [], [])
        {
            RankOne = rankOne,
            AVariance = variance,
            ADifference = difference,
            UnembedOnProduct = product,
            Distance = double.NaN,
            Failure = irrep.Norm == 1
                ? null
                : $"irrep of {irrep.Type.ToString().ToLowerInvariant()} type: the circuit is known for real type",
        };
        if (circuit.Failure is not null || points.Length == 0)
        {
            return circuit;
        }

        var (orbits, areGroups, distance) = OrbitClustering.Find(irrep, points);
        RhoSetNeuron[] placed = [.. members.Zip(fitted, (neuron, fit) => Place(neuron, fit.B, fit.C, fit.U, orbits))];
        var sets = orbits.Select((orbit, k) => new RhoOrbit(orbit, Sums(placed, k, orbit.Count))).ToArray();
        return circuit with
        {
            Neurons = placed,
            Orbits = sets,
            Distance = distance,
            Failure =
                variance
                    > MostAVariance ? $"the neurons' vectors a differ: variance {variance:0.00}, at most {MostAVariance} was expected"
                    : distance
                        >= OrbitClustering.Near ? $"b and c lie on no few ρ-sets: mean distance {distance:0.00}, under {OrbitClustering.Near} was expected"
                    : !areGroups ? "the stabiliser of a ρ-set is no subgroup"
                    : sets.Sum(one => one.Missing) > MostMissing * sets.Sum(one => one.Coefficients.Length)
                        ? $"{sets.Sum(one => one.Missing)} of {sets.Sum(one => one.Coefficients.Length)} pairs (b, "
                            + "c) have no neuron, at most half was expected"
                    : null,
        };
    }

    private static RhoSetNeuron Place(int neuron, double[] b, double[] c, double[] u, IReadOnlyList<double[]>[] orbits)
    {
        var (left, right) = (TensorPrimitives.Norm<double>(b), TensorPrimitives.Norm<double>(c));
        if (left == 0 || right == 0)
        {
            return new(neuron, -1, -1, -1, left, right, 0, double.NaN, double.NaN);
        }

        var (unitB, unitC) = (RhoVectors.Unit(b)!, RhoVectors.Unit(c)!);
        var atB = OrbitClustering.Snap(orbits, unitB);
        var atC = OrbitClustering.Snap(orbits, [.. unitC.Select(value => -value)]);
        return new(
            neuron,
            atB.Orbit == atC.Orbit ? atB.Orbit : -1,
            atB.Member,
            atC.Member,
            left,
            right,
            RhoVectors.Form(unitB, u, unitC),
            atB.Distance,
            atC.Distance);
    }

    private static double[] Sums(RhoSetNeuron[] neurons, int orbit, int size)
    {
        var sums = new double[size * size];
        Array.Fill(sums, double.NaN);
        foreach (var one in neurons.Where(one => one.Orbit == orbit))
        {
            var at = (one.B * size) + one.C;
            sums[at] = (double.IsNaN(sums[at]) ? 0 : sums[at]) + (one.Scale * one.Coefficient);
        }

        return sums;
    }

    /// <summary>
    /// The least-squares coefficients of a function on ρ's matrix elements: (d/(⟨χ,χ⟩n))·Σ f(g)ρ(g), those of least
    /// norm where elements depend on each other.
    /// </summary>
    private static double[] Solve(Irrep irrep, Func<int, double> function)
    {
        double[] values = [.. Enumerable.Range(0, irrep.Group.Order).Select(function)];
        var sum = GroupPower.Transform(irrep, values);
        TensorPrimitives.Multiply(sum, (double)irrep.Dimension / irrep.Norm / values.Length, sum);
        return sum;
    }

    private static (double[] Left, double[] Right, double Share) Decompose(int d, double[] matrix)
    {
        var svd = Matrix<double>.Build.DenseOfRowMajor(d, d, matrix).Svd();
        var total = svd.S.Sum(value => value * value);
        return (svd.U.Column(0).ToArray(), svd.VT.Row(0).ToArray(), total == 0
            ? double.NaN
            : svd.S[0] * svd.S[0] / total);
    }

    /// <summary>The squared cosine between C and A·B.</summary>
    private static double OnProduct(int d, Coefficients one)
    {
        var build = Matrix<double>.Build;
        var product = (build.DenseOfRowMajor(d, d, one.L) * build.DenseOfRowMajor(d, d, one.R)).ToRowMajorArray();
        var inner = TensorPrimitives.Dot<double>(product, one.U);
        var norms = TensorPrimitives.Dot<double>(product, product) * TensorPrimitives.Dot<double>(one.U, one.U);
        return norms == 0 ? double.NaN : inner * inner / norms;
    }

    private static double Square(double[] a, double[] b) =>
        TensorPrimitives.Distance<double>(a, b) is var distance ? distance * distance : 0;

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Where(double.IsFinite).Order().ToArray();
        return sorted.Length == 0 ? double.NaN : sorted[sorted.Length / 2];
    }

    private sealed record Coefficients(double[] L, double[] R, double[] U);
}
