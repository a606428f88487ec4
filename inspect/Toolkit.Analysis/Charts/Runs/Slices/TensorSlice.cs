namespace Toolkit.Analysis.Charts.Runs.Slices;

/// <summary>Two axes of a tensor as a picture, and one slider for each of the others.</summary>
internal static class TensorSlice
{
    /// <summary>The choice of columns that lays all axes but the rows side by side.</summary>
    public const string Together = "all others together";

    private const string Rows = "rows";
    private const string Columns = "columns";

    /// <summary>The choices: which axis goes down, which across, and a place on each other axis.</summary>
    /// <param name="axes">The tensor's axes, in order, at least one.</param>
    /// <param name="given">What was chosen already.</param>
    /// <param name="rows">The axis that goes down where none is chosen.</param>
    /// <param name="columns">The axis that goes across where none is chosen; null for all others together.</param>
    public static IReadOnlyList<ChartOption> Options(
        IReadOnlyList<TensorAxis> axes, IReadOnlyDictionary<string, string> given, int rows, int? columns)
    {
        var down = ChartOption.OneOf(Rows, "Rows", [.. axes.Select(axis => axis.Name)], axes[rows].Name);
        var row = Chosen(down, given);
        string[] others = [.. axes.Select(axis => axis.Name).Where(name => name != row), .. axes.Count == 2
            ? Array.Empty<string>()
            : [Together]];
        var across = ChartOption.OneOf(Columns, "Columns", others, columns is { } at ? axes[at].Name : Together);
        var column = Chosen(across, given);
        return
        [
            down, across,
            .. axes.Where(axis => column != Together && axis.Name != row && axis.Name != column && axis.Extent > 1)
                .Select(axis => ChartOption.Integer(axis.Option, Capital(axis.Name), 0, axis.Extent - 1, axis.Initial)),
        ];
    }

    /// <summary>The axes that were chosen: down, and across (null for all others together).</summary>
    public static (int Rows, int? Columns) Chosen(IReadOnlyList<TensorAxis> axes, ChartChoices choices)
    {
        var all = axes.Select(axis => axis.Name).ToList();
        return (all.IndexOf(choices[Rows]), choices[Columns] == Together ? null : all.IndexOf(choices[Columns]));
    }

    /// <summary>Takes a slice.</summary>
    /// <param name="values">Row-major, of the extents.</param>
    /// <param name="extents">The extent of every axis.</param>
    /// <param name="rows">The axis that goes down.</param>
    /// <param name="columns">The axis that goes across; null for all others, in order.</param>
    /// <param name="at">The place on each axis that is neither.</param>
    public static ChartMatrix Take(
        ReadOnlyMemory<float> values, IReadOnlyList<int> extents, int rows, int? columns, IReadOnlyList<int> at)
    {
        var strides = new int[extents.Count];
        for (int axis = extents.Count - 1, stride = 1; axis >= 0; stride *= extents[axis], axis--)
        {
            strides[axis] = stride;
        }

        var origin = columns is null ? 0 : Enumerable.Range(0, extents.Count)
            .Where(axis => axis != rows && axis != columns)
            .Sum(axis => at[axis] * strides[axis]);
        if (columns is { } across)
        {
            return ChartMatrix.Build(
                extents[rows],
                extents[across],
                (row, column) => values.Span[origin + (row * strides[rows]) + (column * strides[across])]);
        }

        var inner = strides[rows];
        var each = values.Length / extents[rows];
        return ChartMatrix.Build(
            extents[rows],
            each,
            (row, column) => values.Span[(column / inner * inner * extents[rows]) + (row * inner) + (column % inner)]);
    }

    private static string Chosen(ChartOption option, IReadOnlyDictionary<string, string> given) =>
        given.TryGetValue(option.Name, out var value) && option.Choices!.Contains(value) ? value : option.Default;

    public static string Capital(string name) => $"{char.ToUpperInvariant(name[0])}{name[1..]}";
}
