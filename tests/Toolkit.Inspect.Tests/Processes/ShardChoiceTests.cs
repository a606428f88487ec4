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
