namespace Toolkit.Models.Networks;

/// <summary>A matrix in a product of weights: an initializer, or some of its rows.</summary>
/// <param name="Initializer">The initializer's name.</param>
/// <param name="FirstRow">The first row taken; null: from the first.</param>
/// <param name="EndRow">The row behind the last one taken; null: to the last.</param>
public sealed record RoleFactor(string Initializer, int? FirstRow = null, int? EndRow = null)
{
    /// <summary>The factor as formulas write it: <c>W[:256]</c>.</summary>
    /// <returns>The text.</returns>
    public override string ToString() =>
        FirstRow is null && EndRow is null ? Initializer : $"{Initializer}[{FirstRow}:{EndRow}]";
}
