using Toolkit.Models.Groups;

namespace Toolkit.Models.Tasks;

/// <summary>
/// The task "name the product": all n² pairs of a group in row-major order (pair a·n + b is (a, b)), their labels, and
/// the train/test split of the published recipe.
/// </summary>
public sealed class GroupTask
{
    private readonly bool[] _isTrain;
    private readonly int[] _trainPairs;
    private readonly int[] _testPairs;

    /// <summary>
    /// Splits the pairs: <c>torch.manual_seed(seed); torch.randperm(n²)</c>, of which the first ⌊fraction·n²⌋ are for
    /// training.
    /// </summary>
    /// <param name="group">The group.</param>
    /// <param name="trainFraction">Between 0 and 1.</param>
    /// <param name="seed">The seed of the split.</param>
    public GroupTask(FiniteGroup group, double trainFraction, long seed)
    {
        ArgumentNullException.ThrowIfNull(group);
        ArgumentOutOfRangeException.ThrowIfNegative(trainFraction);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(trainFraction, 1);
        Group = group;
        TrainFraction = trainFraction;
        Seed = seed;
        var order = new TorchRandom(seed).RandomPermutation(PairCount);
        var trainCount = (int)(trainFraction * PairCount);
        _trainPairs = order[..trainCount];
        _testPairs = order[trainCount..];
        _isTrain = new bool[PairCount];
        foreach (var pair in _trainPairs)
        {
            _isTrain[pair] = true;
        }
    }

    /// <summary>The group.</summary>
    public FiniteGroup Group { get; }

    /// <summary>The share of the pairs that are for training, before truncation to a whole number.</summary>
    public double TrainFraction { get; }

    /// <summary>The seed of the split.</summary>
    public long Seed { get; }

    /// <summary>The number of pairs, n².</summary>
    public int PairCount => Group.Order * Group.Order;

    /// <summary>The training pairs, in the order the generator drew them.</summary>
    public ReadOnlySpan<int> TrainPairs => _trainPairs;

    /// <summary>The test pairs, in the order the generator drew them.</summary>
    public ReadOnlySpan<int> TestPairs => _testPairs;

    /// <summary>The label of every pair, row-major: this is the group's table.</summary>
    public ReadOnlySpan<ushort> Labels => Group.Table;

    /// <summary>Whether a pair is for training.</summary>
    /// <param name="pair">a·n + b.</param>
    /// <returns>True for training, false for test.</returns>
    public bool IsTrain(int pair) => _isTrain[pair];

    /// <summary>The pair's factors.</summary>
    /// <param name="pair">a·n + b.</param>
    /// <returns>The indices of both elements.</returns>
    public (int A, int B) Factors(int pair) => int.DivRem(pair, Group.Order);
}
