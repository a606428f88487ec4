using Toolkit.Analysis.PairSpectra;
using Toolkit.Analysis.Representations;
using Toolkit.Models.Groups;
using Toolkit.Models.Representations;
using Method = Toolkit.Analysis.PairSpectra.PairSpectra;

namespace Toolkit.Analysis.Tests.PairSpectra;

public sealed class PairSpectraTests
{
    private const int Neurons = 3;

    /// <summary>Binary64 sums over n⁴ terms of at most a few thousand.</summary>
    private const double Tolerance = 1e-9;

    [Theory]
    [InlineData("S3")]
    [InlineData("D5")]
    [InlineData("Q8")]
    [InlineData("A4")]
    [InlineData("C7")]
    [InlineData("C4xS3")]
    public void Measure_agrees_with_the_projectors_written_out(string name)
    {
        var irreps = IrrepTable.Of(FiniteGroup.Parse(name));
        var hidden = SomeActivations(irreps.Group, (x, y, j, random) => random.NextDouble());
        using var moments = Moments(irreps.Group, hidden, shares: true);

        var spectrum = Method.Measure(irreps, moments);

        var n = irreps.Group.Order;
        for (var j = 0; j < Neurons; j++)
        {
            for (var left = 0; left < irreps.Count; left++)
            {
                for (var right = 0; right < irreps.Count; right++)
                {
                    // ⟨F, P_ρ F P_σ⟩ with P[g, h] = d/(⟨χ,χ⟩n)·χ(g⁻¹h): four nested sums, the definition.
                    double expected = 0;
                    for (var x = 0; x < n; x++)
                    {
                        for (var u = 0; u < n; u++)
                        {
                            for (var y = 0; y < n; y++)
                            {
                                for (var v = 0; v < n; v++)
                                {
                                    expected += hidden[x][(y * Neurons) + j] * Projector(irreps[left], x, u)
                                        * hidden[u][(v * Neurons) + j] * Projector(irreps[right], v, y);
                                }
                            }
                        }
                    }

                    spectrum.Of(j)[(left * irreps.Count) + right].ShouldBe(expected, Tolerance * n * n);
                }
            }
        }

        Method.Parseval(spectrum).Passed.ShouldBeTrue();
    }

    [Fact]
    public void Measure_needs_no_hidden_layer_in_memory_where_it_is_shown_again()
    {
        var irreps = IrrepTable.Of(FiniteGroup.Parse("S4"));
        var hidden = SomeActivations(irreps.Group, (_, _, _, random) => random.NextDouble());
        using var shared = Moments(irreps.Group, hidden, shares: true);
        using var apart = Moments(irreps.Group, hidden, shares: false);

        var again = Method.Measure(irreps, apart, visitor =>
        {
            for (var x = 0; x < hidden.Length; x++)
            {
                visitor(x, hidden[x]);
            }
        });

        again.Power.ShouldBe(Method.Measure(irreps, shared).Power, Tolerance);
    }

    [Fact]
    public void Functions_of_one_element_and_of_the_product_have_their_power_where_the_definition_puts_it()
    {
        var irreps = IrrepTable.Of(FiniteGroup.Parse("S4"));
        var group = irreps.Group;
        var standard = irreps.ToList().FindIndex(irrep => irrep.Dimension == 3);
        var trivial = irreps.ToList().FindIndex(irrep => irrep.IsTrivial);
        var hidden = SomeActivations(
            group, (x, y, j, _) => irreps[standard].Matrix(j == 0 ? x : j == 1 ? y : group.Multiply(x, y))[1]);
        using var moments = Moments(group, hidden, shares: true);

        var spectrum = Method.Measure(irreps, moments);

        (int Left, int Right)[] expected = [(standard, trivial), (trivial, standard), (standard, standard)];
        for (var j = 0; j < Neurons; j++)
        {
            // Matrix elements are rounded to float32 when they become activations.
            spectrum.Of(j)[(expected[j].Left * irreps.Count) + expected[j].Right].ShouldBe(
                spectrum.Energy[j], 1e-6 * spectrum.Energy[j]);
        }
    }

    [Fact]
    public void Parseval_fails_where_an_irrep_has_lost_its_power()
    {
        var irreps = IrrepTable.Of(FiniteGroup.Parse("S3"));
        using var moments = Moments(
            irreps.Group, SomeActivations(irreps.Group, (_, _, _, random) => random.NextDouble()), shares: true);
        var spectrum = Method.Measure(irreps, moments);
        spectrum.Power[^1] = 0;

        Method.Parseval(spectrum).Passed.ShouldBeFalse();
    }

    private static double Projector(Irrep irrep, int g, int h)
    {
        var group = irrep.Group;
        return (double)irrep.Dimension / irrep.Norm / group.Order * irrep.Character(
            group.Multiply(group.Inverse(g), h));
    }

    private static float[][] SomeActivations(FiniteGroup group, Func<int, int, int, Random, double> value)
    {
        var random = new Random(11);
        return [.. Enumerable.Range(0, group.Order).Select(x => Enumerable.Range(0, group.Order * Neurons)
            .Select(i => (float)value(x, i / Neurons, i % Neurons, random)).ToArray())];
    }

    private static GroupNetworkMoments Moments(FiniteGroup group, float[][] hidden, bool shares)
    {
        var moments = new GroupNetworkMoments(group, Neurons, shares ? 0 : 1, hasResidual: false);
        foreach (var row in hidden)
        {
            moments.Add(row, shares ? default : new float[group.Order]);
        }

        return moments;
    }
}
