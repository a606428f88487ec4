using Toolkit.Analysis.LowRank;
using Toolkit.Analysis.Spectra;
using Toolkit.Analysis.TraceHypothesis;

namespace Toolkit.Analysis.Notebook;

/// <summary>What <see cref="NotebookAnalysis"/> found.</summary>
/// <param name="Spectra">The spectrum of every matrix.</param>
/// <param name="LowRank">The network with embeddings of every rank.</param>
/// <param name="Trace">The trace hypothesis.</param>
public sealed record NotebookResult(IReadOnlyList<Spectrum> Spectra, LowRankResult LowRank, TraceResult Trace)
{
    /// <summary>
    /// All results, ready to be stored: <c>svd</c>, <c>spectra</c>, <c>low_rank</c>, <c>trace</c>, <c>trace_slice</c>.
    /// </summary>
    /// <returns>The outputs.</returns>
    public IReadOnlyList<AnalysisOutput> Outputs() =>
        [.. SpectraTables.OutputsOf(Spectra), LowRank.Output(), .. Trace.Outputs()];
}
