using Toolkit.Formats;
using Toolkit.Formats.Tensors;
using Toolkit.Models.Networks;
using Toolkit.Runtime;

namespace Toolkit.Analysis.Representations;

/// <summary>
/// All pairs (a, b) of a group, row-major, in the form that a network takes them: two integer inputs of shape [batch]
/// (called a and b, or in the graph's order), or one of shape [batch, 2] or [batch, 3] with the token n ("=") behind
/// the pair.
/// </summary>
public sealed class PairInputs
{
    private readonly int _order;
    private readonly ValueDescription[] _inputs;
    private readonly int _columns;

    private PairInputs(int order, ValueDescription[] inputs, int columns)
    {
        _order = order;
        _inputs = inputs;
        _columns = columns;
    }

    /// <summary>Looks at a network's inputs.</summary>
    /// <param name="path">The model, for messages.</param>
    /// <param name="inputs">Its inputs.</param>
    /// <param name="order">n, the order of the group.</param>
    /// <returns>The pairs for it.</returns>
    /// <exception cref="BadInputException">The inputs are none of a pair.</exception>
    public static PairInputs Of(string path, IReadOnlyList<ValueDescription> inputs, int order)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        var isInteger =
            inputs.All(input => input is { Kind: ValueKind.Tensor, Type: ElementType.Int64 or ElementType.Int32 });
        if (isInteger && inputs is [{ Dimensions: null or { Count: 1 } }, { Dimensions: null or { Count: 1 } }])
        {
            var isSwapped = inputs[0].Name == GroupNetwork.InputB && inputs[1].Name == GroupNetwork.InputA;
            return new PairInputs(order, isSwapped ? [inputs[1], inputs[0]] : [.. inputs], columns: 1);
        }

        if (isInteger && inputs is [{ Dimensions: [_, var last] }] && (last.Extent ?? 2) is 2 or 3)
        {
            return new PairInputs(order, [.. inputs], (int)(last.Extent ?? 2));
        }

        var found = inputs.Select(
            input => $"'{input.Name}' {input.Type.DisplayName()} [{string.Join(", ", input.Dimensions ?? [])}]");
        throw new BadInputException(
            $"{path}: its inputs are {string.Join(", ", found)}. Expected for pairs of a group were two int64 inputs "
                + "of shape [batch] ('a' and 'b'), or "
            + "one of shape [batch, 2] or [batch, 3]. Give its samples as a file.");
    }

    /// <summary>Some consecutive pairs.</summary>
    /// <param name="first">The first pair, a·n + b.</param>
    /// <param name="count">How many.</param>
    /// <returns>The values of the inputs.</returns>
    public IReadOnlyDictionary<string, InputValue> Read(long first, int count)
    {
        var (left, right) = (new long[count], new long[count]);
        for (var i = 0; i < count; i++)
        {
            (left[i], right[i]) = Math.DivRem(first + i, _order);
        }

        return Read(left, right);
    }

    /// <summary>Any pairs.</summary>
    /// <param name="left">Left elements, each in 0 to n − 1.</param>
    /// <param name="right">As many right elements.</param>
    /// <returns>The values of the inputs.</returns>
    public IReadOnlyDictionary<string, InputValue> Read(long[] left, long[] right)
    {
        ArgumentNullException.ThrowIfNull(left);
        ArgumentNullException.ThrowIfNull(right);
        var count = left.Length;
        long[][] tokens = [left, right, .. _columns == 3
            ? [Enumerable.Repeat((long)_order, count).ToArray()]
            : Array.Empty<long[]>()];
        return _inputs
            .Select((input, which) => (input, values: _columns == 1 ? tokens[which] : Interleave(tokens, count)))
                .ToDictionary(
                    item => item.input.Name,
                    item => (InputValue)Tensor(
                        item.input.Type,
                        _columns == 1 ? new TensorShape(count) : new TensorShape(count, _columns),
                        item.values),
                    StringComparer.Ordinal);
    }

    private static HostTensor Tensor(ElementType type, TensorShape shape, long[] values) => type == ElementType.Int32
        ? HostTensor.Create<int>(type, shape, Array.ConvertAll(values, value => (int)value))
        : HostTensor.Create<long>(type, shape, values);

    private static long[] Interleave(long[][] columns, int count) =>
        [.. Enumerable.Range(0, count).SelectMany(row => columns.Select(column => column[row]))];
}
