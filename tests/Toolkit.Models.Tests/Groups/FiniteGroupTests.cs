using System.Text.Json;
using Toolkit.Formats;
using Toolkit.Models.Groups;

namespace Toolkit.Models.Tests.Groups;

public sealed class FiniteGroupTests
{
    [Theory]
    [InlineData("S5", 120, 7)]
    [InlineData("A5", 60, 5)]
    [InlineData("S6", 720, 11)]
    [InlineData("C113", 113, 113)]
    [InlineData("D59", 118, 31)]
    [InlineData("D6", 12, 6)]
    [InlineData("Q8", 8, 5)]
    [InlineData("Q12", 12, 6)]
    [InlineData("C3xS3", 18, 9)]
    [InlineData("S3^2", 36, 9)]
    [InlineData("A6", 360, 7)]
    [InlineData("S1", 1, 1)]
    [InlineData("D1", 2, 2)]
    [InlineData("D2", 4, 4)]
    [InlineData("A4", 12, 4)]
    public void Parse_builds_a_group_with_the_known_order_and_number_of_classes(string name, int order, int classes)
    {
        var group = FiniteGroup.Parse(name);

        group.Order.ShouldBe(order);
        group.ClassCount.ShouldBe(classes);
        ShouldSatisfyTheAxioms(group);
    }

    [Fact]
    public void Parse_numbers_S4_as_the_original_notebook_prints_it()
    {
        var group = FiniteGroup.Parse("S4");

        Enumerable.Range(0, 10).Select(group.ElementName).ShouldBe(
            ["(3)", "(0 1 2 3)", "(0 2)(1 3)", "(0 3)", "(1 2 3)", "(0 1 3 2)", "(3)(0 2 1)", "(0 3 1 2)", "(1 3 2)", "(3)(0 1)"]);
    }

    [Theory]
    [InlineData("S5", 20)]
    [InlineData("S6", 60)]
    [InlineData("A5", 0)]
    [InlineData("S4", 0)]
    public void Identity_is_where_the_published_order_has_it(string name, int identity) =>
        FiniteGroup.Parse(name).Identity.ShouldBe(identity);

    [Theory]
    [InlineData("S3")]
    [InlineData("S4")]
    [InlineData("S5")]
    [InlineData("S6")]
    [InlineData("A5")]
    public void Elements_stand_in_the_published_order(string name)
    {
        using var orders = JsonDocument.Parse(
            File.ReadAllText(SharedData.Require("group-networks", "element-orders.json")));
        var published = orders.RootElement.GetProperty("groups").GetProperty(name);
        var group = FiniteGroup.Parse(name);

        var elements = published
            .GetProperty("elements")
            .EnumerateArray()
            .Select(word => word.EnumerateArray().Select(point => point.GetInt32()).ToArray());
        Enumerable.Range(0, group.Order).Select(group.Permutation).ShouldBe(elements);
        group.Identity.ShouldBe(published.GetProperty("identity_index").GetInt32());
    }

    [Fact]
    public void Lexicographic_order_sorts_one_line_forms()
    {
        var group = FiniteGroup.Parse("S3", ElementOrdering.Lexicographic);

        Enumerable.Range(0, 6)
            .Select(i => string.Concat(group.Permutation(i)))
            .ShouldBe(["012", "021", "102", "120", "201", "210"]);
    }

    [Fact]
    public void Multiply_applies_the_left_permutation_first()
    {
        var group = FiniteGroup.Parse("S5");
        for (var i = 0; i < group.Order; i += 7)
        {
            for (var j = 0; j < group.Order; j += 5)
            {
                group.Permutation(group.Multiply(i, j)).ShouldBe(
                    Permutation.Multiply(group.Permutation(i), group.Permutation(j)));
            }
        }
    }

    [Fact]
    public void S7_the_largest_group_is_built_with_all_its_facts()
    {
        var group = FiniteGroup.Parse("S7");

        group.Order.ShouldBe(FiniteGroup.MaximumOrder);
        group.ClassCount.ShouldBe(15);
        group.Permutation(group.Multiply(17, 4711)).ShouldBe(
            Permutation.Multiply(group.Permutation(17), group.Permutation(4711)));
        Enumerable.Range(0, group.Order).Count(i => group.Signature(i) == 1).ShouldBe(2520);
    }

