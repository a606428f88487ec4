using Toolkit.Capture.Interventions;
using Toolkit.Formats;
using Toolkit.Formats.Tables;
using Toolkit.Formats.Tensors;
using Toolkit.Runtime;

namespace Toolkit.Capture.Inputs;

/// <summary>
/// An array from a column of a table: numbers make [N], lists of one length the input's shape, with N where it counts
/// samples.
/// </summary>
/// <param name="source">What messages call the table.</param>
/// <param name="rows">The table, disposed with the array.</param>
/// <param name="name">The column.</param>
/// <param name="input">The input that it is for.</param>
/// <param name="axis">The input's axis of samples.</param>
internal sealed class ColumnArray(string source, ParquetRows rows, string name, ValueDescription input, int axis)
    : ArraySource
{
    private HostTensor? _none;
    private int? _width;
    private bool _fits = true;

    public override string Name => source;

    public override ElementType Type => _none!.Type;

    public override TensorShape Shape
    {
        get
        {
            var extents = _none!.Shape.Dimensions.ToArray();
            extents[SampleAxis] = rows.Count;
            return new TensorShape(extents);
        }
    }

    /// <summary>The axis of the array that counts samples: the first where it has none by the input's number.</summary>
    private int SampleAxis => axis < _none!.Shape.Rank ? axis : 0;

    /// <summary>Opens arrays for the columns of a file; every row is looked at once.</summary>
    /// <exception cref="BadInputException">A value is missing, lists differ in length or do not fold into the input's
    /// shape.</exception>
    public static IReadOnlyDictionary<string, ArraySource> Open(
        string source, ParquetRows? rows, IEnumerable<ValueDescription> inputs, SampleAxes axes)
    {
        if (rows is null)
        {
            return new Dictionary<string, ArraySource>();
        }

        var arrays = inputs.Where(input => rows.Columns.Contains(input.Name)).ToDictionary(
            input => input.Name,
            input => new ColumnArray(source, rows, input.Name, input, axes[input.Name] ?? 0),
            StringComparer.Ordinal);
        foreach (var (first, group) in rows.ReadGroups().DefaultIfEmpty((0, rows.Read(0, 0))))
        {
            foreach (var array in arrays.Values)
            {
                array.Look(first, group);
            }
        }

        return arrays.ToDictionary(
            static array => array.Key, ArraySource (array) => array.Value, StringComparer.Ordinal);
    }

    public override bool Fits(ElementType type) =>
        type == Type || type == ElementType.Undefined || (type == input.Type && _fits);

    public override HostTensor Read(int axis, long first, long count) => axis == SampleAxis
        ? Of(rows.Read(first, (int)count)[name], first)
        : Of(rows.Read(0, checked((int)rows.Count))[name], 0).Part(axis, first, count);

    public override void Dispose() => rows.Dispose();

    protected override HostTensor ReadScalar() => throw new NotSupportedException("A table has an axis of rows.");

    private void Look(long first, Table group)
    {
        var array = Of(group[name], first);
        _none ??= Of(group.Slice(0, 0)[name], first);
        _fits = _fits && ArrayConversion.To(array, input.Type) is not null;
    }

    private HostTensor Of(TableColumn column, long first) => column switch
    {
        TableColumn<float[]?> lists => Lists(lists, ElementType.Float32, first),
        TableColumn<double[]?> lists => Lists(lists, ElementType.Float64, first),
        TableColumn<long[]?> lists => Lists(lists, ElementType.Int64, first),
        TableColumn<ulong[]?> lists => Lists(lists, ElementType.UInt64, first),
        TableColumn<long> numbers => Numbers(numbers, ElementType.Int64),
        TableColumn<long?> numbers => Numbers(numbers, ElementType.Int64, first),
        TableColumn<int> numbers => Numbers(numbers, ElementType.Int32),
        TableColumn<int?> numbers => Numbers(numbers, ElementType.Int32, first),
        TableColumn<float> numbers => Numbers(numbers, ElementType.Float32),
        TableColumn<float?> numbers => Numbers(numbers, ElementType.Float32, first),
        TableColumn<double> numbers => Numbers(numbers, ElementType.Float64),
        TableColumn<double?> numbers => Numbers(numbers, ElementType.Float64, first),
        TableColumn<bool> numbers => Numbers(numbers, ElementType.Boolean),
        TableColumn<bool?> numbers => Numbers(numbers, ElementType.Boolean, first),
        _ => throw new BadInputException(
            $"{source}: column '{column.Name}' is {column.Type}; inputs are numbers or lists of numbers."),
    };

    private HostTensor Lists<T>(TableColumn<T[]?> column, ElementType type, long first)
        where T : unmanaged
    {
        // Lists hold the rest of the shape; where the input has more axes, its fixed extents say how to fold them.
        var width = _width ??= column.Count == 0 ? 0 : column.Values[0]?.Length ?? 0;
        long[] rest = [width];
        if (input.Dimensions is { Count: > 2 } declared)
        {
            var known = declared.Where((_, a) => a != axis).Select(d => d.Extent ?? -1).ToArray();
            var product = known.Where(d => d > 0).Aggregate(1L, (a, b) => a * b);
            rest = known.Count(d => d < 0) <= 1 && product > 0 && width % product == 0
                ? [.. known.Select(d => d < 0 ? width / product : d)]
                : throw new BadInputException(
                    $"{source}: lists of {width} in column '{column.Name}' do not fold into "
                        + $"{ArrayInputs.Describe(input)}.");
        }

        var flat = Flat(column.Values, width, first);
        var array = HostTensor.Create<T>(type, new TensorShape([column.Count, .. rest]), flat);
        return axis <= rest.Length ? Patch.Along(array, axis) : array;
    }

    private static HostTensor Numbers<T>(TableColumn<T> column, ElementType type)
        where T : unmanaged => HostTensor.Create(type, new TensorShape(column.Count), column.Values);

    /// <summary>Columns that may be null are what most programs write, whether or not a number is missing.</summary>
    private HostTensor Numbers<T>(TableColumn<T?> column, ElementType type, long first)
        where T : unmanaged
    {
        var numbers = new T[column.Count];
        for (var row = 0; row < numbers.Length; row++)
        {
            numbers[row] = column.Values[row] ?? throw new BadInputException(
                $"{source}: column '{column.Name}' has no value in row {first + row}; an input needs one for every "
                    + "sample.");
        }

        return HostTensor.Create<T>(type, new TensorShape(column.Count), numbers);
    }

    private T[] Flat<T>(ReadOnlySpan<T[]?> lists, int width, long first)
    {
        var flat = new T[checked(lists.Length * width)];
        for (var row = 0; row < lists.Length; row++)
        {
            var list = lists[row] ?? [];
            if (list.Length != width)
            {
                throw new BadInputException(
                    $"{source}: column '{name}' holds {list.Length} values in row {first + row} and {width} in row 0; "
                        + "samples of one input have one shape. Pad the lists, or write a file for each length.");
            }

            list.CopyTo(flat, row * width);
        }

        return flat;
    }
}
