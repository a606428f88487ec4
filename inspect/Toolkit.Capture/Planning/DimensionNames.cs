using Toolkit.Formats;
using Toolkit.Runtime;

namespace Toolkit.Capture.Planning;

/// <summary>The symbolic dimensions whose extents can be said.</summary>
public static class DimensionNames
{
    private const int Listed = 20;

    /// <summary>The extent of an input's dimension: the declared one, else that given by name, else by place.</summary>
    /// <param name="input">The input's name.</param>
    /// <param name="axis">Where the dimension stands.</param>
    /// <param name="dimension">As the model declares it.</param>
    /// <param name="extents">The extents given, by name or as <c>input.axis</c>.</param>
    /// <returns>The extent; null where nobody says it.</returns>
    internal static long? ExtentOf(
        string input, int axis, Dimension dimension, IReadOnlyDictionary<string, long> extents) =>
        dimension.Extent
            ?? ((dimension.Name is not null && extents.TryGetValue(dimension.Name, out var given))
                || extents.TryGetValue($"{input}.{axis}", out given)
                    ? given
                    : null);

    /// <summary>Refuses an extent for a dimension that the model does not have.</summary>
    /// <param name="plan">The plan, with the extents in its options.</param>
    /// <exception cref="BadInputException">There is no such dimension; the message names those that there
    /// are.</exception>
    public static void Check(ExposurePlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        if (plan.Options.Dimensions.Count == 0)
        {
            return;
        }

        var inputs = plan.Graph.Model.Graph.Input
            .SelectMany(input =>
                (input.Type?.TensorType?.Shape?.Dim ?? []).Select((dim, axis) => (dim, Place: $"{input.Name}.{axis}")))
            .Where(d => d.dim.DimValue == 0).ToList();
        var names = inputs
            .Select(d => d.dim.DimParam)
            .Where(name => name.Length > 0)
            .Distinct(StringComparer.Ordinal)
            .ToList();
        var known = plan.Values.SelectMany(v => v.Shape ?? []).Select(d => d.Name).OfType<string>()
            .Concat(names).Concat(inputs.Select(d => d.Place)).ToHashSet(StringComparer.Ordinal);
        foreach (var (name, extent) in plan.Options.Dimensions.Where(d => !known.Contains(d.Key)))
        {
            var choices = names
                .Concat(inputs.Where(d => d.dim.DimParam.Length == 0).Select(d => d.Place))
                .Take(Listed)
                .Select(HostileText.Quote)
                .ToList();
            throw new BadInputException(
                $"{plan.ModelPath}: --dim {HostileText.OneLine(name)}={extent}: the inputs have no such symbolic "
                    + $"dimension.{NearestName.Hint(name, known)} "
                + (choices.Count == 0 ? "All their extents are fixed." : $"They have: {string.Join(", ", choices)}."));
        }
    }
}
