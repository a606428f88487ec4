using System.Text.Json;
using Toolkit.Analysis.Representations;
using Toolkit.Analysis.Tests.RhoSets;
using Toolkit.Models.Representations;
using Toolkit.Models.Tasks;

namespace Toolkit.Analysis.Tests.LogitForm;

public sealed class LogitFormTests
{
    /// <summary>Logits of float32 products, explained shares of order 1.</summary>
    private const double Tolerance = 1e-6;

    [Fact]
    public void Measure_finds_the_circuit_of_rho_sets_bi_equivariant_though_it_computes_more_than_traces()
    {
        // Wu et al.: the logits of the circuit are a function of x⁻¹zy⁻¹ alone, and not of its conjugacy class.
        var found = Summary(new SomeCircuit());

        found.GetProperty("ExplainedBiEquivariant").GetDouble().ShouldBe(1, Tolerance);
        found.GetProperty("CorrectLogitSpread").GetDouble().ShouldBe(0, Tolerance);
        found.GetProperty("ExplainedTrace").GetDouble().ShouldBeLessThan(0.95);
    }

    [Fact]
    public void Measure_agrees_with_the_cube_of_all_logits()
    {
        var circuit = new SomeCircuit(noise: 0.5, without: 3);
        var group = circuit.Irreps.Group;
        var n = group.Order;
        var (byQuotient, byInvariant) = (new double[n], new double[n]);
        double squares = 0;
        for (var x = 0; x < n; x++)
        {
            for (var y = 0; y < n; y++)
            {
                double[] logits = [.. Enumerable.Range(0, n).Select(z =>
                    Enumerable.Range(0, circuit.Weights.Unembed.Rows).Sum(i => circuit.Weights.Unembed[i, z]
                        * Math.Max(0, circuit.Weights.EmbedX[x, i] + circuit.Weights.EmbedY[y, i])))];
                for (var z = 0; z < n; z++)
                {
                    var value = logits[z] - logits.Average();
                    squares += value * value;
                    byQuotient[group.Multiply(group.Multiply(x, y), group.Inverse(z))] += value;
                    byInvariant[group.Multiply(group.Multiply(group.Inverse(x), z), group.Inverse(y))] += value;
                }
            }
        }

        var found = Summary(circuit);

        double Explained(double[] sums) => sums.Sum(sum => sum * sum) / ((double)n * n * squares);
        found.GetProperty("ExplainedFull").GetDouble().ShouldBe(Explained(byQuotient), Tolerance);
        found.GetProperty("ExplainedBiEquivariant").GetDouble().ShouldBe(Explained(byInvariant), Tolerance);
        Math.Abs(Explained(byQuotient) - Explained(byInvariant)).ShouldBeGreaterThan(0.01);
    }

    [Fact]
    public void Measure_says_of_an_irrep_what_its_part_of_the_logits_explains()
    {
        var circuit = new SomeCircuit();
        using var moments = circuit.Moments();

        var table = Toolkit.Analysis.LogitForm.LogitForm.Measure(
            Task(circuit.Irreps), circuit.Weights, moments, circuit.Irreps,
            TestContext.Current.CancellationToken).Table;

        // A network of one irrep: all is in its row.
        var own = Array.IndexOf(table.Values<string?>("irrep").ToArray(), "standard");
        table.Values<double>("explained_bi_equivariant")[own].ShouldBe(1, Tolerance);
        table.Values<double>("gap")[own].ShouldBeGreaterThanOrEqualTo(-Tolerance);
    }

    private static JsonElement Summary(SomeCircuit circuit)
    {
        using var moments = circuit.Moments();
        return JsonSerializer.SerializeToElement(Toolkit.Analysis.LogitForm.LogitForm.Measure(
            Task(circuit.Irreps), circuit.Weights, moments, circuit.Irreps,
            TestContext.Current.CancellationToken).Summary);
    }

    private static GroupTask Task(IrrepTable irreps) => new(irreps.Group, trainFraction: 1, seed: 0);
}
