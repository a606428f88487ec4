namespace Toolkit.Analysis.LowRank;

/// <summary>How much work <see cref="LowRankEmbeddings"/> may do.</summary>
public sealed record LowRankOptions
{
    /// <summary>The largest number of pairs that each network is run on; of more, a random sample is taken. Default 20,000: all of S5.</summary>
    public int MaximumPairs { get; init; } = 20_000;

    /// <summary>The largest number of ranks looked at; of more, the first third in steps of one, then ever wider ones. Default 130: all of S5.</summary>
    public int MaximumRanks { get; init; } = 130;

    /// <summary>Pairs in one run of the network. Default 4,096.</summary>
    public int Batch { get; init; } = 4096;

    /// <summary>The seed of the sample of pairs. Default 0.</summary>
    public int Seed { get; init; }
}
