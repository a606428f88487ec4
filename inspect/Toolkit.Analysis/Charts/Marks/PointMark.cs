namespace Toolkit.Analysis.Charts;

/// <summary>Points, each with a position and, if wanted, a label, a category or a value that colours it.</summary>
public sealed record PointMark : ChartMark
{
    /// <summary>Horizontal positions.</summary>
    public required IReadOnlyList<double> X { get; init; }

    /// <summary>Vertical positions, as many as <see cref="X"/>.</summary>
    public required IReadOnlyList<double> Y { get; init; }

    /// <summary>What hovering over each point says (an element's name), or null.</summary>
    public IReadOnlyList<string>? Labels { get; init; }

    /// <summary>
    /// One number per point, coloured by <see cref="Colors"/>; or null. Not together with <see cref="Categories"/>.
    /// </summary>
    public IReadOnlyList<double>? Values { get; init; }

    /// <summary>The colour scale of <see cref="Values"/>.</summary>
    public ColorScale? Colors { get; init; }

    /// <summary>One category per point, each a colour and a legend entry; or null.</summary>
    public IReadOnlyList<string>? Categories { get; init; }
}
