using Toolkit.CommandLine;
using Toolkit.Formats;
using Toolkit.Formats.Runs.Statistics;

namespace Toolkit.Inspect.Commands;

/// <summary>Tells in words what interventions did to the outputs of a model.</summary>
internal static class EffectReport
{
    /// <summary>Writes one line per output.</summary>
    /// <param name="terminal">Where to.</param>
    /// <param name="effects">What was measured.</param>
    /// <param name="samples">The samples of the run, or of its part.</param>
    public static void Write(Terminal terminal, IReadOnlyList<OutputEffect> effects, long samples)
    {
        foreach (var effect in effects)
        {
            terminal.Output.WriteLine(
                $"{HostileText.Quote(effect.Output)} changed by {effect.Relative:0.####} of its norm, at most by "
                    + $"{effect.Largest:0.####}"
                + (effect.ArgmaxChanged is { } share
                    ? $"; the largest element is another one in {share:P2} of the rows."
                    : ".")
                + (effect.NotFinite > 0
                    ? $" {effect.NotFinite} elements that are NaN or infinite on one side are not counted."
                    : string.Empty)
                + (effect.Samples < samples
                    ? $" These are {effect.Samples} of {samples} samples: for the others it has another shape."
                    : string.Empty));
        }
    }
}
