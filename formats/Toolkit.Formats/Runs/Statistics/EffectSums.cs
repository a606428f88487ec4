namespace Toolkit.Formats.Runs.Statistics;

/// <summary>What interventions did to one output of a model over some batches.</summary>
/// <param name="Samples">Samples whose batches gave the output in one shape with and without the change; the numbers
/// below are theirs.</param>
/// <param name="Count">Elements that are finite on both sides, or the same on both (NaN is the same as NaN).</param>
/// <param name="NotFinite">The other elements; they are in none of the sums.</param>
/// <param name="SquaredChange">The sum of squared changes.</param>
/// <param name="SquaredReference">The sum of squares of the finite elements of the untouched output.</param>
/// <param name="Largest">The largest absolute change; 0 where nothing changed.</param>
/// <param name="Rows">Rows of at least two features.</param>
/// <param name="ChangedRows">Those of them whose largest feature is another one.</param>
public sealed record EffectSums(
    long Samples,
    long Count,
    long NotFinite,
    double SquaredChange,
    double SquaredReference,
    double Largest,
    long Rows,
    long ChangedRows) : IMergeable<EffectSums>
{
    /// <summary>The root mean square of the change; 0 where there are no elements.</summary>
    public double RootMeanSquare => Math.Sqrt(SquaredChange / Math.Max(1, Count));

    /// <summary>The norm of the change by the norm of the untouched output; +∞ where that is 0 and the change is
    /// not.</summary>
    public double Relative => SquaredChange == 0 ? 0 : Math.Sqrt(SquaredChange / SquaredReference);

    /// <inheritdoc/>
    public static EffectSums Merge(EffectSums left, EffectSums right)
    {
        ArgumentNullException.ThrowIfNull(left);
        ArgumentNullException.ThrowIfNull(right);
        return new EffectSums(
            left.Samples + right.Samples,
            left.Count + right.Count,
            left.NotFinite + right.NotFinite,
            left.SquaredChange + right.SquaredChange,
            left.SquaredReference + right.SquaredReference,
            Math.Max(left.Largest, right.Largest),
            left.Rows + right.Rows,
            left.ChangedRows + right.ChangedRows);
    }
}
