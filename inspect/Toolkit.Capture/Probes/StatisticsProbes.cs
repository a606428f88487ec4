using Toolkit.Capture.Planning;
using Toolkit.Formats.Onnx.Editing;
using Toolkit.Formats.Onnx.Graphs;
using Toolkit.Formats.Tensors;
using Toolkit.Runtime;
using Toolkit.Runtime.Observation;

namespace Toolkit.Capture.Probes;

/// <summary>
/// Probes of values inside the graph: each value is shown to an observer where it is computed, and freed as in the
/// plain model. So every value of a model can be measured in the memory of the plain model.
/// </summary>
/// <remarks>
/// The probes are appended in reverse order of evaluation. ONNX Runtime then runs each as soon as its value is there;
/// in natural order it runs them all at the end and keeps every value until then (120 values of 15 MiB: 113 MiB against
/// 1,962, the plain model 111). That order is not documented: a test guards it. A probe is one operator of our own,
/// because reductions made of ONNX's operators cost 8 KB of session memory per node and 30 times the time.
/// </remarks>
public static class StatisticsProbes
{
    /// <summary>
    /// Nodes that nothing follows, above which ONNX Runtime takes long to order them (its time grows with their square:
    /// 5,000 took half a minute, 20,000 eight). Of more probes, several wait for each other, and as many values are kept
    /// that much longer.
    /// </summary>
    private const int MostLeaves = 2000;

    /// <summary>Adds probes to a copy of a plan's model.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="values">Values of the plan.</param>
    /// <returns>The edited model, and the values that have no probe, with reasons.</returns>
    public static ProbedModel Add(ExposurePlan plan, IEnumerable<PlannedValue> values)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(values);
        return Add(plan, ModelEdit.Of(plan.Graph.Model, plan.ModelPath), values);
    }

    /// <summary>
    /// Adds probes to a plan's model that is being edited for another reason as well, such as an intervention.
    /// </summary>
    /// <param name="plan">The plan.</param>
    /// <param name="edit">An edit of its model.</param>
    /// <param name="values">Values of the plan.</param>
    /// <returns>The edited model, and the values that have no probe, with reasons.</returns>
    internal static ProbedModel Add(ExposurePlan plan, ModelEdit edit, IEnumerable<PlannedValue> values)
    {
        var (shown, refused) = Append(edit, values);

        // Outputs that the runtime's interface cannot name would fail the load of any model, ours or not.
        foreach (var output in edit.Model.Graph.Output.Where(output => plan.IsUnfetchableOutput(output.Name)).ToList())
        {
            edit.Model.Graph.Output.Remove(output);
        }

        return new ProbedModel(edit.Model, plan.ModelPath, plan.Options.Mode.Optimization(), shown, refused);
    }

    /// <summary>Adds probes to a model that is being edited.</summary>
    /// <param name="edit">The edit.</param>
    /// <param name="values">Values of its plan.</param>
    /// <returns>The values that have a probe, whose place in the list is its number, and those that have
    /// none.</returns>
    internal static (IReadOnlyList<PlannedValue> Shown, IReadOnlyList<(PlannedValue Value, string Reason)> Refused) Append(
        ModelEdit edit, IEnumerable<PlannedValue> values)
    {
        var refused = new List<(PlannedValue Value, string Reason)>();
        var shown = new List<PlannedValue>();
        foreach (var value in values.OrderBy(static value => value.Order))
        {
            if (Refusal(value) is { } reason)
            {
                refused.Add((value, reason));
            }
            else
            {
                shown.Add(value);
            }
        }

        ObserveOperator.Import(edit.Model);
        var chain = ((shown.Count - 1) / MostLeaves) + 1;
        for (var first = (shown.Count - 1) / chain * chain; first >= 0; first -= chain)
        {
            AppendChain(edit, shown, first, Math.Min(first + chain, shown.Count));
        }

        return (shown, refused);
    }

    /// <summary>Probes that wait for each other, as far as they are in one scope: only the last is a leaf.</summary>
    private static void AppendChain(ModelEdit edit, List<PlannedValue> shown, int first, int end)
    {
        var (before, scope) = ((string?)null, (GraphScope?)null);
        for (var id = first; id < end; id++)
        {
            var value = edit.Graph[shown[id].Key];
            var name = shown[id].Type != shown[id].ExposedType ? edit.Cast(value, shown[id].ExposedType) : value.Name;
            var probe = edit.FreshName("probe");
            edit.AddNode(value.Scope, ObserveOperator.Node(name, probe, id, value.Scope == scope ? before : null));
            (before, scope) = (probe, value.Scope);
        }
    }

    private static string? Refusal(PlannedValue value) => value switch
    {
        { IsExposable: false } => value.Reason ?? "it is not computed by the graph",
        { Kind: not ValueKind.Tensor } => $"it is a {value.Kind}, not a tensor of numbers",
        { Type: ElementType.Text } => "it is text",
        { ExposedType: ElementType.Complex64 or ElementType.Complex128 } => "it is complex",
        _ => null,
    };
}
