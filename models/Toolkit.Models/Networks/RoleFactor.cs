using System.Text.Json.Serialization;

namespace Toolkit.Models.Networks;

/// <summary>A matrix in a product of weights: an initializer, or some of its rows.</summary>
/// <param name="Initializer">The initializer's name.</param>
/// <param name="FirstRow">The first row taken; null: from the first.</param>
/// <param name="EndRow">The row behind the last one taken; null: to the last.</param>
/// <param name="IsTransposed">True to transpose the initializer before rows are taken, as foreign graphs keep the
/// weights of a Gemm.</param>
public sealed record RoleFactor(
    string Initializer,
    int? FirstRow = null,
    int? EndRow = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool IsTransposed = false)
{
    /// <summary>The factor as formulas write it: <c>W[:256]</c>, <c>fc.weight^T</c>.</summary>
    /// <returns>The text.</returns>
    public override string ToString() =>
        Initializer + (IsTransposed ? "^T" : string.Empty)
            + (FirstRow is null && EndRow is null ? string.Empty : $"[{FirstRow}:{EndRow}]");
}
