using Toolkit.Analysis.Spectra;
using Toolkit.Formats.Tables;

namespace Toolkit.Analysis.WeightSpectra;

/// <summary>Weight spectra as tables.</summary>
public static class WeightSpectraTables
{
    /// <summary>
    /// One row per weight: shape, norms, ranks, power law, Marchenko–Pastur, and the same of the random control
    /// (<c>control_…</c>).
    /// </summary>
    /// <param name="spectra">The spectra.</param>
    /// <returns>The table.</returns>
    public static Table Summary(IReadOnlyList<WeightSpectrum> spectra)
    {
        ArgumentNullException.ThrowIfNull(spectra);
        return new Table(
            TableColumn.Create("name", Texts(static s => s.Name)),
            TableColumn.Create("shape", Texts(static s => s.Shape)),
            TableColumn.Create("unfolding", Texts(static s => s.Unfolding)),
            TableColumn.Create("rows", Counts(static s => s.Rows)),
            TableColumn.Create("columns", Counts(static s => s.Columns)),
            TableColumn.Create("mean", Numbers(static s => s.Mean)),
            TableColumn.Create("variance", Numbers(static s => s.Variance)),
            TableColumn.Create("frobenius_norm", Numbers(static s => s.Statistics.FrobeniusNorm)),
            TableColumn.Create("spectral_norm", Numbers(static s => s.Statistics.SpectralNorm)),
            TableColumn.Create("nuclear_norm", Numbers(static s => s.Statistics.NuclearNorm)),
            TableColumn.Create("stable_rank", Numbers(static s => s.Statistics.StableRank)),
            TableColumn.Create("effective_rank", Numbers(static s => s.Statistics.EffectiveRank)),
            TableColumn.Create("participation_ratio", Numbers(static s => s.Statistics.ParticipationRatio)),
            TableColumn.Create("condition_number", Numbers(static s => s.Statistics.ConditionNumber)),
            TableColumn.Create("numerical_rank", Counts(static s => s.Statistics.NumericalRank)),
            TableColumn.Create("alpha", Numbers(static s => s.Statistics.PowerLaw.Alpha)),
            TableColumn.Create("x_min", Numbers(static s => s.Statistics.PowerLaw.XMin)),
            TableColumn.Create("ks_distance", Numbers(static s => s.Statistics.PowerLaw.KolmogorovSmirnov)),
            TableColumn.Create("tail_count", Counts(static s => s.Statistics.PowerLaw.TailCount)),
            TableColumn.Create("p_value", Numbers(static s => s.Statistics.PowerLaw.PValue)),
            TableColumn.Create("mp_lower_edge", Numbers(static s => s.MarchenkoPastur.LowerEdge)),
            TableColumn.Create("mp_upper_edge", Numbers(static s => s.MarchenkoPastur.UpperEdge)),
            TableColumn.Create("spike_threshold", Numbers(static s => s.MarchenkoPastur.SpikeThreshold)),
            TableColumn.Create("spikes", Counts(static s => s.MarchenkoPastur.Spikes)),
            TableColumn.Create("control_frobenius_norm", Numbers(static s => s.Control.FrobeniusNorm)),
            TableColumn.Create("control_spectral_norm", Numbers(static s => s.Control.SpectralNorm)),
            TableColumn.Create("control_nuclear_norm", Numbers(static s => s.Control.NuclearNorm)),
            TableColumn.Create("control_stable_rank", Numbers(static s => s.Control.StableRank)),
            TableColumn.Create("control_effective_rank", Numbers(static s => s.Control.EffectiveRank)),
            TableColumn.Create("control_participation_ratio", Numbers(static s => s.Control.ParticipationRatio)),
            TableColumn.Create("control_condition_number", Numbers(static s => s.Control.ConditionNumber)),
            TableColumn.Create("control_numerical_rank", Counts(static s => s.Control.NumericalRank)),
            TableColumn.Create("control_alpha", Numbers(static s => s.Control.PowerLaw.Alpha)),
            TableColumn.Create("control_x_min", Numbers(static s => s.Control.PowerLaw.XMin)),
            TableColumn.Create("control_ks_distance", Numbers(static s => s.Control.PowerLaw.KolmogorovSmirnov)),
            TableColumn.Create("control_tail_count", Counts(static s => s.Control.PowerLaw.TailCount)),
            TableColumn.Create("control_p_value", Numbers(static s => s.Control.PowerLaw.PValue)),
            TableColumn.Create("control_spikes", Counts(static s => s.ControlSpikes)));

        string?[] Texts(Func<WeightSpectrum, string?> value) => [.. spectra.Select(value)];
        double[] Numbers(Func<WeightSpectrum, double> value) => [.. spectra.Select(value)];
        long[] Counts(Func<WeightSpectrum, int> value) => [.. spectra.Select(spectrum => (long)value(spectrum))];
    }

