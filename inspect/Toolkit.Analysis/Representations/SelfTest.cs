namespace Toolkit.Analysis.Representations;

/// <summary>An identity that right results satisfy whatever the network.</summary>
/// <param name="Name">What is compared: "Σ percent_x_embed".</param>
/// <param name="Found">The number found.</param>
/// <param name="Relation">Whether it must be the expected number, or must not exceed it.</param>
/// <param name="Expected">That number.</param>
/// <param name="Passed">Whether it holds within <see cref="Tolerance"/>, or within a wider one where the numbers are
/// binary32.</param>
public sealed record SelfTest(string Name, double Found, SelfTestRelation Relation, double Expected, bool Passed)
{
    /// <summary>
    /// The largest allowed relative deviation; rounding of float64 sums over 10⁹ terms stays far below.
    /// </summary>
    public const double Tolerance = 1e-7;

    internal static SelfTest Equal(string name, double found, double expected, double tolerance = Tolerance) =>
        new(
            name,
            found,
            SelfTestRelation.Equal,
            expected,
            Math.Abs(found - expected) <= tolerance * Math.Max(Math.Abs(expected), 1e-3));

    internal static SelfTest AtMost(string name, double found, double limit) =>
        new(name, found, SelfTestRelation.AtMost, limit, found <= limit * (1 + Tolerance));
}
