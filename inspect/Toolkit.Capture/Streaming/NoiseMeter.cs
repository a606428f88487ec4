using Toolkit.Capture.Comparison;
using Toolkit.Formats;
using Toolkit.Formats.Runs;
using Toolkit.Formats.Runs.Activations;
using Toolkit.Runtime;

namespace Toolkit.Capture.Streaming;

/// <summary>
/// Runs a batch again and measures how much every value differs: what two runs differ by for no reason.
/// </summary>
internal static class NoiseMeter
{
    /// <summary>Measures one batch.</summary>
    /// <param name="segment">Takes the noise of each tensor.</param>
    /// <param name="layouts">What is stored.</param>
    /// <param name="first">The run that is stored.</param>
    /// <param name="again">Runs the batch once more.</param>
    /// <param name="times">How often, at least 1.</param>
    public static void Measure(
        RunSegment segment,
        IReadOnlyList<ValueLayout> layouts,
        InferenceResult first,
        Func<InferenceResult> again,
        int times)
    {
        ValueLayout[] numbers = [.. layouts.Where(static l => !l.IsSequence && l.Stored != StoredType.Text)];
        for (var time = 0; time < times; time++)
        {
            using var other = again();
            ParallelLoop.For(numbers.Length, cores: -1, i =>
            {
                var layout = numbers[i];
                var (a, b) = (first[layout.Output.OutputName], other[layout.Output.OutputName]);
                if (layout.Output.IsAbsent(a) && layout.Output.IsAbsent(b))
                {
                    return;
                }

                var sums = new ErrorSums();
                if (a.Type != b.Type || a.Shape != b.Shape)
                {
                    sums.AddIncomparable();
                }
                else
                {
                    sums.Add(layout.Stored.Element(), StoredOrder.Stored(a, layout.Stored), StoredOrder.Stored(
                        b, layout.Stored));
                }

                segment.AddNoise(new NoiseRecord(
                    layout.Entry.Id, sums.Largest, sums.SquaredError / times, sums.SquaredReference / times));
            });
        }
    }
}
