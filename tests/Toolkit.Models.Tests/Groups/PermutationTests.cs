using Toolkit.Formats;
using Toolkit.Models.Groups;

namespace Toolkit.Models.Tests.Groups;

public sealed class PermutationTests
{
    [Theory]
    [InlineData(new[] { 1, 0, 2, 3 }, "(3)(0 1)")]
    [InlineData(new[] { 0, 1, 2, 3 }, "(3)")]
    [InlineData(new[] { 2, 3, 0, 1 }, "(0 2)(1 3)")]
    [InlineData(new[] { 0, 2, 3, 1 }, "(1 2 3)")]
    public void CycleNotation_prints_what_SymPy_prints(int[] permutation, string expected)
    {
        Permutation.CycleNotation(permutation).ShouldBe(expected);
        Permutation.ParseCycles(expected).ShouldBe(permutation);
    }

    [Theory]
    [InlineData(new[] { 0, 1, 2 }, 1)]
    [InlineData(new[] { 1, 0, 2 }, -1)]
    [InlineData(new[] { 1, 2, 0 }, 1)]
    [InlineData(new[] { 1, 2, 3, 0 }, -1)]
    [InlineData(new[] { 1, 0, 3, 2 }, 1)]
    public void Signature_counts_transpositions(int[] permutation, int sign) =>
        Permutation.Signature(permutation).ShouldBe(sign);

    [Theory]
    [InlineData("(0 1 0)", "the point 0 occurs twice")]
    [InlineData("0 1", "outside brackets")]
    [InlineData("(0 x)", "'x' is no point")]
    [InlineData("(0 1 2)(3 4", "the last bracket is not closed")]
    public void ParseCycles_says_what_is_wrong(string text, string expected) =>
        Should.Throw<BadInputException>(() => Permutation.ParseCycles(text)).Message.ShouldContain(expected);
}
