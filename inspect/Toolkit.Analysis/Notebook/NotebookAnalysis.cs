using Toolkit.Analysis.LowRank;
using Toolkit.Analysis.Spectra;
using Toolkit.Analysis.TraceHypothesis;
using Toolkit.Runtime;

namespace Toolkit.Analysis.Notebook;

/// <summary>
/// What the original notebook shows, on any group network, at once: spectra of all weights, of the effective embeddings
/// and of the natural representation; the network with low-rank embeddings; the trace hypothesis. The network runs in
/// ONNX Runtime.
/// </summary>
public static class NotebookAnalysis
{
    /// <summary>Runs all of it.</summary>
    /// <param name="network">The network.</param>
    /// <param name="options">Limits of the low-rank part; null for the defaults.</param>
    /// <param name="progress">Told what begins, one short line each; may be null.</param>
    /// <param name="cancellation">Stops the work.</param>
    /// <returns>The results.</returns>
    /// <exception cref="Formats.BadInputException">Weights or logits hold NaN, the roles do not fit, or the network
    /// cannot be run.</exception>
    public static NotebookResult Run(
        GroupModel network,
        LowRankOptions? options = null,
        Action<string>? progress = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(network);
        progress?.Invoke("singular values of all matrices");
        var spectra = network.Matrices().Select(matrix =>
        {
            cancellation.ThrowIfCancellationRequested();
            return Spectrum.Of(matrix);
        }).ToList();

        progress?.Invoke("low-rank embeddings, every rank");
        var task = network.Task;
        var lowRank = LowRankEmbeddings.Run(
            network.Model, network.Path, network.Embeddings(), task.Labels, task.IsTrain, options, cancellation);

        progress?.Invoke("trace hypothesis over all pairs and answers");
        using var engine = InferenceEngine.Open(network.Model, network.Path);
        var trace = TraceHypothesisTest.Run(task.Group, new ModelLogits(engine, task.Group.Order), cancellation);
        return new NotebookResult(spectra, lowRank, trace);
    }
}
