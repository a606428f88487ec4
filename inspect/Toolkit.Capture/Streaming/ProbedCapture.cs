using Toolkit.Capture.Interventions;
using Toolkit.Capture.Planning;
using Toolkit.Capture.Probes;
using Toolkit.Formats;
using Toolkit.Formats.Checkpoints.Numpy;
using Toolkit.Formats.Runs;
using Toolkit.Formats.Runs.Statistics;
using Toolkit.Formats.Tables;
using Toolkit.Runtime;
using Toolkit.Runtime.Observation;

namespace Toolkit.Capture.Streaming;

/// <summary>
/// Statistics without values: probes inside the graph measure every value where it is computed, so that nothing but the
/// plain model's memory is needed.
/// </summary>
internal sealed class ProbedCapture(StatisticsCollector collector, IReadOnlyDictionary<string, TensorEntry> entries)
{
    private RepeatedValues? _repeated;

    /// <summary>Measures a value, and keeps it where the batch runs again.</summary>
    /// <param name="value">The value.</param>
    /// <param name="tensor">What it is now.</param>
    public void Observe(PlannedValue value, ObservedTensor tensor)
    {
        if (_repeated?.Observe(value, tensor) != false)
        {
            collector.Observe(value, tensor);
        }
    }

    /// <summary>Makes one entry per value of the graph: measured, or why not.</summary>
    /// <param name="exposure">The plan.</param>
    /// <param name="probed">The model with its probes.</param>
    /// <param name="planner">Decides which axis is which.</param>
    /// <param name="look">What the first samples showed.</param>
    /// <param name="batch">Samples of one run of the capture.</param>
    /// <returns>The entries, and for each measured value what its axes are.</returns>
    /// <exception cref="BadInputException">A value has not the feature axis that was given for it.</exception>
    public static (IReadOnlyList<TensorEntry> Entries, IReadOnlyDictionary<PlannedValue, ValueLayout> Layouts) Plan(
        ExposurePlan exposure, ProbedModel probed, LayoutPlanner planner, FirstLook look, int batch)
    {
        var measured = probed.Values.Select(v => v.Key).ToHashSet(StringComparer.Ordinal);
        var refused = probed.Refused.ToDictionary(r => r.Value.Key, r => r.Reason, StringComparer.Ordinal);
        var layouts = new Dictionary<PlannedValue, ValueLayout>(ReferenceEqualityComparer.Instance);
        var entries = new List<TensorEntry>();
        foreach (var value in exposure.Values.Where(v => v.Method != ExposureMethod.Constant))
        {
            if (measured.Contains(value.Key))
            {
                var layout = planner.Plan(entries.Count, Shown(value), look.Of(value), batch)[0];
                layouts.Add(value, layout);
                entries.Add(layout.Entry with { StoredType = null, Reason = TensorEntry.MeasuredOnly });
            }
            else
            {
                entries.Add(LayoutPlanner.Entry(entries.Count, value) with
                {
                    Granularity = planner.IsConstant(value) ? RowGranularity.Constant : RowGranularity.Sample,
                    Reason = refused.GetValueOrDefault(value.Key) ?? value.Reason ?? "not selected",
                });
            }
        }

        planner.CheckFeatureAxes();
        return (entries, layouts);
    }

    /// <summary>How a value is shown: each iteration of a loop by itself.</summary>
    private static ExposedOutput Shown(PlannedValue value)
    {
        var isInBranch = false;
        for (var scope = value.Value.Scope; scope.Owner is { } owner; scope = scope.Parent!)
        {
            isInBranch |= owner.Is("If");
        }

        return new ExposedOutput(value, value.Name, value.ExposedType, 0, IsList: false, MayBeAbsent: isInBranch);
    }

    /// <summary>The outputs to ask a run for: those that are carried or needed, or any one.</summary>
    /// <param name="engine">The model.</param>
    /// <param name="options">The capture.</param>
    /// <param name="needed">Outputs that are needed for another reason.</param>
    public static string[] Outputs(InferenceEngine engine, CaptureOptions options, IReadOnlyList<string> needed)
    {
        string[] asked = [.. needed.Concat(options.Carry.Select(static carry => carry.Output)).Distinct(
            StringComparer.Ordinal)];
        return asked.Length > 0
            ? asked
            : [.. engine.Outputs.Where(static o => o.Kind != ValueKind.Optional).Select(static o => o.Name).Take(1)];
    }

    /// <summary>Runs all remaining segments.</summary>
    /// <param name="run">Where statistics go.</param>
    /// <param name="preparation">The capture.</param>
    /// <param name="progress">Is told how many samples are done.</param>
    /// <param name="effects">Takes what interventions do to the outputs; null where there are none.</param>
    /// <param name="cancellation">Stops between two nodes.</param>
    public void Run(
        RunWriter run,
        CapturePreparation preparation,
        IProgress<long>? progress,
        OutputEffects? effects,
        CancellationToken cancellation)
    {
        var plan = preparation.Plan;
        var outputs = Outputs(preparation.Engine, preparation.Options, effects?.Outputs ?? []);
        CarriedState? state = null;
        var scratch = Directory.CreateDirectory(Path.Combine(run.Folder, "shards")).FullName;
        using var repeated = preparation.Options.Repeat > 1
            ? new RepeatedValues(
                Path.Combine(scratch, $"{run.Shard}.repeat.tmp"), preparation.Options.Repeat - 1)
            : null;
        _repeated = repeated;
        var done = run.Finished.Sum(s => s.Samples);
        foreach (var (index, first, samples) in run.Remaining().ToList())
        {
            using var segment = run.Begin(index, first, samples);
            state ??= CarriedState.Before(run, preparation, first, (int)Math.Min(plan.Batch, samples));
            for (var at = first; at < first + samples; at += plan.Batch)
            {
                var count = (int)Math.Min(plan.Batch, first + samples - at);
                var inputs = state.With(preparation.Source.Read(at, count));
                using (var result = preparation.Engine.Run(inputs, outputs, cancellation))
                {
                    effects?.Add(preparation.Plain, inputs, result, segment, at / plan.Batch, count);
                    state.Update(result);
                    foreach (var (value, collected) in collector.Take().OrderBy(c => c.Key.Order))
                    {
                        // What is the same in every batch counts once, as where its values are kept.
                        if (at == 0 || entries[value.Key].Granularity != RowGranularity.Constant)
                        {
                            segment.AddStatistics(
                                entries[value.Key],
                                new StatisticsNode<TensorStatistics>(0, at / plan.Batch, collected.Statistics));
                        }
                    }
                }

                repeated?.Measure(
                    segment, entries, () => preparation.Engine.Run(inputs, outputs, cancellation).Dispose());

                done += count;
                progress?.Report(done);
            }

            if (preparation.Options.Carry.Count > 0)
            {
                NpzWriter.Write(CarriedState.FileOf(run, index), state.Save());
            }

            var ids = Enumerable.Range(0, (int)samples).Select(i => first + i).ToArray();
            segment.Complete(
                new Table([TableColumn.Create("sample_id", ids), .. preparation.Source.Describe(first, (int)samples)]));
        }
    }
}
