using Toolkit.Analysis.AccuracyBound;
using Toolkit.Analysis.LinearAlgebra;
using Toolkit.Analysis.Tests.RhoSets;
using Toolkit.Models.Groups;

namespace Toolkit.Analysis.Tests.AccuracyBound;

public sealed class AccuracyBoundTests
{
    [Fact]
    public void The_bound_by_irreps_is_the_accuracy_where_the_network_is_the_ideal_circuit()
    {
        var (accuracy, irreps, _, _, failure) = Bounds(new SomeCircuit());

        accuracy.ShouldBe(1);
        irreps.ShouldBe(1);
        failure.ShouldBeNull();
    }

    [Fact]
    public void The_bound_by_cosets_is_the_accuracy_where_neurons_of_every_coset_fire_for_all_products_outside() =>
        // b·ρ(x)a is constant on cosets of the stabiliser of b; with both signs the neurons of a pair (b, c) add up to
        // |l + r|, which is 0 on one coset alone.
        Bounds(new SomeCircuit(bothSigns: true)).Cosets.ShouldBe(1);

    [Fact]
    public void The_bound_by_cosets_proves_nothing_where_a_coset_has_products_outside_that_no_neuron_fires_for() =>
        Bounds(new SomeCircuit()).Cosets.ShouldBeLessThan(1);

    [Theory]
    [InlineData(0.01)]
    [InlineData(0.1)]
    [InlineData(0.3)]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(8)]
    public void No_bound_exceeds_the_accuracy_of_a_perturbed_network(double noise)
    {
        for (var seed = 0; seed < 12; seed++)
        {
            var (accuracy, irreps, cosets, low, _) = Bounds(
                new SomeCircuit(noise, seed, without: seed, bothSigns: seed % 2 == 1));

            irreps.ShouldBeLessThanOrEqualTo(accuracy, $"irreps, seed {seed}");
            cosets.ShouldBeLessThanOrEqualTo(accuracy, $"cosets, seed {seed}");
            low.ShouldBeLessThanOrEqualTo(accuracy, $"low rank, seed {seed}");
        }
    }

    [Fact]
    public void No_bound_exceeds_the_accuracy_where_the_unembedding_was_turned_against_the_circuit()
    {
        var circuit = new SomeCircuit(noise: 0.05);
        var weights = circuit.Weights with { Unembed = new HostMatrix(
            circuit.Weights.Unembed.Rows, 24, [.. circuit.Weights.Unembed.Values.Select(value => -value)]) };
        using var moments = circuit.Moments();
        var circuits = Toolkit.Analysis.RhoSets.RhoSetAnalysis.Measure(
            circuit.Irreps, circuit.Spectra, weights.EmbedX, weights.EmbedY, weights.Unembed);

        var found = AccuracyBoundAnalysis.Measure(
            circuit.Irreps,
            weights,
            moments,
            circuits,
            SubgroupLattice.Of(circuit.Irreps.Group),
            TimeProvider.System,
            TestContext.Current.CancellationToken)
            .Table.Values<double>("accuracy").ToArray();

        found[0].ShouldBeLessThan(0.5);
        found.Skip(1).ShouldAllBe(bound => bound <= found[0]);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(0.3, 1)]
    public void The_bound_by_low_rank_is_the_accuracy_where_the_unembedding_has_that_rank(double noise, double accuracy)
    {
        // u_z = Σ bᵀρ(z)c lies in the nine matrix elements of one irrep, whatever the embeddings.
        var circuit = new SomeCircuit(noise);
        var exact = new SomeCircuit();
        var weights = circuit.Weights with { Unembed = exact.Weights.Unembed };
        using var moments = circuit.Moments();

        var output = AccuracyBoundAnalysis.Measure(
            circuit.Irreps,
            weights,
            moments,
            circuit.Circuits,
            null,
            TimeProvider.System,
            TestContext.Current.CancellationToken);

        var found = output.Table.Values<double>("accuracy").ToArray();
        found[0].ShouldBe(accuracy);
        found[^1].ShouldBe(accuracy);
        output.Headline!.ShouldContain("by low rank (9 of 16 directions)");
    }

    [Fact]
    public void The_failed_check_is_named_and_the_bound_is_zero_where_there_is_no_circuit()
    {
        var (_, irreps, cosets, _, failure) = Bounds(new SomeCircuit(noise: 12));

        irreps.ShouldBe(0);
        cosets.ShouldBe(0);
        failure.ShouldNotBeNull();
    }

    private static (double Accuracy, double Irreps, double Cosets, double LowRank, string? Failure) Bounds(
        SomeCircuit circuit)
    {
        using var moments = circuit.Moments();
        var table = AccuracyBoundAnalysis.Measure(
            circuit.Irreps,
            circuit.Weights,
            moments,
            circuit.Circuits,
            SubgroupLattice.Of(circuit.Irreps.Group),
            TimeProvider.System,
            TestContext.Current.CancellationToken).Table;
        var values = table.Values<double>("accuracy").ToArray();
        return (values[0], values[1], values[2], values[3], table.Values<string?>("failed_check")[1]);
    }
}
