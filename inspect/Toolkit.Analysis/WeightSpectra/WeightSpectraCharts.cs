using System.Globalization;
using Toolkit.Analysis.Charts;
using Toolkit.Analysis.Spectra;

namespace Toolkit.Analysis.WeightSpectra;

/// <summary>Pictures of weight spectra.</summary>
public static class WeightSpectraCharts
{
    private const int MaximumPanels = 24;
    private const int PanelColumns = 3;
    private const int MaximumLines = 8;

    /// <summary>
    /// The singular values of each weight on a logarithmic scale, beside those of the random control and the spike
    /// threshold.
    /// </summary>
    /// <param name="spectra">The spectra; at most 24, the ones with the most values, are drawn.</param>
    /// <param name="source">The file they come from.</param>
    /// <returns>The chart.</returns>
    public static ChartSpec Spectra(IReadOnlyList<WeightSpectrum> spectra, string source)
    {
        ArgumentNullException.ThrowIfNull(spectra);
        var drawn = spectra
            .OrderByDescending(static s => s.Values.Length)
            .Take(MaximumPanels)
            .Select(static s => s.Name)
            .ToHashSet(StringComparer.Ordinal);
        return new ChartSpec
        {
            Title = $"Singular values of the weights of {source}",
            Caption =
                "Solid: the weight. Dashed: a normal random matrix of the same shape and variance. The line is the "
                    + "size that such a matrix stays "
                    + "below in 99 of 100 cases; what lies above it was learnt."
                    + (spectra.Count > MaximumPanels
                        ? string.Create(
                            CultureInfo.InvariantCulture, $" The {MaximumPanels} largest of {spectra.Count} are shown.")
                        : string.Empty),
            Columns = PanelColumns,
            Panels = [.. spectra.Where(spectrum => drawn.Contains(spectrum.Name)).Select(Panel)],
        };
    }

    /// <summary>Power-law exponent and ranks of every weight, in the order of the network.</summary>
    /// <param name="spectra">The spectra.</param>
    /// <param name="source">The file they come from.</param>
    /// <returns>The chart.</returns>
    public static ChartSpec Overview(IReadOnlyList<WeightSpectrum> spectra, string source)
    {
        ArgumentNullException.ThrowIfNull(spectra);
        double[] index = [.. Enumerable.Range(0, spectra.Count).Select(static i => (double)i)];
        return new ChartSpec
        {
            Title = $"Weights of {source} by layer",
            Caption =
                "Top: exponent of the power law fitted to the squared singular values (Clauset, Shalizi, Newman). "
                    + "Bottom: stable rank and effective rank "
                    + "as shares of the largest rank that the shape allows. Dashed: the same of a normal random "
                    + "matrix of the same shape and variance.",
            Panels =
            [
                new ChartPanel
                {
                    X = ChartAxis.Linear("weight, in the order of the file"),
                    Y = ChartAxis.Linear("power-law exponent α"),
                    Marks = Beside("α", static statistics => statistics.PowerLaw.Alpha),
                },
                new ChartPanel
                {
                    X = ChartAxis.Linear("weight, in the order of the file"),
                    Y = ChartAxis.Linear("rank / largest possible rank"),
                    Marks =
                    [
                        .. Beside("stable rank", static statistics => statistics.StableRank, asShare: true),
                        .. Beside("effective rank", static statistics => statistics.EffectiveRank, asShare: true),
                    ],
                },
            ],
        };

        IReadOnlyList<ChartMark> Beside(
            string name, Func<SpectrumStatistics, double> statistic, bool asShare = false) =>
        [
            new LineMark
            {
                Name = $"{name}, random", X = index, Y = [.. spectra.Select(s => statistic(
                    s.Control) / (asShare ? s.Values.Length : 1))], ShowPoints = true, Style = LineStyle.Dashed,
            },
            new LineMark
            {
                Name = name,
                X = index,
                Y = [.. spectra.Select(s => statistic(s.Statistics) / (asShare ? s.Values.Length : 1))],
                ShowPoints = true,
            },
        ];
    }

    /// <summary>
    /// Shares of the norm by rank: every weight on the left, every captured activation on the right, on the same axes.
    /// </summary>
    /// <param name="weights">The spectra of the weights.</param>
    /// <param name="activations">The spectra of the captured values.</param>
    /// <param name="source">The file that the weights come from.</param>
    /// <returns>The chart.</returns>
    public static ChartSpec WithActivations(
        IReadOnlyList<WeightSpectrum> weights, IReadOnlyList<Spectrum> activations, string source)
    {
        ArgumentNullException.ThrowIfNull(weights);
        ArgumentNullException.ThrowIfNull(activations);
        return new ChartSpec
        {
            Title = $"Spectra of the weights of {source} and of its activations",
            Caption = string.Create(
                CultureInfo.InvariantCulture,
                $"Singular values divided by the largest, against the index divided by their number; the "
                    + $"{Math.Min(MaximumLines, weights.Count)} largest weights, the "
                    + $"{Math.Min(MaximumLines, activations.Count)} widest activations."),
            Columns = 2,
            SharedScale = true,
            Panels =
            [
                Relative("weights", weights
                    .OrderByDescending(static w => w.Values.Length)
                    .Select(static w => (w.Name, w.Values))),
                Relative("activations", activations
                    .OrderByDescending(static a => a.Values.Length)
                    .Select(static a => (a.Name, a.Values))),
            ],
        };
    }

    private static ChartPanel Relative(string title, IEnumerable<(string Name, double[] Values)> spectra) => new()
    {
        Title = title,
        X = ChartAxis.Linear("index / number of singular values"),
        Y = ChartAxis.Log("singular value / largest"),
        Marks =
        [
            .. spectra
                .Where(static spectrum => spectrum.Values.Length > 0 && spectrum.Values[0] > 0)
                .Take(MaximumLines)
                .Select(static spectrum => new LineMark
                {
                    Name = spectrum.Name,
                    X = [.. Enumerable.Range(1, spectrum.Values.Length)
                        .Select(i => (double)i / spectrum.Values.Length)],
                    Y = OnLogScale(Array.ConvertAll(spectrum.Values, value => value / spectrum.Values[0])),
                }),
        ],
    };

    private static ChartPanel Panel(WeightSpectrum spectrum)
    {
        double[] index = [.. Enumerable.Range(1, spectrum.Values.Length).Select(static i => (double)i)];
        return new ChartPanel
        {
            Title = spectrum.Name,
            X = ChartAxis.Linear("index"),
            Y = ChartAxis.Log("singular value"),
            Marks =
            [
                new LineMark
                {
                    Name = "random control",
                    X = index,
                    Y = OnLogScale(spectrum.ControlValues),
                    Style = LineStyle.Dashed,
                },
                new LineMark { Name = "weight", X = index, Y = OnLogScale(spectrum.Values) },
                new RuleMark { Name = "spike threshold", At = spectrum.MarchenkoPastur.SpikeThreshold },
            ],
        };
    }

    // Zero has no place on a logarithmic axis: a gap.
    private static double[] OnLogScale(double[] values) =>
        Array.ConvertAll(values, static value => value > 0 ? value : double.NaN);
}
