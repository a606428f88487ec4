using Toolkit.CommandLine;
using Toolkit.Inspect.Processes;

namespace Toolkit.Inspect.Tests.Processes;

public class ShardChoiceTests
{
    [Theory]
    [InlineData(0, 0, 1, 3, 0)]
    [InlineData(3, 1, 1, 3, 2)]
    [InlineData(0, 0, 2, 3, 0)]
    [InlineData(4, 0, 2, 3, 2)]
    [InlineData(11, 5, 3, 3, 2)]
    public void A_task_of_an_array_is_counted_from_its_first_in_its_steps(
        int task, int least, int step, int tasks, int index)
    {
        var choice = Choose(task, least, step, tasks);
        (choice.Index, choice.Count).ShouldBe((index, tasks));
    }

    [Theory]
    [InlineData(4, 1, 2, 3)]
    [InlineData(7, 1, 2, 3)]
    public void A_task_of_an_uneven_array_is_refused(int task, int least, int step, int tasks) =>
        Should.Throw<UsageException>(() => Choose(task, least, step, tasks)).Message.ShouldContain(
            "SLURM_ARRAY_TASK_ID");

    [Theory]
    [InlineData("JOB_COMPLETION_INDEX")]
    [InlineData("SLURM_ARRAY_TASK_ID")]
    public void A_part_of_an_unknown_number_is_refused_unless_the_number_is_given(string name)
    {
        string? Variable(string asked) => asked == name ? "2" : null;
        Should.Throw<UsageException>(() => ShardChoice.Of(null, null, Variable)).Message.ShouldMatch(
            $"^{name} says that this is part 2, and nothing says of how many.*\\. Give --shards n, or --shard 0/1 to");
        var given = ShardChoice.Of(null, 4, Variable);
        (given.Index, given.Count, given.Origin).ShouldBe((2, 4, name));
        var option = ShardChoice.Of("0/1", null, Variable);
        (option.Index, option.Count, option.Origin).ShouldBe((0, 1, null));
        Should.Throw<UsageException>(() => ShardChoice.Of(null, 4, asked => asked == name ? "x" : null))
            .Message.ShouldContain($"{name} x: the number of a part was expected there.");
        ShardChoice.Of(null, null, asked => asked == name ? "" : null).Count.ShouldBe(1);
    }

    private static ShardChoice Choose(int task, int least, int step, int tasks) =>
        ShardChoice.Of(null, null, name => name switch
        {
            "SLURM_ARRAY_TASK_ID" => $"{task}",
            "SLURM_ARRAY_TASK_COUNT" => $"{tasks}",
            "SLURM_ARRAY_TASK_MIN" => $"{least}",
            "SLURM_ARRAY_TASK_STEP" => $"{step}",
            _ => null,
        });
}
