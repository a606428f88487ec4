namespace Toolkit.Analysis.Charts.Runs;

/// <summary>One thing known about a run.</summary>
/// <param name="Label">What it is: "model", "runtime".</param>
/// <param name="Text">What it says; may be hostile text.</param>
public sealed record RunFact(string Label, string Text);
