namespace Toolkit.Analysis.Charts.Runs.Representations;

/// <summary>The irreps that a chart has room for: of groups that have hundreds, those that matter most.</summary>
internal static class ShownIrreps
{
    private const int Most = 24;

    /// <summary>Places of the greatest values, at most 24, in ascending order.</summary>
    /// <param name="count">How many irreps there are.</param>
    /// <param name="value">What ranks the irrep of a place.</param>
    public static int[] Of(int count, Func<int, double> value) =>
        [.. Enumerable.Range(0, count).OrderByDescending(value).Take(Most).Order()];
}
