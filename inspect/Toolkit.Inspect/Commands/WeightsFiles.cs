using Toolkit.Analysis.Charts;
using Toolkit.Analysis.Spectra;
using Toolkit.Analysis.WeightSpectra;
using Toolkit.Charts;
using Toolkit.CommandLine;
using Toolkit.Formats;
using Toolkit.Formats.Checkpoints;
using Toolkit.Formats.Tables;
using Toolkit.Inspect.Results;

namespace Toolkit.Inspect.Commands;

/// <summary>What <c>inspect weights --out</c> writes.</summary>
internal static class WeightsFiles
{
    public static void Write(
        string folder, Checkpoint checkpoint, List<WeightSpectrum> spectra, Terminal terminal, object result)
    {
        // A run directory keeps results and charts apart; any other folder takes them as they are.
        var isRun = File.Exists(Path.Combine(folder, "manifest.json"));
        var results = isRun ? Path.Combine(folder, "results") : folder;
        AtomicFile.WriteText(Path.Combine(results, "weights.json"), Terminal.ToJson(result) + "\n");
        if (spectra.Count == 0)
        {
            return;
        }

        ParquetTable.Write(Path.Combine(results, "weights.parquet"), WeightSpectraTables.Summary(spectra));
        ParquetTable.Write(Path.Combine(results, "weight_spectra.parquet"), WeightSpectraTables.Values(spectra));
        var charts = new List<(string Name, ChartSpec Chart)>
        {
            ("weight_spectra", WeightSpectraCharts.Spectra(spectra, checkpoint.Name)),
            ("weight_overview", WeightSpectraCharts.Overview(spectra, checkpoint.Name)),
        };
        var activations = isRun ? Activations(folder) : [];
        if (activations.Count > 0)
        {
            ParquetTable.Write(
                Path.Combine(results, "weights_and_activations.parquet"),
                WeightSpectraTables.WithActivations(spectra, activations));
            charts.Add((
                "weights_and_activations", WeightSpectraCharts.WithActivations(spectra, activations, checkpoint.Name)));
        }

        foreach (var (name, chart) in charts)
        {
            var stem = Path.Combine(folder, "charts", name);
            AtomicFile.Write(stem + ".json", stream => stream.Write(ChartJson.Write(chart)));
            AtomicFile.Write(stem + ".png", stream => stream.Write(ChartRenderer.Png(chart)));
        }

        terminal.Log(
            $"Wrote weights.parquet, weight_spectra.parquet, weights.json to {results} and {charts.Count} charts to "
                + $"{Path.Combine(folder, "charts")}.");
    }

    /// <summary>What <c>inspect svd RUN</c> found about the run's activations.</summary>
    private static List<Spectrum> Activations(string run)
    {
        var store = ResultStore.OfRun(run);
        return store.TryRead(SpectraTables.Values) is { } values
            && store.TryRead(SpectraTables.Summaries) is { } summaries
            ? [.. SpectraTables.Read(values, summaries)
                .Where(static spectrum => spectrum.Kind == MatrixKind.Activation)]
            : [];
    }
}
