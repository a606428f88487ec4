using System.Text.Json.Serialization;
using Toolkit.Models.Tasks;

namespace Toolkit.Models.Networks;

/// <summary>Which pairs a network was trained on.</summary>
/// <param name="Seed">The seed of the split.</param>
/// <param name="Fraction">The share of the n² pairs, before truncation to a whole number.</param>
/// <param name="TrainCount">How many pairs those are.</param>
/// <param name="Rule">How the pairs follow from the seed.</param>
public sealed record ModelSplit(
    [property: JsonPropertyName("seed")] long Seed,
    [property: JsonPropertyName("fraction")] double Fraction,
    [property: JsonPropertyName("train_count")] int TrainCount,
    [property: JsonPropertyName("rule")] string Rule)
{
    /// <summary>The one rule there is: that of the published recipe.</summary>
    public const string TorchPermutation = "torch.manual_seed(seed); torch.randperm(n*n)[:train_count], pair a*n+b";

    /// <summary>Describes a task's split.</summary>
    /// <param name="task">The task.</param>
    /// <returns>The description.</returns>
    public static ModelSplit Of(GroupTask task)
    {
        ArgumentNullException.ThrowIfNull(task);
        return new(task.Seed, task.TrainFraction, task.TrainPairs.Length, TorchPermutation);
    }
}
