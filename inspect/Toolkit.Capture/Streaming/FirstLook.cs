using Toolkit.Capture.Inputs;
using Toolkit.Capture.Planning;
using Toolkit.Runtime;
using Toolkit.Runtime.Observation;

namespace Toolkit.Capture.Streaming;

/// <summary>
/// What a few samples show of the values that are only measured: by that it is decided which of their axes are which,
/// as where values are kept.
/// </summary>
internal sealed class FirstLook
{
    private readonly Dictionary<PlannedValue, List<(int Samples, LayoutPlanner.Seen Value)>> _seen = new(
        ReferenceEqualityComparer.Instance);
    private readonly HashSet<PlannedValue> _inRun = new(ReferenceEqualityComparer.Instance);
    private int _samples;

    /// <summary>The numbers of samples that are run before it is decided how values are stored.</summary>
    /// <param name="options">The capture.</param>
    /// <param name="samples">Samples that there are.</param>
    /// <param name="canBatch">False where the model takes one at a time.</param>
    /// <param name="batch">Samples of one run of the capture, as far as known.</param>
    /// <returns>One number, or two different ones; two ones where state is carried: a cache that grows changes the
    /// shapes of all that reads it.</returns>
    public static int[] Runs(CaptureOptions options, long samples, bool canBatch, int batch) =>
        options.Carry.Count > 0 && samples > 1 ? [1, 1]
        : !canBatch || options.Batch == 1 || batch == 1 ? [1]
        : samples switch
        {
            1 => [1],
            2 => [2, 1],
            _ => batch == 2 && (options.StatisticsOnly || options.MemoryBudgetBytes is not null) ? [2, 1] : [3, 2],
        };

    /// <summary>Looks at a value; give it to the engine.</summary>
    /// <param name="value">The value.</param>
    /// <param name="tensor">What it is now.</param>
    public void Observe(PlannedValue value, ObservedTensor tensor)
    {
        // Of a loop, the first iteration.
        if (!_inRun.Add(value))
        {
            return;
        }

        if (!_seen.TryGetValue(value, out var seen))
        {
            _seen.Add(value, seen = []);
        }

        seen.Add((_samples, LayoutPlanner.Seen.Of(value, tensor, _samples)));
    }

    /// <summary>Runs the first samples.</summary>
    /// <param name="engine">Shows its values to <see cref="Observe"/>.</param>
    /// <param name="options">The capture.</param>
    /// <param name="source">The samples.</param>
    /// <param name="runs">How many each time, from <see cref="Runs"/>.</param>
    /// <param name="outputs">Outputs to ask for, at least one: those that are carried among them.</param>
    public void Run(
        InferenceEngine engine, CaptureOptions options, IInputSource source, int[] runs, IReadOnlyList<string> outputs)
    {
        CarriedState? state = null;
        for (var run = 0; run < runs.Length; run++)
        {
            _samples = runs[run];
            var read = source.Read(options.Carry.Count > 0 ? run : 0, _samples);
            state ??= CarriedState.Initial(options, engine, read, source.Samples);
            using var result = engine.Run(state.With(read), outputs);
            state.Update(result);
            _inRun.Clear();
        }
    }

    /// <summary>What each run showed of a value, with its number of samples.</summary>
    /// <param name="value">A value that has a probe.</param>
    public IReadOnlyList<(int Samples, LayoutPlanner.Seen Value)> Of(PlannedValue value) =>
        _seen.TryGetValue(value, out var seen) ? seen : [(_samples, LayoutPlanner.Seen.Nothing(value))];
}
