using Toolkit.Formats.Runs.Statistics;

namespace Toolkit.Analysis.Charts.Runs;

/// <summary>What was changed in a model while it ran, and what that did.</summary>
/// <param name="Interventions">As the command line says them (<c>--zero hidden:0,3</c>), at least one.</param>
/// <param name="Outputs">One per output that was compared with that of the untouched model, in the model's
/// order.</param>
public sealed record RunEffects(IReadOnlyList<string> Interventions, IReadOnlyList<OutputEffect> Outputs);
