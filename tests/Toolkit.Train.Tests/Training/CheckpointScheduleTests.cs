using Toolkit.Train.Training;

namespace Toolkit.Train.Tests.Training;

public sealed class CheckpointScheduleTests
{
    [Fact]
    public void Epochs_are_those_of_the_published_recipe_with_the_initial_and_the_last_state()
    {
        var epochs = CheckpointSchedule.Epochs(250_000, 1000);

        // The published runs keep 727 files for 250,000 epochs; theirs end at epoch 249,999, which is our 250,000.
        epochs.Count.ShouldBeInRange(726, 728);
        epochs.First().ShouldBe(0);
        epochs.Last().ShouldBe(250_000);
    }

    [Theory]
    [InlineData(1, 10)]
    [InlineData(10, 1)]
    [InlineData(10, 0)]
    [InlineData(3, 100)]
    public void Epochs_hold_the_first_and_the_last_state_however_few_are_asked_for(int epochs, int count)
    {
        var schedule = CheckpointSchedule.Epochs(epochs, count);

        schedule.First().ShouldBe(0);
        schedule.Last().ShouldBe(epochs);
    }
}
