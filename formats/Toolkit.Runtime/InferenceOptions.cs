using Toolkit.Runtime.Observation;

namespace Toolkit.Runtime;

/// <summary>How a session runs.</summary>
public sealed record InferenceOptions
{
    /// <summary>
    /// Where it runs: <c>cpu</c> (default), <c>cuda</c>, <c>cuda:1</c>, or <c>auto</c> (CUDA where it is, else the
    /// CPU).
    /// </summary>
    public string Device { get; init; } = "cpu";

    /// <summary>How far the runtime may rewrite the graph. Default: everything, as deployed.</summary>
    public GraphOptimization Optimization { get; init; } = GraphOptimization.All;

    /// <summary>Threads inside one operation, 1 or more; 0 (default) is one per physical core.</summary>
    public int Threads { get; init; }

    /// <summary>
    /// Keep freed memory for the next run (default true). False lowers the peak of models whose shapes change.
    /// </summary>
    public bool MemoryArena { get; init; } = true;

    /// <summary>Where the runtime writes the graph it made of the model; null (default) for nowhere.</summary>
    public string? OptimizedModelPath { get; init; }

    /// <summary>
    /// Who looks at the values of the model's observing nodes (<see cref="ObserveOperator"/>); null (default) where it
    /// has none.
    /// </summary>
    public TensorObserver? Observer { get; init; }

    /// <summary>
    /// Observing nodes, by their numbers, whose values a run copies and gives under a name as if they were an output: a
    /// sequence, in order of evaluation. They are not shown to <see cref="Observer"/>. Default: none.
    /// </summary>
    public IReadOnlyDictionary<long, string> Collected { get; init; } = new Dictionary<long, string>();

    /// <summary>
    /// What the runtime may log to standard error. Default: what ends the process; exceptions say the rest.
    /// </summary>
    public InferenceLog Log { get; init; } = InferenceLog.Fatal;
}
