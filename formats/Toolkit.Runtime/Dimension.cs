using System.Globalization;

namespace Toolkit.Runtime;

/// <summary>One extent of a shape: a number, a name, or neither.</summary>
/// <param name="Extent">The extent, at least 0; null where it is only known when the model runs.</param>
/// <param name="Name">The name of a symbolic extent; null where it has none.</param>
public sealed record Dimension(long? Extent, string? Name)
{
    /// <summary>The extent as tables show it: <c>3</c>, <c>batch</c> or <c>?</c>.</summary>
    /// <returns>The text.</returns>
    public override string ToString() => Extent?.ToString(CultureInfo.InvariantCulture) ?? Name ?? "?";
}
