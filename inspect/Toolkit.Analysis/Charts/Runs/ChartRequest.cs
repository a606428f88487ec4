namespace Toolkit.Analysis.Charts.Runs;

/// <summary>
/// Which chart, with which choices: what an address of the viewer and <c>inspect chart --spec</c> hold.
/// </summary>
/// <param name="Chart">The chart's name.</param>
/// <param name="Options">Option name → value; what is absent takes its default.</param>
public sealed record ChartRequest(string Chart, IReadOnlyDictionary<string, string> Options);
