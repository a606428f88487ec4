using Toolkit.Analysis.Cosets;
using Toolkit.Analysis.LinearAlgebra;
using Toolkit.Models.Groups;
using Toolkit.Models.Representations;

namespace Toolkit.Analysis.Tests.Cosets;

public sealed class CosetAnalysisTests
{
    [Fact]
    public void Measure_finds_the_subgroup_on_whose_cosets_a_neuron_is_constant()
    {
        var group = FiniteGroup.Parse("S4");
        var lattice = SubgroupLattice.Of(group);

        // The subgroup that fixes the point 3, order 6; a neuron that is 1 on it and 0 elsewhere, on both sides.
        int[] fixing = [.. Enumerable.Range(0, 24).Where(g => group.Permutation(g)[3] == 3)];
        var functions = new HostMatrix(24, 1, [.. Enumerable.Range(0, 24).Select(g => fixing.Contains(g) ? 1.0 : 0.0)]);

        var table = CosetAnalysis.Measure(lattice, IrrepTable.Of(group), functions, functions).Table;

        table.Values<int>("subgroup_order").ToArray().ShouldBe([6, 6]);
        table.Values<double>("part_var").ToArray().ShouldAllBe(value => value < 1e-12);
        table.Values<double>("random_null").ToArray().ShouldAllBe(value => value > 0.3);
        table.Values<bool>("is_concentrated").ToArray().ShouldAllBe(value => value);
    }

    [Fact]
    public void Measure_finds_nothing_in_noise()
    {
        var group = FiniteGroup.Parse("S4");
        var random = new Random(3);
        var functions = new HostMatrix(24, 20, [.. Enumerable.Range(0, 480).Select(_ => random.NextDouble() - 0.5)]);

        var table = CosetAnalysis.Measure(SubgroupLattice.Of(group), IrrepTable.Of(group), functions, functions).Table;

        table.Values<bool>("is_constant").ToArray().ShouldAllBe(value => !value);
        table.Values<bool>("is_concentrated").ToArray().Count(value => value).ShouldBeLessThan(10);
    }

    /// <summary>
    /// f(hg) = χ(h)f(g) for the subgroup of the powers of one element and χ trivial or its sign (Lee, 2026).
    /// </summary>
    [Theory]
    [InlineData(2, false)]
    [InlineData(2, true)]
    [InlineData(4, false)]
    [InlineData(4, true)]
    public void Measure_calls_functions_of_cosets_aligned_with_or_without_a_sign(int order, bool hasSign)
    {
        var group = FiniteGroup.Parse("S4");
        var random = new Random(7);
        var generator = Enumerable.Range(0, 24).First(g => group.OrderOf(g) == order);
        var function = new double[24];
        for (var g = 0; g < 24; g++)
        {
            if (function[g] == 0)
            {
                var value = random.NextDouble() + 0.1;
                for (var (k, at) = (0, g); k < order; k++, at = group.Multiply(generator, at))
                {
                    function[at] = hasSign && k % 2 == 1 ? -value : value;
                }
            }
        }

        var functions = new HostMatrix(24, 1, function);
        var noise = new HostMatrix(24, 1, [.. function.Select(_ => random.NextDouble() - 0.5)]);

        double[] Alignment(HostMatrix left) => CosetAnalysis
            .Measure(SubgroupLattice.Of(group), IrrepTable.Of(group), left, left).Table
            .Values<double>("alignment").ToArray();
        Alignment(functions).ShouldAllBe(value => Math.Abs(value - 1) < 1e-12);
        Alignment(noise).ShouldAllBe(value => value < 0.9);
    }

    /// <summary>
    /// Averages over cosets of an abelian group keep or drop whole irreps, so the powers in the irreps alone say how
    /// much is left.
    /// </summary>
    [Fact]
    public void Measure_finds_no_neuron_of_a_cyclic_group_nearer_to_cosets_than_its_irreps_make_it()
    {
        var group = FiniteGroup.Parse("C118");
        var random = new Random(5);

        // One strong frequency that no subgroup keeps, and a little of each other.
        var functions = new HostMatrix(
            118, 20, [.. Enumerable.Range(0, 118).SelectMany(g => Enumerable.Range(0, 20)
                .Select(j => Math.Cos(2 * Math.PI * 23 * (g + j) / 118) + (0.06 * (random.NextDouble() - 0.5))))]);

        var table = CosetAnalysis.Measure(SubgroupLattice.Of(group), IrrepTable.Of(group), functions, functions).Table;

        table.Values<double>("part_var").ToArray().ShouldAllBe(value => value > 0.99);
        table.Values<bool>("is_concentrated").ToArray().ShouldAllBe(value => !value);
    }
}
