using Toolkit.Models.Groups;
using Toolkit.Models.Tasks;

namespace Toolkit.Models.Tests.Tasks;

public sealed class GroupTaskTests
{
    [Fact]
    public void Split_takes_the_first_pairs_of_torch_randperm()
    {
        var task = new GroupTask(FiniteGroup.Parse("A5"), 0.5, 1);

        task.TrainPairs.Length.ShouldBe(1800);
        task.TestPairs.Length.ShouldBe(1800);
        task.TrainPairs[..4].ToArray().ShouldBe([2245, 1358, 1042, 707]);
        task.IsTrain(2245).ShouldBeTrue();
        Enumerable.Range(0, task.PairCount).Count(task.IsTrain).ShouldBe(1800);
    }

    [Theory]
    [InlineData("C113", 0.3, 3830)]
    [InlineData("D59", 0.3, 4177)]
    [InlineData("S6", 0.4, 207360)]
    [InlineData("S6", 0.25, 129600)]
    public void Split_truncates_the_train_share(string group, double fraction, int expected) =>
        new GroupTask(FiniteGroup.Parse(group), fraction, 1).TrainPairs.Length.ShouldBe(expected);

    [Fact]
    public void Labels_are_the_products_in_row_major_pair_order()
    {
        var task = new GroupTask(FiniteGroup.Parse("S4"), 0.7, 1);
        var (a, b) = task.Factors(100);

        (a, b).ShouldBe((4, 4));
        ((int)task.Labels[100]).ShouldBe(task.Group.Multiply(4, 4));
    }
}
