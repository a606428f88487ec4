namespace Toolkit.Models.Representations;

/// <summary>
/// Names for irreps that nobody named: "2d_a", "2d_b", and "6d" where there is only one of the dimension.
/// </summary>
internal static class IrrepNames
{
    public static string[] ByDimension(IReadOnlyList<int> dimensions)
    {
        var used = new Dictionary<int, int>();
        return [.. dimensions.Select(dimension =>
        {
            var index = used.GetValueOrDefault(dimension);
            used[dimension] = index + 1;
            return dimensions.Count(other => other == dimension) == 1
                ? $"{dimension}d"
                : $"{dimension}d_{Letters(index)}";
        })];
    }

    /// <summary>a … z, aa, ab …</summary>
    private static string Letters(int index) =>
        index < 26 ? ((char)('a' + index)).ToString() : Letters((index / 26) - 1) + (char)('a' + (index % 26));
}
