namespace Toolkit.Analysis.LowRank;

/// <summary>How much work <see cref="LowRankEmbeddings"/> may do.</summary>
public sealed record LowRankOptions
{
    /// <summary>
    /// The largest number of pairs that each network is run on; of more, a random sample is taken. Default (null): as
    /// many as give four million logits, which is all pairs up to order 158 and 5,555 of S6's 518,400.
    /// </summary>
    public int? MaximumPairs { get; init; }

    /// <summary>
    /// The largest number of ranks looked at; of more, the first third in steps of one, then ever wider ones. Default
    /// 130: all of S5.
    /// </summary>
    public int MaximumRanks { get; init; } = 130;

    /// <summary>Pairs in one run of the network. Default 4,096.</summary>
    public int Batch { get; init; } = 4096;

    /// <summary>The seed of the sample of pairs. Default 0.</summary>
    public int Seed { get; init; }

    /// <summary>The limit for a group.</summary>
    /// <param name="order">The order of the group.</param>
    /// <returns>Pairs, at least 1,000 by default.</returns>
    internal int PairsFor(int order) => MaximumPairs ?? Math.Max(1000, 4_000_000 / order);
}
