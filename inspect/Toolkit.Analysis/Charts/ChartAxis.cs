namespace Toolkit.Analysis.Charts;

/// <summary>One axis of a panel.</summary>
public sealed record ChartAxis
{
    /// <summary>The quantity, without unit: "test loss".</summary>
    public required string Label { get; init; }

    /// <summary>The unit ("nat", "step"), or null for a pure number.</summary>
    public string? Unit { get; init; }

    /// <summary>Linear or logarithmic; values that are not positive are gaps on a logarithmic axis.</summary>
    public AxisScale Scale { get; init; } = AxisScale.Linear;

    /// <summary>
    /// Names of the positions 0, 1, 2 … (group elements, irreps), or null for a numeric axis. Renderers thin them out.
    /// </summary>
    public IReadOnlyList<string>? Categories { get; init; }

    /// <summary>The lower end, or null to follow the data.</summary>
    public double? Minimum { get; init; }

    /// <summary>The upper end, or null to follow the data.</summary>
    public double? Maximum { get; init; }

    /// <summary>Label and unit as shown beside the axis: "test loss (nat)".</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public string FullLabel => string.IsNullOrEmpty(Unit) ? Label : $"{Label} ({Unit})";

    /// <summary>A linear numeric axis.</summary>
    /// <param name="label">The quantity.</param>
    /// <param name="unit">Its unit, or null for a pure number.</param>
    /// <returns>The axis.</returns>
    public static ChartAxis Linear(string label, string? unit = null) => new() { Label = label, Unit = unit };

    /// <summary>A logarithmic numeric axis.</summary>
    /// <param name="label">The quantity.</param>
    /// <param name="unit">Its unit, or null for a pure number.</param>
    /// <returns>The axis.</returns>
    public static ChartAxis Log(string label, string? unit = null) =>
        new() { Label = label, Unit = unit, Scale = AxisScale.Log };

    /// <summary>An axis of named positions.</summary>
    /// <param name="label">What the names are: "group element a".</param>
    /// <param name="names">The names of positions 0, 1, 2 …</param>
    /// <returns>The axis.</returns>
    public static ChartAxis Named(string label, IReadOnlyList<string> names) =>
        new() { Label = label, Categories = names };
}
