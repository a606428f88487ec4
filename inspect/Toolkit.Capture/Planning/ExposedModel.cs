using Toolkit.Formats.Onnx;
using Toolkit.Formats.Onnx.Schema;
using Toolkit.Runtime;
using Toolkit.Runtime.Observation;

namespace Toolkit.Capture.Planning;

/// <summary>A model edited so that a run gives the planned values beside the model's own outputs.</summary>
/// <param name="Model">The edited model.</param>
/// <param name="ModelPath">The file that it was made from: external data is looked for beside it.</param>
/// <param name="Optimization">How far the runtime may rewrite it, by the plan's mode.</param>
/// <param name="Outputs">How to read each value, in order of evaluation.</param>
public sealed record ExposedModel(
    ModelProto Model, string ModelPath, GraphOptimization Optimization, IReadOnlyList<ExposedOutput> Outputs)
{
    /// <summary>The names to ask a run for, in the order of <see cref="Outputs"/>.</summary>
    public IReadOnlyList<string> OutputNames => [.. Outputs.Select(static output => output.OutputName)];

    /// <summary>Bytes of the edited model as a file would hold it.</summary>
    internal long SizeBytes => Model.CalculateSize();

    /// <summary>The number of the node that observes a value; probes of other values count from 0.</summary>
    internal static long NumberOf(PlannedValue value) => -1 - value.Order;

    /// <summary>The edited model as a file would hold it.</summary>
    /// <returns>The bytes.</returns>
    public byte[] ToBytes() => OnnxModelFile.ToBytes(Model, ModelPath);

    /// <summary>Loads it into the runtime.</summary>
    /// <param name="options">How to run; the optimisation level is replaced by the plan's.</param>
    /// <returns>The engine.</returns>
    public InferenceEngine Open(InferenceOptions? options = null) =>
        InferenceEngine.Open(ToBytes(), ModelPath, (options ?? new InferenceOptions()) with
        {
            Optimization = Optimization,
            Collected = Outputs.Where(static output => output.Value.Method == ExposureMethod.Observed)
                .ToDictionary(static output => NumberOf(output.Value), static output => output.OutputName),

            // Values that another pass gives are shown to nobody: that keeps them unfused here, too.
            Observer = Model.OpsetImport.Any(static set => set.Domain == ObserveOperator.Domain)
                ? static (_, _) => { }
                : null,
        });
}
