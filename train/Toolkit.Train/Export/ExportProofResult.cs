namespace Toolkit.Train.Export;

/// <summary>How closely an exported file agrees with the trained network.</summary>
/// <param name="MaxAbsDifference">The largest difference over all values and pairs.</param>
/// <param name="MaxRelativeDifference">The largest difference of a value, as a share of that value's largest
/// magnitude.</param>
/// <param name="Values">How many named values were compared.</param>
/// <param name="Pairs">On how many pairs.</param>
internal sealed record ExportProofResult(double MaxAbsDifference, double MaxRelativeDifference, int Values, int Pairs);
