namespace Toolkit.Formats.Runs.Statistics;

/// <summary>What interventions did to one output.</summary>
/// <param name="Output">Its name.</param>
/// <param name="Samples">Samples that were compared; less than all where the change gave outputs of another
/// shape.</param>
/// <param name="RootMeanSquare">The root mean square of the change.</param>
/// <param name="Relative">The norm of the change by the norm of the untouched output.</param>
/// <param name="Largest">The largest absolute change.</param>
/// <param name="ArgmaxChanged">The share of rows whose largest element is another one; null where rows have one
/// element.</param>
/// <param name="NotFinite">Elements that are NaN or infinite with or without the change, and not the same in both; the
/// other numbers leave them out.</param>
public sealed record OutputEffect(
    string Output,
    long Samples,
    double RootMeanSquare,
    double Relative,
    double Largest,
    double? ArgmaxChanged,
    long NotFinite)
{
    internal static OutputEffect Of(string output, EffectSums sums) => new(
        output,
        sums.Samples,
        sums.RootMeanSquare,
        sums.Relative,
        sums.Largest,
        sums.Rows == 0 ? null : (double)sums.ChangedRows / sums.Rows,
        sums.NotFinite);
}
