using Toolkit.Analysis.Charts.Runs.Slices;

namespace Toolkit.Analysis.Charts.Runs.Activations;

/// <summary>Choosing a captured value, a position of it and a feature.</summary>
internal static class ActivationOptions
{
    public const string NoActivations = "no values were stored: capture them with "
        + "`inspect capture MODEL --inputs SOURCE --out RUN`, without `--stats-only`.";
    public const string NoPairs = "it needs a run over all pairs of a group: "
        + "`inspect capture MODEL --inputs group:NAME --out RUN`.";

    /// <summary>Why there is no chart of constants and of values that differ in shape; null where there is.</summary>
    public static string? WhyNoRecords(IRunData run) => run.Records.Count > 0 ? null
        : "the run stores no constants and no values of differing shape: "
            + "`inspect model MODEL.onnx` says what the graph has.";

    /// <summary>Which constant, or value that differs in shape.</summary>
    public static ChartOption Record(IRunData run) =>
        ChartOption.OneOf("record", "Value", [.. run.Records.Select(record => record.Name)]);

    /// <summary>The value chosen so far, or the one that plays the preferred role, or the first.</summary>
    public static RunTensor Chosen(IRunData run, IReadOnlyDictionary<string, string> given, string preferredRole) =>
        (given.TryGetValue("tensor", out var name)
            ? run.Activations.FirstOrDefault(tensor => tensor.Name == name)
            : null)
        ?? run.ActivationOf(preferredRole) ?? run.Activations[0];

    public static ChartOption Tensor(IRunData run, string preferredRole) =>
        Tensor(run, [.. run.Activations.Select(tensor => tensor.Name)], preferredRole);

    public static ChartOption Tensor(IRunData run, IReadOnlyList<string> names, string preferredRole) =>
        ChartOption.OneOf("tensor", "Value", names, run.ActivationOf(preferredRole)?.Name);

    /// <summary>
    /// One slider for each axis before the features; the default is the place that is best shown first.
    /// </summary>
    public static IEnumerable<ChartOption> Positions(RunTensor tensor) => PositionAxes(tensor)
        .Select(axis => ChartOption.Integer(
            axis.Option, axis.Label, 0, axis.Extent - 1, tensor.FirstShown(axis.Extent)));

    /// <summary>The axes before the features that have more than one place, with the names of their sliders.</summary>
    public static IEnumerable<(int Axis, string Option, string Label, int Extent)> PositionAxes(RunTensor tensor)
    {
        var leading = Math.Max(0, tensor.Dimensions.Count - 1);
        return Enumerable.Range(0, leading).Where(axis => tensor.Dimensions[axis] > 1).Select(axis => (
            axis,
            leading == 1 ? "position" : $"axis-{axis + 1}",
            leading == 1 ? "Position" : TensorSlice.Capital(tensor.NameOf(axis)),
            checked((int)tensor.Dimensions[axis])));
    }

    public static ChartOption Feature(RunTensor tensor) =>
        ChartOption.Integer(
            "feature", tensor.Role == "logits" ? "Logit" : "Feature", 0, Math.Max(0, tensor.Channels - 1), 0);

    /// <summary>Where a feature stands in the flattened axes.</summary>
    public static int Flat(RunTensor tensor, ChartChoices choices, int feature)
    {
        var position = 0;
        var chosen = PositionAxes(tensor).ToDictionary(axis => axis.Axis, axis => choices.Integer(axis.Option));
        for (var axis = 0; axis < tensor.Dimensions.Count - 1; axis++)
        {
            position = checked((position * (int)tensor.Dimensions[axis]) + chosen.GetValueOrDefault(axis));
        }

        return checked((position * tensor.Channels) + feature);
    }

    /// <summary>
    /// How titles call the place along the axes before the features: " at axis 1 = 28, axis 2 = 3"; nothing where there
    /// is but one.
    /// </summary>
    public static string PlaceOf(RunTensor tensor, ChartChoices choices) =>
        string.Join(", ", PositionAxes(tensor).Select(
            axis => $"{axis.Label.ToLowerInvariant()} = {choices.Integer(axis.Option)}")) is { Length: > 0 } place
            ? $" at {place}"
            : string.Empty;

    /// <summary>How titles call a feature: "hidden, neuron 3", "logit of (0 1)".</summary>
    public static string NameOf(IRunData run, RunTensor tensor, int feature) =>
        tensor.Role == "logits"
            && run.Group is { } group
            && feature < group.Order ? $"logit of {group.Elements[feature]}"
        : tensor.Role == "hidden" ? $"{tensor.Name}, neuron {feature}"
        : $"{tensor.Name}, feature {feature}";

    public static bool HasPairs(IRunData run) =>
        run.Group is { } group && run.SampleCount == (long)group.Order * group.Order;

    /// <summary>
    /// What a report shows of one value: the hidden layer where the model says which it is, else the first, a middle
    /// and the last value.
    /// </summary>
    public static IReadOnlyList<IReadOnlyDictionary<string, string>> InReport(IRunData run) =>
        InReport(run, [.. run.Activations.Select(tensor => tensor.Name)]);

    /// <summary>The same of some values.</summary>
    public static IReadOnlyList<IReadOnlyDictionary<string, string>> InReport(
        IRunData run, IReadOnlyList<string> names)
    {
        string[] shown = run.ActivationOf("hidden") is { } hidden
            ? [hidden.Name]
            : [names[0], names[names.Count / 2], names[^1]];
        return [.. shown
            .Distinct(StringComparer.Ordinal)
            .Select(name => new Dictionary<string, string> { ["tensor"] = name })];
    }
}
