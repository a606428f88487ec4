using Toolkit.Formats;
using Toolkit.Runtime;

namespace Toolkit.Capture.Inputs;

/// <summary>Which axis of each input counts samples.</summary>
/// <remarks>
/// The one that was said; else the one axis whose symbol is the batch's ("batch", "batch_size" …: sequences may come
/// first); else the first, where it is symbolic; else the one with the symbol of another input's first axis, as in a
/// state [layers, N, features] beside an input [N, features].
/// </remarks>
public sealed class SampleAxes
{
    private readonly Dictionary<string, int> _axes = new(StringComparer.Ordinal);

    /// <summary>Decides for all inputs of a model, for they share symbols.</summary>
    /// <param name="inputs">The inputs: names and shapes, null where not declared.</param>
    /// <param name="given">The axes that were said, by input; negative ones count from the end.</param>
    /// <exception cref="BadInputException">There is no such input or axis, or its extent is fixed.</exception>
    public SampleAxes(
        IReadOnlyList<(string Name, IReadOnlyList<Dimension>? Shape)> inputs, IReadOnlyDictionary<string, int> given)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        ArgumentNullException.ThrowIfNull(given);
        foreach (var (name, axis) in given)
        {
            _axes[name] = Said(inputs, name, axis);
        }

        var symbols = inputs.SelectMany(static input => input.Shape ?? []).Select(static d => d.Name).OfType<string>();
        var batch = symbols.Where(static name => name.Contains("batch", StringComparison.OrdinalIgnoreCase))
            .GroupBy(static name => name, StringComparer.Ordinal).MaxBy(static uses => uses.Count())?.Key;
        var first = inputs.Select(static input => input.Shape is [{ Extent: null, Name: { } name }, ..] ? name : null)
            .OfType<string>().FirstOrDefault();

        // A sequence's symbol in front of an input without the batch's ([seq] beside [seq, batch, …]) counts no
        // samples.
        var others = inputs
            .SelectMany(input => input.Shape is { } shape && Only(shape, batch) is { } axis
                ? shape.Where((_, a) => a != axis)
                : [])
            .Select(static d => d.Name).OfType<string>().ToHashSet(StringComparer.Ordinal);
        foreach (var (name, shape) in inputs.Where(input => !_axes.ContainsKey(input.Name)))
        {
            var axis = shape is null ? 0
                : Only(shape, batch) is { } named ? named
                : shape is [{ Extent: null } leading, ..]
                    ? leading.Name is { } symbol && others.Contains(symbol) ? (int?)null : 0
                : Only(shape, first);
            if (axis is { } found)
            {
                _axes[name] = found;
            }
        }
    }

    /// <summary>The axis of an input; null where its shape holds one sample or is the same for all.</summary>
    /// <param name="input">The input's name.</param>
    public int? this[string input] => _axes.TryGetValue(input, out var axis) ? axis : null;

    /// <summary>Decides for the inputs as the runtime describes them.</summary>
    /// <param name="inputs">The inputs.</param>
    /// <param name="given">The axes that were said, by input.</param>
    public static SampleAxes Of(IEnumerable<ValueDescription> inputs, IReadOnlyDictionary<string, int> given) =>
        new([.. inputs.Select(static input => (input.Name, input.Dimensions))], given);

    private static int? Only(IReadOnlyList<Dimension> shape, string? symbol) =>
        symbol is not null && shape.Count(d => d.Name == symbol) == 1
            ? Enumerable.Range(0, shape.Count).First(axis => shape[axis].Name == symbol)
            : null;

    private static int Said(
        IReadOnlyList<(string Name, IReadOnlyList<Dimension>? Shape)> inputs, string name, int axis)
    {
        var at = Enumerable.Range(0, inputs.Count).FirstOrDefault(i => inputs[i].Name == name, -1);
        if (at < 0)
        {
            throw new BadInputException(
                $"--sample-axis {HostileText.OneLine(name)}={axis}: the model has no such "
                    + $"input.{NearestName.Hint(name, inputs.Select(static i => i.Name))} It has: "
                    + $"{HostileText.List([.. inputs.Select(static i => i.Name)], ArrayInputs.MostNames)}.");
        }

        if (inputs[at].Shape is not { } shape)
        {
            return axis >= 0
                ? axis
                : throw new BadInputException(
                    $"--sample-axis {name}={axis}: the model does not declare the input's shape; count from the "
                        + "front.");
        }

        var place = axis < 0 ? axis + shape.Count : axis;
        return place >= 0 && place < shape.Count && shape[place].Extent is null or 1
            ? place
            : throw new BadInputException(
                $"--sample-axis {name}={axis}: the input is [{string.Join(", ", shape)}]; an axis without a fixed "
                    + "extent was expected, or one of extent 1.");
    }
}
