namespace Toolkit.Analysis.Tests.RhoSets;

public sealed class RhoSetAnalysisTests
{
    /// <summary>The weights are float32.</summary>
    private const double Tolerance = 1e-5;

    [Fact]
    public void Measure_finds_the_circuit_that_was_written_down()
    {
        var circuit = new SomeCircuit().Circuits.ShouldHaveSingleItem();

        circuit.Failure.ShouldBeNull();
        circuit.Irrep.Name.ShouldBe("standard");
        circuit.RankOne.Left.ShouldBe(1, Tolerance);
        circuit.RankOne.Right.ShouldBe(1, Tolerance);
        circuit.RankOne.Unembed.ShouldBe(1, Tolerance);
        circuit.AVariance.ShouldBe(0, Tolerance);
        circuit.ADifference.ShouldBe(0, Tolerance);
        circuit.UnembedOnProduct.ShouldBe(1, Tolerance);
        circuit.Distance.ShouldBe(0, Tolerance);
        var orbit = circuit.Orbits.ShouldHaveSingleItem();
        orbit.Vectors.Count.ShouldBe(4);
        orbit.Missing.ShouldBe(0);
        orbit.Mean.ShouldBe(SomeCircuit.Scale, Tolerance);
        orbit.Variation.ShouldBe(0, Tolerance);
    }

    [Fact]
    public void Measure_counts_the_pairs_that_no_neuron_has()
    {
        var orbit = new SomeCircuit(without: 5).Circuits.ShouldHaveSingleItem().Orbits.ShouldHaveSingleItem();

        orbit.Missing.ShouldBe(1);
        orbit.Variation.ShouldBe(0, Tolerance);
    }

    [Fact]
    public void Measure_names_the_check_that_neurons_of_no_circuit_fail() =>
        new SomeCircuit(noise: 12).Circuits.ShouldAllBe(circuit => circuit.Failure != null);
}
