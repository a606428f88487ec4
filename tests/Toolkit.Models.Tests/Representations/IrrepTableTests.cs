using Toolkit.Formats;
using Toolkit.Models.Groups;
using Toolkit.Models.Representations;

namespace Toolkit.Models.Tests.Representations;

public sealed class IrrepTableTests
{
    [Theory]
    [InlineData("S1", "trivial")]
    [InlineData("S2", "trivial sign")]
    [InlineData("S3", "trivial sign standard")]
    [InlineData("S4", "trivial sign standard standard_sign s4_2d")]
    [InlineData("S5", "trivial sign standard standard_sign s5_5d_a s5_5d_b s5_6d")]
    [InlineData("S6", "trivial sign standard standard_sign s6_5d_a s6_5d_b (4,2) (2,2,1,1) (4,1,1) (3,1,1,1) (3,2,1)")]
    [InlineData("A5", "trivial standard a5_5d_a a5_3d_a a5_3d_b")]
    [InlineData("A4", "trivial standard (2,2)")]
    [InlineData("C6", "trivial sign freq_1 freq_2")]
    [InlineData("C7", "trivial freq_1 freq_2 freq_3")]
    [InlineData("D7", "trivial sign freq_1 freq_2 freq_3")]
    [InlineData("D6", "trivial sign 1d_r-_s+ 1d_r-_s- freq_1 freq_2")]
    [InlineData("Q8", "trivial 1d_a 1d_b 1d_c 4d")]
    [InlineData("C2xC4", "trivial freq_0_2 freq_1_0 freq_1_2 freq_0_1 freq_1_1")]
    public void Of_names_the_irreps(string group, string names) =>
        string.Join(' ', IrrepTable.Of(FiniteGroup.Parse(group)).Select(irrep => irrep.Name)).ShouldBe(names);

    [Theory]
    [InlineData("S5", "1 1 4 4 5 5 6")]
    [InlineData("S6", "1 1 5 5 5 5 9 9 10 10 16")]
    [InlineData("A6", "1 5 5 8 8 9 10")]
    [InlineData("A3", "1 2")]
    [InlineData("C3xS3", "1 1 2 2 2 4")]
    [InlineData("Q8xC3", "1 1 1 1 2 2 2 2 4 4")]
    [InlineData("Q8xQ8", "1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 4 4 4 4 4 4 4 4 4")]
    [InlineData("C3xC3xS3", "1 1 2 2 2 2 2 2 2 2 2 4 4 4 4")]
    public void Of_finds_irreps_of_the_known_dimensions(string group, string dimensions) =>
        string.Join(' ', IrrepTable.Of(FiniteGroup.Parse(group)).Select(irrep => irrep.Dimension).Order()).ShouldBe(
            dimensions);

    [Fact]
    public void Of_builds_all_fifteen_irreps_of_S7()
    {
        var irreps = IrrepTable.Of(FiniteGroup.Parse("S7"));

        irreps.Select(irrep => irrep.Dimension).Order().ShouldBe(
            [1, 1, 6, 6, 14, 14, 14, 14, 15, 15, 20, 21, 21, 35, 35]);
        irreps.HomomorphismError.ShouldBeLessThan(1e-12);
    }

    [Fact]
    public void A7_keeps_its_complex_pair_of_degree_ten_together()
    {
        var irreps = IrrepTable.Of(FiniteGroup.Parse("A7"));

        irreps.Count.ShouldBe(8);
        var pair = irreps.Find("(4,1,1,1)");
        pair.Type.ShouldBe(IrrepType.Complex);
        pair.Dimension.ShouldBe(20);
    }

    [Theory]
    [InlineData("standard", 2, -1)]
    [InlineData("standard_sign", -2, -1)]
    [InlineData("s5_5d_a", -1, 0)]
    [InlineData("s5_5d_b", 1, 0)]
    [InlineData("s5_6d", 0, 1)]
    public void S5_names_belong_to_the_published_characters(string name, double onTransposition, double onCycle)
    {
        var group = FiniteGroup.Parse("S5");
        var irrep = IrrepTable.Of(group).Find(name);

        irrep.Character(Index(group, [1, 0, 2, 3, 4])).ShouldBe(onTransposition, IrrepTable.Tolerance);
        irrep.Character(Index(group, [1, 2, 3, 4, 0])).ShouldBe(onCycle, IrrepTable.Tolerance);
    }

    [Theory]
    [InlineData("standard", 3, -1)]
    [InlineData("standard_sign", -3, 1)]
    [InlineData("s6_5d_a", 1, 0)]
    [InlineData("s6_5d_b", -1, 0)]
    public void S6_names_belong_to_the_published_characters(string name, double onTransposition, double onCycle)
    {
        var group = FiniteGroup.Parse("S6");
        var irrep = IrrepTable.Of(group).Find(name);

        irrep.Character(Index(group, [1, 0, 2, 3, 4, 5])).ShouldBe(onTransposition, IrrepTable.Tolerance);
        irrep.Character(Index(group, [1, 2, 3, 4, 5, 0])).ShouldBe(onCycle, IrrepTable.Tolerance);
    }

