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
    public static HostTensor Of(string source, TableColumn column, ValueDescription input, int axis)
    {
        var (flat, width) = column switch
        {
            TableColumn<float[]?> lists => (Flat(source, column.Name, lists.Values), Width(lists.Values)),
            TableColumn<double[]?> lists =>
                (Array.ConvertAll(Flat(source, column.Name, lists.Values), v => (float)v), Width(lists.Values)),
            _ => ([], -1),
        };
        if (width < 0)
        {
            return Numbers(source, column);
        }

        // Lists hold the rest of the shape; where the input has more axes, its fixed extents say how to fold them.
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

        var array = HostTensor.Float32(new TensorShape([column.Count, .. rest]), flat);
        return axis <= rest.Length ? Patch.Along(array, axis) : array;
    }

    private static HostTensor Numbers(string source, TableColumn column) => column switch
    {
        TableColumn<long> c => HostTensor.Create(ElementType.Int64, new TensorShape(c.Count), c.Values),
        TableColumn<int> c => HostTensor.Create(ElementType.Int32, new TensorShape(c.Count), c.Values),
        TableColumn<float> c => HostTensor.Create(ElementType.Float32, new TensorShape(c.Count), c.Values),
        TableColumn<double> c => HostTensor.Create(ElementType.Float64, new TensorShape(c.Count), c.Values),
        TableColumn<bool> c => HostTensor.Create(ElementType.Boolean, new TensorShape(c.Count), c.Values),
        _ => throw new BadInputException(
            $"{source}: column '{column.Name}' is {column.Type} (nullable: {column.IsNullable}); inputs are numbers "
                + "or lists of floats."),
    };

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
                        + "samples of one input have one shape.");
            }

            list.CopyTo(flat, row * width);
        }

        return flat;
    }
}
