using Toolkit.Capture.Planning;
using Toolkit.Formats.Onnx;
using Toolkit.Formats.Onnx.Schema;
using Toolkit.Runtime;

namespace Toolkit.Capture.Probes;

/// <summary>A model edited so that a run shows values to an observer as soon as they are there.</summary>
/// <param name="Model">The edited model; its outputs are those of the original.</param>
/// <param name="ModelPath">The file that it was made from: external data is looked for beside it.</param>
/// <param name="Optimization">How far the runtime may rewrite it, by the plan's mode.</param>
/// <param name="Values">The values that are shown; a value's place in the list is the number of its probe.</param>
/// <param name="Refused">Values without a probe, and why.</param>
public sealed record ProbedModel(
    ModelProto Model,
    string ModelPath,
    GraphOptimization Optimization,
    IReadOnlyList<PlannedValue> Values,
    IReadOnlyList<(PlannedValue Value, string Reason)> Refused)
{
    /// <summary>The edited model as a file would hold it.</summary>
    /// <returns>The bytes.</returns>
    public byte[] ToBytes() => OnnxModelFile.ToBytes(Model, ModelPath);

    /// <summary>Loads it into the runtime.</summary>
    /// <param name="observer">Who looks at the values.</param>
    /// <param name="options">How to run; the optimisation level is replaced by the plan's.</param>
    /// <returns>The engine.</returns>
    public InferenceEngine Open(ValueObserver observer, InferenceOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(observer);
        return InferenceEngine.Open(ToBytes(), ModelPath, (options ?? new InferenceOptions()) with
        {
            Optimization = Optimization,
            Observer = (id, tensor) => observer(Values[(int)id], tensor),
        });
    }
}
