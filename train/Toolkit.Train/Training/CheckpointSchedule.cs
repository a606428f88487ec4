namespace Toolkit.Train.Training;

/// <summary>The epochs at which parameters are kept: logarithmically spaced, from the initial state on.</summary>
/// <remarks>
/// Epoch k is the state after k optimiser steps, so epoch 0 is the initial state. (The published files are one step
/// ahead of their names: their <c>epoch_0.pt</c> has one step in it.) Spacing: ⌊10^(i·log10(E)/(count − 1))⌋ for i = 0
/// … count − 1.
/// </remarks>
internal static class CheckpointSchedule
{
    /// <summary>Lists the epochs.</summary>
    /// <param name="epochs">E, the last epoch; at least 1.</param>
    /// <param name="count">How many spaced epochs before duplicates are dropped; 0 keeps the first and the last state
    /// alone.</param>
    /// <returns>Ascending epochs, 0 and E among them.</returns>
    public static IReadOnlySet<int> Epochs(int epochs, int count)
    {
        var schedule = new SortedSet<int> { 0, epochs };
        for (var i = 0; i < count; i++)
        {
            schedule.Add(Math.Min(epochs, (int)Math.Pow(10, i * Math.Log10(epochs) / Math.Max(1, count - 1))));
        }

        return schedule;
    }
}
