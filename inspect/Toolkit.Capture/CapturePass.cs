using Toolkit.Capture.Planning;
using Toolkit.Capture.Streaming;
using Toolkit.Runtime;

namespace Toolkit.Capture;

/// <summary>
/// One of the models that every batch runs through: it gives some of the values. A capture without a memory budget has
/// one.
/// </summary>
/// <param name="exposed">The model and how to read it.</param>
/// <param name="runtime">How it runs.</param>
internal sealed class CapturePass(ExposedModel exposed, InferenceOptions runtime) : IDisposable
{
    private InferenceEngine? _engine;

    /// <summary>The model and how to read it.</summary>
    public ExposedModel Exposed => exposed;

    /// <summary>How its values become rows.</summary>
    public IReadOnlyList<ValueLayout> Layouts { get; set; } = [];

    /// <summary>The loaded model; the first use loads it.</summary>
    public InferenceEngine Engine => _engine ??= exposed.Open(runtime);

    /// <summary>
    /// Nodes that the runtime made of the model, probes left out; loads it. Null where that could not be measured.
    /// </summary>
    /// <param name="isCompared">False where there is nothing to compare the count with: nothing is counted.</param>
    public int? CountNodes(bool isCompared)
    {
        Close();
        (_engine, var nodes) = OptimizedGraph.Open(
            path => exposed.Open(runtime with { OptimizedModelPath = path }), exposed.SizeBytes, isCompared);
        return nodes;
    }

    /// <summary>Unloads the model; the next use loads it again.</summary>
    public void Close()
    {
        _engine?.Dispose();
        _engine = null;
    }

    /// <inheritdoc/>
    public void Dispose() => Close();
}