    [Fact]
    public void A5_names_its_golden_irreps_by_the_published_five_cycle()
    {
        var group = FiniteGroup.Parse("A5");
        var irreps = IrrepTable.Of(group);
        var cycle = Index(group, [1, 2, 3, 4, 0]);

        irreps.Find("a5_3d_a").Character(cycle).ShouldBe((1 + Math.Sqrt(5)) / 2, IrrepTable.Tolerance);
        irreps.Find("a5_3d_b").Character(cycle).ShouldBe((1 - Math.Sqrt(5)) / 2, IrrepTable.Tolerance);
    }

    [Theory]
    [InlineData("C5", "freq_1", IrrepType.Complex)]
    [InlineData("D5", "freq_1", IrrepType.Real)]
    [InlineData("Q8", "4d", IrrepType.Quaternionic)]
    [InlineData("A4", "(2,2)", IrrepType.Complex)]
    public void Type_is_that_of_Frobenius_and_Schur(string group, string irrep, IrrepType type) =>
        IrrepTable.Of(FiniteGroup.Parse(group)).Find(irrep).Type.ShouldBe(type);

    [Theory]
    [InlineData("S5")]
    [InlineData("A5")]
    [InlineData("A6")]
    [InlineData("D9")]
    [InlineData("D10")]
    [InlineData("C12")]
    [InlineData("C3xS3")]
    [InlineData("Q8xC3")]
    [InlineData("S3^2")]
    public void Groups_known_by_their_table_alone_get_the_characters_of_their_family(string name)
    {
        var known = FiniteGroup.Parse(name);
        var byTable = FiniteGroup.Create(new GroupDefinition.Cayley(
            [.. Enumerable.Range(0, known.Order).Select(i => known.Row(i).ToArray().Select(j => (int)j).ToArray())],
            "table"));

        // Classes are numbered by facts of the table alone, so both number them alike.
        Rows(IrrepTable.Of(byTable)).ShouldBe(Rows(IrrepTable.Of(known)));
    }

    [Theory]
    [InlineData(new[] { "(0 1 2 3 4 5 6)", "(1 2 4)(3 6 5)" }, "1 2 6", "7:3, complex irreps throughout")]
    [InlineData(new[] { "(0 1 2 3 4)", "(1 2 4 3)" }, "1 1 2 4", "F20")]
    [InlineData(new[] { "(0 1 2 3 4 5 6)", "(1 2)(3 6)" }, "1 6 6 7 8", "PSL(2,7)")]
    [InlineData(new[] { "(0 1 2 3 4 5 6 7)", "(0 2)(4 6)" }, "", "a 2-group of order 2·n")]
    public void Groups_given_by_generators_have_verified_irreps(string[] generators, string dimensions, string what)
    {
        var group = FiniteGroup.Create(new GroupDefinition.Generated(
            [.. generators.Select(text => Permutation.ParseCycles(text, generators[0].Count(char.IsDigit)))]));
        var irreps = IrrepTable.Of(group);

        irreps.Sum(irrep => irrep.IsotypicRank).ShouldBe(group.Order, what);
        if (dimensions.Length > 0)
        {
            string.Join(' ', irreps.Select(irrep => irrep.Dimension).Order()).ShouldBe(dimensions, what);
        }
    }

    [Fact]
    public void Matrices_multiply_as_the_group_does()
    {
        var group = FiniteGroup.Parse("S5");
        foreach (var irrep in IrrepTable.Of(group))
        {
            var product = new double[irrep.Dimension * irrep.Dimension];
            for (var (a, b) = (3, 119); a < 100; a += 11, b -= 7)
            {
                MatrixWords.Multiply(irrep.Dimension, irrep.Matrix(a), irrep.Matrix(b), product);
                var expected = irrep.Matrix(group.Multiply(a, b));
                for (var i = 0; i < product.Length; i++)
                {
                    product[i].ShouldBe(expected[i], IrrepTable.Tolerance);
                }
            }
        }
    }

    [Fact]
    public void Find_names_the_nearest_irrep() =>
        Should.Throw<BadInputException>(() => IrrepTable.Of(FiniteGroup.Parse("S4")).Find("standrad")).Message
            .ShouldBe(
                "S4 has no irrep 'standrad'. Nearest: 'standard'. List them with `inspect group-table S4 --characters`.");

    private static int Index(FiniteGroup group, int[] permutation) =>
        Enumerable.Range(0, group.Order).Single(g => group.Permutation(g).AsSpan().SequenceEqual(permutation));

    private static string[] Rows(IrrepTable irreps) =>
        [.. irreps.Select(irrep => string.Join(' ', irrep.ClassCharacters
            .ToArray()
            .Select(value => (Math.Round(value, 6) + 0.0).ToString("F6")))).Order(StringComparer.Ordinal)];
}
