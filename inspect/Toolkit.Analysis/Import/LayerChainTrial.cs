using Toolkit.Formats;
using Toolkit.Formats.Checkpoints;
using Toolkit.Formats.Import;
using Toolkit.Formats.Onnx.Schema;
using Toolkit.Runtime;

namespace Toolkit.Analysis.Import;

/// <summary>Runs a chain of layers before it is written, and says which layer does not fit.</summary>
public static class LayerChainTrial
{
    // The exception says what failed; the runtime need not say it as well.
    private static readonly InferenceOptions Quiet = new() { Log = InferenceLog.Fatal };

    /// <summary>Builds and runs a chain.</summary>
    /// <param name="chain">The layers.</param>
    /// <param name="checkpoint">Their tensors.</param>
    /// <param name="path">The file that the model is for, for messages.</param>
    /// <param name="rounding">What becomes of float64; null (default) to refuse it.</param>
    /// <param name="cancellation">Stops the run.</param>
    /// <returns>The model, what the runtime infers about its outputs, and what came out.</returns>
    /// <exception cref="BadInputException">A tensor does not fit its layer, or a layer what the one before it gives;
    /// the message names the layer.</exception>
    public static (ModelProto Model, IReadOnlyList<ValueDescription> Outputs, ModelTrial Trial) Run(
        LayerChain chain,
        Checkpoint checkpoint,
        string path,
        Float32Rounding? rounding = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(chain);
        var model = chain.ToOnnx(checkpoint, rounding);
        try
        {
            using var engine = InferenceEngine.Open(model, path, Quiet);
            return (model, engine.Outputs, ModelTrial.Run(engine, seed: 1, cancellation));
        }
        catch (BadInputException fault)
        {
            throw Locate(chain, checkpoint, path, rounding, fault, cancellation);
        }
    }

    /// <summary>
    /// The runtime names nodes, which nobody wrote: run ever longer parts of the chain until one fails.
    /// </summary>
    private static BadInputException Locate(
        LayerChain chain,
        Checkpoint checkpoint,
        string path,
        Float32Rounding? rounding,
        BadInputException fault,
        CancellationToken cancellation)
    {
        var before = "the input";
        foreach (var (index, layer) in chain.Layers.Index())
        {
            try
            {
                using var engine = InferenceEngine.Open(
                    (chain with { Layers = chain.Layers[..(index + 1)] }).ToOnnx(checkpoint, rounding), path, Quiet);
                before = $"what {layer.Place} gives, {ModelTrial.Run(engine, seed: 1, cancellation).Outputs[0]}";
            }
            catch (BadInputException here)
            {
                return new BadInputException(
                    $"{chain.Source}: {layer.Place} "
                        + $"({layer.Kind}{(layer.Name.Length > 0 ? $" '{layer.Name}'" : string.Empty)}) does not fit "
                        + $"{before}: {here.Message}", here);
            }
        }

        return fault;
    }
}
