namespace Toolkit.Formats.Runs.Statistics;

/// <summary>What was measured over some batches, so that two parts give the measure of both.</summary>
/// <typeparam name="TSelf">The measure.</typeparam>
public interface IMergeable<TSelf>
    where TSelf : IMergeable<TSelf>
{
    /// <summary>The measure of two sets of batches together.</summary>
    /// <param name="left">One set.</param>
    /// <param name="right">The other, behind it.</param>
    /// <returns>The union's.</returns>
    static abstract TSelf Merge(TSelf left, TSelf right);
}
