using Toolkit.Analysis.Charts;
using Toolkit.Analysis.Charts.Runs;

namespace Toolkit.Analysis.TraceHypothesis;

/// <summary>Cosine similarity of logits and trace, in every space.</summary>
internal sealed class TraceChart : IRunChart
{
    /// <inheritdoc/>
    public string Name => "trace-similarity";

    /// <inheritdoc/>
    public string Title => "Trace hypothesis: similarity";

    /// <inheritdoc/>
    public ChartPage Page => ChartPage.Representations;

    /// <inheritdoc/>
    public int Order => 10;

    /// <inheritdoc/>
    public string? WhyNot(IRunData run) => run.Results.Contains(TraceResult.Name)
        ? null
        : "the trace hypothesis has not been tested yet: `inspect notebook RUN` does, for networks on group "
            + "composition.";

    /// <inheritdoc/>
    public IReadOnlyList<ChartOption> Options(IRunData run) => [];

    /// <inheritdoc/>
    public async Task<ChartSpec> DrawAsync(IRunData run, ChartChoices choices, CancellationToken cancellation)
    {
        var table = await run.ResultAsync(TraceResult.Name, cancellation);
        var functions = table.Values<string?>("function").ToArray();
        var spaces = table.Values<string?>("space").ToArray();
        return new ChartSpec
        {
            Title = "Logits against the trace tr(ρ(x)ρ(y)ρ(z⁻¹))",
            Caption =
                "Read 'centred': minus the mean over the answers z, which softmax does not see. 'Wrong axis' repeats "
                    + "logits - logits.mean(-1) without keepdim, only to compare with. 'Ceiling': what the best "
                    + "function of that kind explains.",
            Provenance = new ChartProvenance
            {
                Run = run.Name,
                ModelSha256 = run.ModelSha256,
                Tensor = "logits",
                Count = run.SampleCount,
            },
            Panels =
            [
                new ChartPanel
                {
                    X = ChartAxis.Named("compared", [.. functions.Zip(spaces, LabelOf)]),
                    Y = ChartAxis.Linear("share") with { Maximum = 1.03 },
                    Marks =
                    [
                        new BarMark { Name = "cosine similarity", Values = table.Numbers("cosine") },
                        new BarMark { Name = "variance explained", Values = table.Numbers("variance_explained") },
                    ],
                },
            ],
        };
    }

    private static string LabelOf(string? function, string? space) => space switch
    {
        TraceSpaces.Centred when function == TraceResult.BestClassFunction => "ceiling: χ(xyz⁻¹)",
        TraceSpaces.Centred when function == TraceResult.BestFunction => "ceiling: f(xyz⁻¹)",
        TraceSpaces.Logits => "as they are",
        TraceSpaces.Centred => "centred",
        TraceSpaces.Probabilities => "softmax",
        TraceSpaces.FittedProbabilities => "softmax, fitted",
        TraceSpaces.NotebookCentred => "wrong axis",
        _ => $"{function}: {space}",
    };
}
