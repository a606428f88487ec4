using Toolkit.Formats;
using Toolkit.Models.Groups;

namespace Toolkit.Models.Tests.Groups;

public sealed class SubgroupLatticeTests
{
    [Theory]
    [InlineData("S3", 4, 6)]
    [InlineData("S4", 11, 30)]
    [InlineData("A5", 9, 59)]
    [InlineData("S5", 19, 156)]
    [InlineData("S6", 56, 1455)]
    [InlineData("C12", 6, 6)]
    [InlineData("Q8", 6, 6)]
    [InlineData("D59", 4, 62)]
    [InlineData("C2^4", 67, 67)]
    public void Of_finds_the_known_numbers_of_classes_and_subgroups(string group, int classes, int subgroups)
    {
        var lattice = SubgroupLattice.Of(FiniteGroup.Parse(group));

        lattice.Classes.Count.ShouldBe(classes);
        lattice.SubgroupCount.ShouldBe(subgroups);
    }

    [Fact]
    public void Every_set_found_is_a_subgroup()
    {
        var group = FiniteGroup.Parse("S4");
        foreach (var subgroup in SubgroupLattice.Of(group).Classes.SelectMany(one => one.Conjugates))
        {
            (group.Order % subgroup.Length).ShouldBe(0);
            foreach (var a in subgroup)
            {
                subgroup.ShouldContain(group.Inverse(a));
                subgroup.ShouldAllBe(b => subgroup.Contains(group.Multiply(a, b)));
            }
        }
    }

    [Fact]
    public void Of_refuses_groups_with_too_many_subgroups_and_says_how_many_it_found() =>
        Should.Throw<BadInputException>(() => SubgroupLattice.Of(FiniteGroup.Parse("C2^9"))).Message.ShouldContain(
            "more than 100,000 subgroups (100,001 found so far)");
}
