namespace Toolkit.Analysis.Charts.Runs;

/// <summary>One thing that can be chosen about a chart: one of several texts, or an integer of a range.</summary>
public sealed record ChartOption
{
    private ChartOption()
    {
    }

    /// <summary>The name on the command line and in addresses, kebab-case.</summary>
    public required string Name { get; init; }

    /// <summary>What is chosen, beside a control.</summary>
    public required string Label { get; init; }

    /// <summary>The value where none is given.</summary>
    public required string Default { get; init; }

    /// <summary>The texts to choose from, or null for an integer.</summary>
    public IReadOnlyList<string>? Choices { get; init; }

    /// <summary>The least integer.</summary>
    public int Minimum { get; init; }

    /// <summary>The greatest integer.</summary>
    public int Maximum { get; init; }

    /// <summary>One of several texts.</summary>
    /// <param name="name">The name on the command line and in addresses.</param>
    /// <param name="label">What is chosen.</param>
    /// <param name="choices">The texts, at least one.</param>
    /// <param name="initial">The default; the first text where null or not among them.</param>
    /// <returns>The option.</returns>
    public static ChartOption OneOf(string name, string label, IReadOnlyList<string> choices, string? initial = null)
    {
        ArgumentNullException.ThrowIfNull(choices);
        return new()
        {
            Name = name,
            Label = label,
            Choices = choices,
            Default = initial is not null && choices.Contains(initial) ? initial : choices[0],
        };
    }

    /// <summary>An integer of a range.</summary>
    /// <param name="name">The name on the command line and in addresses.</param>
    /// <param name="label">What is chosen.</param>
    /// <param name="minimum">The least.</param>
    /// <param name="maximum">The greatest, inclusive.</param>
    /// <param name="initial">The default; the least where outside the range.</param>
    /// <returns>The option.</returns>
    public static ChartOption Integer(string name, string label, int minimum, int maximum, int initial) => new()
    {
        Name = name,
        Label = label,
        Minimum = minimum,
        Maximum = maximum,
        Default = (initial >= minimum && initial <= maximum ? initial : minimum).ToString(
            System.Globalization.CultureInfo.InvariantCulture),
    };
}