    [Fact]
    public void NaturalRepresentation_is_a_homomorphism_of_permutation_matrices()
    {
        var group = FiniteGroup.Parse("S4");
        var matrices = group.NaturalRepresentation().AsSpan<float>();

        foreach (var (a, b) in new[] { (1, 5), (7, 20), (23, 11) })
        {
            for (var i = 0; i < 4; i++)
            {
                for (var j = 0; j < 4; j++)
                {
                    var sum = 0f;
                    for (var k = 0; k < 4; k++)
                    {
                        sum += matrices[(a * 16) + (i * 4) + k] * matrices[(b * 16) + (k * 4) + j];
                    }

                    sum.ShouldBe(matrices[(group.Multiply(a, b) * 16) + (i * 4) + j]);
                }
            }
        }
    }

    [Fact]
    public void Dihedral_action_on_corners_agrees_with_its_table()
    {
        var group = FiniteGroup.Parse("D6");
        for (var i = 0; i < group.Order; i++)
        {
            for (var j = 0; j < group.Order; j++)
            {
                Permutation.Multiply(group.Permutation(i), group.Permutation(j)).ShouldBe(
                    group.Permutation(group.Multiply(i, j)));
            }
        }
    }

    [Fact]
    public void Create_takes_generators_and_gives_the_group_they_generate()
    {
        var group = FiniteGroup.Create(
            new GroupDefinition.Generated([[1, 2, 3, 4, 5, 6, 0], Permutation.ParseCycles("(1 2 4)(3 6 5)", 7)]));

        group.Order.ShouldBe(21);
        group.Name.ShouldBe("generated21");
        ShouldSatisfyTheAxioms(group);
    }

    [Theory]
    [InlineData("S8", "40,320")]
    [InlineData("C5041", "5,041")]
    [InlineData("S7xC2", "10,080")]
    [InlineData("S900000", "elements or more")]
    public void Parse_refuses_groups_that_are_too_large(string name, string named) =>
        Should.Throw<BadInputException>(() => FiniteGroup.Parse(name)).Message.ShouldContain(named);

    [Fact]
    public void Create_refuses_generators_of_a_group_that_is_too_large_without_building_it() =>
        Should.Throw<BadInputException>(() => FiniteGroup.Create(new GroupDefinition.Generated(
                [[.. Enumerable.Range(1, 59), 0], [1, 0, .. Enumerable.Range(2, 58)]])))
            .Message.ShouldContain("largest supported group has 5,040");

    [Theory]
    [InlineData("M11", "'M11' is no group name")]
    [InlineData("Q10", "a multiple of 4")]
    [InlineData("S0", "below 1")]
    [InlineData("", "no group name")]
    [InlineData("C3xx", "'C3xx' is no group name")]
    [InlineData("X9", "'X9' is no group name")]
    public void Parse_says_what_is_wrong_with_a_name(string name, string expected) =>
        Should.Throw<BadInputException>(() => FiniteGroup.Parse(name)).Message.ShouldContain(expected);

    [Fact]
    public void Create_names_the_generator_that_is_no_permutation() =>
        Should.Throw<BadInputException>(() => FiniteGroup.Create(new GroupDefinition.Generated([[1, 0, 2], [0, 2, 2]])))
            .Message.ShouldBe("generator 1 is [0, 2, 2]: 2 occurs twice, so it is no permutation.");

    internal static void ShouldSatisfyTheAxioms(FiniteGroup group)
    {
        var random = new Random(1);
        for (var i = 0; i < group.Order; i++)
        {
            group.Multiply(i, group.Inverse(i)).ShouldBe(group.Identity);
            group.Multiply(i, group.Identity).ShouldBe(i);
        }

        for (var trial = 0; trial < 2000; trial++)
        {
            var (a, b, c) = (random.Next(group.Order), random.Next(group.Order), random.Next(group.Order));
            group.Multiply(group.Multiply(a, b), c).ShouldBe(group.Multiply(a, group.Multiply(b, c)));
            group.ClassOf(group.Multiply(group.Multiply(group.Inverse(a), b), a)).ShouldBe(group.ClassOf(b));
            (group.Order % group.OrderOf(a)).ShouldBe(0);
        }

        Enumerable.Range(0, group.Order).Select(group.ElementName).Distinct(StringComparer.Ordinal).Count().ShouldBe(
            group.Order);
    }
}
