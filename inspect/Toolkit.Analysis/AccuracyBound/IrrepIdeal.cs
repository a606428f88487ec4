using System.Numerics.Tensors;
using Toolkit.Analysis.LinearAlgebra;
using Toolkit.Analysis.RhoSets;
using Toolkit.Models.Groups;

namespace Toolkit.Analysis.AccuracyBound;

/// <summary>
/// The circuits of the irreps with a, b, c snapped to ρ-sets and coefficients made even: exactly bi-equivariant, so one
/// row of logits gives every margin.
/// </summary>
internal static class IrrepIdeal
{
    public static IdealNetwork Of(
        FiniteGroup group, int neurons, UnembedParts parts, IReadOnlyList<RhoSetCircuit> circuits)
    {
        var n = group.Order;
        var used = circuits.Where(circuit => circuit.Failure is null && circuit.Irrep.Dimension > 1).ToArray();
        var columns = new List<Column>();
        var groups = new int[neurons];
        var logits = new double[n];
        double operations = 0;
        for (var k = 0; k < used.Length; k++)
        {
            var circuit = used[k];
            for (var o = 0; o < circuit.Orbits.Count; o++)
            {
                var orbit = circuit.Orbits[o];
                foreach (var column in Columns(circuit, o))
                {
                    columns.Add(column with { Index = column.Index < 0
                        ? neurons + columns.Count(one => one.Index >= neurons)
                        : column.Index });
                }

                AddLogits(circuit, orbit, logits);
                operations += (double)orbit.Coefficients.Length * circuit.A.Length * circuit.A.Length;
            }

            foreach (var neuron in circuit.Neurons)
            {
                groups[neuron.Neuron] = k + 1;
            }
        }

        var width = neurons + columns.Count(one => one.Index >= neurons);
        Array.Resize(ref groups, width);
        var (left, right, unembed) = (new HostMatrix(n, width), new HostMatrix(n, width), new HostMatrix(n, width));
        Parallel.ForEach(columns, column =>
        {
            var irrep = column.Circuit.Irrep;
            for (var g = 0; g < n; g++)
            {
                var matrix = irrep.Matrix(g);
                left[g, column.Index] = column.Scale * RhoVectors.Form(column.B, matrix, column.Circuit.A);
                right[g, column.Index] = column.Scale * RhoVectors.Form(column.Circuit.A, matrix, column.C);
                unembed[g, column.Index] = column.Coefficient * RhoVectors.Form(column.B, matrix, column.C);
            }
        });
        foreach (var column in columns)
        {
            groups[column.Index] = Array.IndexOf(used, column.Circuit) + 1;
        }

        var margins = new double[parts.Signs.Length];
        Array.Fill(margins, double.PositiveInfinity);
        for (var w = 0; w < n; w++)
        {
            if (w != group.Identity)
            {
                margins[parts.Class[w]] = Math.Min(margins[parts.Class[w]], logits[group.Identity] - logits[w]);
            }
        }

        var leftOut = circuits
            .Where(circuit => circuit.Failure is not null)
            .Select(circuit => $"{circuit.Irrep.Name}: {circuit.Failure}")
            .ToArray();
        return new(left, right, unembed, groups, [.. Enumerable.Repeat(margins, n)],
            used.Length == 0 && leftOut.Length == 0 ? "no irrep of dimension over 1 has neurons"
                : leftOut.Length == 0 ? null
                : string.Join("; ", leftOut))
        {
            IsEmpty = used.Length == 0,
            Operations = operations + ((double)n * columns.Count),
        };
    }

    /// <summary>
    /// The neurons of an orbit with coefficients that sum to its mean for every pair, and new ones for the pairs
    /// without.
    /// </summary>
    private static IEnumerable<Column> Columns(RhoSetCircuit circuit, int number)
    {
        var orbit = circuit.Orbits[number];
        var (size, mean) = (orbit.Vectors.Count, orbit.Mean);
        double[] Negative(int member) => [.. orbit.Vectors[member].Select(value => -value)];
        foreach (var pair in circuit.Neurons.Where(one => one.Orbit == number).GroupBy(one => (one.B, one.C)))
        {
            var lacking = mean - orbit.Coefficients[(pair.Key.B * size) + pair.Key.C];
            var squares = pair.Sum(one => one.Scale * one.Scale);
            foreach (var one in pair)
            {
                yield return new(circuit, one.Neuron, orbit.Vectors[one.B], Negative(one.C), one.Scale, one.Coefficient
                    + (lacking * one.Scale / squares));
            }
        }

        var scale = Math.Sqrt(Math.Abs(mean));
        for (var i = 0; i < orbit.Coefficients.Length && scale > 0; i++)
        {
            if (double.IsNaN(orbit.Coefficients[i]))
            {
                yield return new(circuit, -1, orbit.Vectors[i / size], Negative(i % size), scale, mean / scale);
            }
        }
    }

    /// <summary>F(w) = K·Σ bᵀρ(w)c·ReLU(bᵀa + aᵀc): the logit of z at a pair with x⁻¹zy⁻¹ = w.</summary>
    private static void AddLogits(RhoSetCircuit circuit, RhoOrbit orbit, double[] logits)
    {
        var d = circuit.A.Length;
        var sum = new double[d * d];
        double[] along = [.. orbit.Vectors.Select(vector => TensorPrimitives.Dot<double>(vector, circuit.A))];
        for (var b = 0; b < along.Length; b++)
        {
            var second = new double[d];
            for (var c = 0; c < along.Length; c++)
            {
                TensorPrimitives.MultiplyAdd(orbit.Vectors[c], -Math.Max(0, along[b] - along[c]), second, second);
            }

            for (var i = 0; i < d; i++)
            {
                var row = sum.AsSpan(i * d, d);
                TensorPrimitives.MultiplyAdd(second, orbit.Vectors[b][i], row, row);
            }
        }

        for (var w = 0; w < logits.Length; w++)
        {
            logits[w] += orbit.Mean * TensorPrimitives.Dot(sum, circuit.Irrep.Matrix(w));
        }
    }

    private sealed record Column(
        RhoSetCircuit Circuit, int Index, double[] B, double[] C, double Scale, double Coefficient);
}
