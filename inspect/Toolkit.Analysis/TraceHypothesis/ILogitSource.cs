namespace Toolkit.Analysis.TraceHypothesis;

/// <summary>
/// The logits of a group network for all pairs, in blocks, so that n³ numbers are never in memory at once.
/// </summary>
public interface ILogitSource
{
    /// <summary>
    /// Gives the logits of all n² pairs, pair (a, b) at row a·n + b, in order and without gaps. May be asked several
    /// times.
    /// </summary>
    /// <returns>Blocks of whole rows; each is used before the next is asked for.</returns>
    IEnumerable<LogitBlock> Blocks();
}

/// <summary>The logits of some pairs in succession.</summary>
/// <param name="FirstPair">The row of the first pair: a·n + b.</param>
/// <param name="Values">Logits, [pairs, n], row-major.</param>
public readonly record struct LogitBlock(int FirstPair, ReadOnlyMemory<float> Values);
