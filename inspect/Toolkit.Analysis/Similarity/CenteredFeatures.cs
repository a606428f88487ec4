using Toolkit.Analysis.LinearAlgebra;

namespace Toolkit.Analysis.Similarity;

/// <summary>Features with every column's mean subtracted: what all measures but RSA begin with.</summary>
internal static class CenteredFeatures
{
    public static HostMatrix Of(HostMatrix features)
    {
        var sums = new CompensatedSum[features.Columns];
        for (var row = 0; row < features.Rows; row++)
        {
            var values = features.Row(row);
            for (var column = 0; column < values.Length; column++)
            {
                sums[column].Add(values[column]);
            }
        }

        var means = Array.ConvertAll(sums, sum => sum.Value / features.Rows);
        var centered = new HostMatrix(features.Rows, features.Columns, [.. features.Values]);
        for (var index = 0; index < centered.Values.Length; index++)
        {
            centered.Values[index] -= means[index % means.Length];
        }

        return centered;
    }
}
