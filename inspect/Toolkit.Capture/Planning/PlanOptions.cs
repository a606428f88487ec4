using Toolkit.Formats.Tensors;

namespace Toolkit.Capture.Planning;

/// <summary>What a plan is made for.</summary>
public sealed record PlanOptions
{
    /// <summary>How much the capture may disturb how the model runs. Default: every value.</summary>
    public ExposureMode Mode { get; init; } = ExposureMode.All;

    /// <summary>
    /// Extents of symbolic dimensions, by name. The dimension of the inputs that counts samples needs none.
    /// </summary>
    public IReadOnlyDictionary<string, long> Dimensions { get; init; } = new Dictionary<string, long>(
        StringComparer.Ordinal);

    /// <summary>
    /// The axis that counts samples, by input name; see <see cref="Inputs.SampleAxes"/> for those not given.
    /// </summary>
    public IReadOnlyDictionary<string, int> SampleAxes { get; init; } = new Dictionary<string, int>(
        StringComparer.Ordinal);

    /// <summary>
    /// Shapes of what the inputs are given for one sample, by name, where every sample has the same: they stand in for
    /// symbols and for extents that the model leaves open.
    /// </summary>
    public IReadOnlyDictionary<string, TensorShape> SampleShapes { get; init; } = new Dictionary<string, TensorShape>(
        StringComparer.Ordinal);

    /// <summary>
    /// Compare with the optimised graph (default true): costs one load of the model and a temporary copy of it.
    /// </summary>
    public bool MeasureFusions { get; init; } = true;

    /// <summary>Load the model with everything exposed, to prove the plan (default true): costs another load.</summary>
    public bool Verify { get; init; } = true;

    /// <summary>Is told what the planning is at, in words; null for nobody.</summary>
    public IProgress<string>? Progress { get; init; }
}