    /// <summary>
    /// One row per singular value: name, index from 0, value, and the value of the random control at the same index.
    /// </summary>
    /// <param name="spectra">The spectra.</param>
    /// <returns>The table.</returns>
    public static Table Values(IReadOnlyList<WeightSpectrum> spectra)
    {
        ArgumentNullException.ThrowIfNull(spectra);
        return new Table(
            TableColumn.Create("name", (string?[])[.. spectra.SelectMany(static s => s.Values.Select(_ => s.Name))]),
            TableColumn.Create(
                "index",
                (long[])[.. spectra.SelectMany(static s => s.Values.Select(static (_, index) => (long)index))]),
            TableColumn.Create("singular_value", (double[])[.. spectra.SelectMany(static s => s.Values)]),
            TableColumn.Create("control", (double[])[.. spectra.SelectMany(static s => s.ControlValues)]));
    }

    /// <summary>
    /// Weights and captured activations under the same columns: kind, name, rows, columns, norms and ranks; weights
    /// first.
    /// </summary>
    /// <param name="weights">The spectra of the weights.</param>
    /// <param name="activations">The spectra of the captured values.</param>
    /// <returns>The table.</returns>
    public static Table WithActivations(IReadOnlyList<WeightSpectrum> weights, IReadOnlyList<Spectrum> activations)
    {
        ArgumentNullException.ThrowIfNull(weights);
        ArgumentNullException.ThrowIfNull(activations);
        return new Table(
            TableColumn.Create(
                "kind",
                (string?[])[.. weights.Select(static _ => "weight"), .. activations.Select(static _ => "activation")]),
            TableColumn.Create(
                "name", (string?[])[.. weights.Select(static w => w.Name), .. activations.Select(static a => a.Name)]),
            TableColumn.Create(
                "rows",
                (long[])[.. weights.Select(static w => (long)w.Rows), .. activations.Select(static a => a.Rows)]),
            TableColumn.Create(
                "columns",
                (long[])[.. weights.Select(static w => (long)w.Columns), .. activations.Select(
                    static a => (long)a.Columns)]),
            Numbers("spectral_norm", static w => w.Statistics.SpectralNorm, static a => a.SpectralNorm),
            Numbers("frobenius_norm", static w => w.Statistics.FrobeniusNorm, static a => a.FrobeniusNorm),
            Numbers("stable_rank", static w => w.Statistics.StableRank, static a => a.StableRank),
            Numbers("effective_rank", static w => w.Statistics.EffectiveRank, static a => a.EffectiveRank),
            Numbers(
                "participation_ratio", static w => w.Statistics.ParticipationRatio, static a => a.ParticipationRatio));

        TableColumn Numbers(string name, Func<WeightSpectrum, double> ofWeight, Func<Spectrum, double> ofActivation) =>
            TableColumn.Create(name, (double[])[.. weights.Select(ofWeight), .. activations.Select(ofActivation)]);
    }
}
