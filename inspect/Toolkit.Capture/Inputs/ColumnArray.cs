using Toolkit.Capture.Interventions;
using Toolkit.Formats;
using Toolkit.Formats.Tables;
using Toolkit.Formats.Tensors;
using Toolkit.Runtime;

namespace Toolkit.Capture.Inputs;

/// <summary>
/// Arrays from columns of a table: numbers make [N], lists of one length the input's shape, with N where it counts
/// samples.
/// </summary>
internal static class ColumnArray
{
    public static HostTensor Of(string source, TableColumn column, ValueDescription input, int axis) => column switch
    {
        TableColumn<float[]?> lists => Lists(source, lists, ElementType.Float32, input, axis),
        TableColumn<double[]?> lists => Lists(source, lists, ElementType.Float64, input, axis),
        TableColumn<long[]?> lists => Lists(source, lists, ElementType.Int64, input, axis),
        TableColumn<ulong[]?> lists => Lists(source, lists, ElementType.UInt64, input, axis),
        TableColumn<long> numbers => Numbers(numbers, ElementType.Int64),
        TableColumn<long?> numbers => Numbers(source, numbers, ElementType.Int64),
        TableColumn<int> numbers => Numbers(numbers, ElementType.Int32),
        TableColumn<int?> numbers => Numbers(source, numbers, ElementType.Int32),
        TableColumn<float> numbers => Numbers(numbers, ElementType.Float32),
        TableColumn<float?> numbers => Numbers(source, numbers, ElementType.Float32),
        TableColumn<double> numbers => Numbers(numbers, ElementType.Float64),
        TableColumn<double?> numbers => Numbers(source, numbers, ElementType.Float64),
        TableColumn<bool> numbers => Numbers(numbers, ElementType.Boolean),
        TableColumn<bool?> numbers => Numbers(source, numbers, ElementType.Boolean),
        _ => throw new BadInputException(
            $"{source}: column '{column.Name}' is {column.Type}; inputs are numbers or lists of numbers."),
    };

    private static HostTensor Lists<T>(
        string source, TableColumn<T[]?> column, ElementType type, ValueDescription input, int axis)
        where T : unmanaged
    {
        // Lists hold the rest of the shape; where the input has more axes, its fixed extents say how to fold them.
        var width = Width(column.Values);
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

        var flat = Flat(source, column.Name, column.Values);
        var array = HostTensor.Create<T>(type, new TensorShape([column.Count, .. rest]), flat);
        return axis <= rest.Length ? Patch.Along(array, axis) : array;
    }

    private static HostTensor Numbers<T>(TableColumn<T> column, ElementType type)
        where T : unmanaged => HostTensor.Create(type, new TensorShape(column.Count), column.Values);

    /// <summary>Columns that may be null are what most programs write, whether or not a number is missing.</summary>
    private static HostTensor Numbers<T>(string source, TableColumn<T?> column, ElementType type)
        where T : unmanaged
    {
        var numbers = new T[column.Count];
        for (var row = 0; row < numbers.Length; row++)
        {
            numbers[row] = column.Values[row] ?? throw new BadInputException(
                $"{source}: column '{column.Name}' has no value in row {row}; an input needs one for every sample.");
        }

        return HostTensor.Create<T>(type, new TensorShape(column.Count), numbers);
    }

    private static int Width<T>(ReadOnlySpan<T[]?> lists) => lists.IsEmpty ? 0 : lists[0]?.Length ?? 0;

    private static T[] Flat<T>(string source, string column, ReadOnlySpan<T[]?> lists)
    {
        var width = Width(lists);
        var flat = new T[checked(lists.Length * width)];
        for (var row = 0; row < lists.Length; row++)
        {
            var list = lists[row] ?? [];
            if (list.Length != width)
            {
                throw new BadInputException(
                    $"{source}: column '{column}' holds {list.Length} values in row {row} and {width} in row 0; "
                        + "samples of one input have one shape. Pad the lists, or write a file for each length.");
            }

            list.CopyTo(flat, row * width);
        }

        return flat;
    }
}
