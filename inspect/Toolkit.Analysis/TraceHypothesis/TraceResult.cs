using Toolkit.Analysis.LinearAlgebra;
using Toolkit.Formats.Tables;

namespace Toolkit.Analysis.TraceHypothesis;

/// <summary>What the trace hypothesis is worth for one network.</summary>
/// <param name="Function">The function compared: <c>natural(S4)</c>.</param>
/// <param name="Comparisons">All comparisons; the first of space <see cref="TraceSpaces.Centred"/> is the one to
/// read.</param>
/// <param name="FittedLoss">The mean loss in nat, over all pairs, of a network whose logits are the fitted trace:
/// <c>log Σ_g exp(a(χ(g) − χ(e)))</c>.</param>
/// <param name="Slice">The centred logits of answer e for all pairs, [x, y].</param>
/// <param name="PredictedSlice">The fitted trace there: a·(χ(xy) − mean χ).</param>
public sealed record TraceResult(
    string Function,
    IReadOnlyList<TraceComparison> Comparisons,
    double FittedLoss,
    HostMatrix Slice,
    HostMatrix PredictedSlice)
{
    /// <summary>The name of the table of comparisons.</summary>
    public const string Name = "trace";

    /// <summary>The name of the table with the logits of answer e.</summary>
    public const string SliceName = "trace_slice";

    /// <summary>The name of the class function of xyz⁻¹ that explains most: a ceiling for any trace.</summary>
    public const string BestClassFunction = "best class function";

    /// <summary>The name of the function of xyz⁻¹ that explains most: a ceiling for any class function.</summary>
    public const string BestFunction = "best function of xyz^-1";

    /// <summary>The comparison to read: centred over z.</summary>
    public TraceComparison Centred => Comparisons.First(comparison => comparison.Space == TraceSpaces.Centred);

    /// <summary>Both tables, ready to be stored.</summary>
    /// <returns>The outputs <c>trace</c> and <c>trace_slice</c> (a, b, logit, predicted, residual; row-major
    /// pairs).</returns>
    public IReadOnlyList<AnalysisOutput> Outputs()
    {
        var summary = new TraceSummary(
            "Cosine similarity of the logits with T(x, y, z) = tr(rho(x) rho(y) rho(z^-1)) over all n^3 entries, and "
                + "the share of variance "
            + "that the best multiple of T explains (cosine^2). Centred means: minus the mean over the answers z, "
            + "for every pair. "
            + "'logits_centred_wrong_axis' repeats `logits - logits.mean(-1)` without keepdim, which subtracts the "
            + "mean of pair (y, z) "
            + "from entry (x, y, z); it is kept only to compare with.",
            Function,
            Centred.Cosine,
            Centred.VarianceExplained,
            FittedLoss,
            Comparisons);
        return [new(Name, Table(), summary), new(SliceName, SliceTable(), summary)];
    }

    private Table Table() => new(
        TableColumn.Create("function", Comparisons.Select(c => (string?)c.Function).ToArray()),
        TableColumn.Create("space", Comparisons.Select(c => (string?)c.Space).ToArray()),
        TableColumn.Create("cosine", Comparisons.Select(c => c.Cosine).ToArray()),
        TableColumn.Create("variance_explained", Comparisons.Select(c => c.VarianceExplained).ToArray()),
        TableColumn.Create("scale", Comparisons.Select(c => c.Scale).ToArray()));

    private Table SliceTable() => new(
        TableColumn.Create(
            "a", Enumerable.Range(0, Slice.Values.Length).Select(pair => pair / Slice.Columns).ToArray()),
        TableColumn.Create(
            "b", Enumerable.Range(0, Slice.Values.Length).Select(pair => pair % Slice.Columns).ToArray()),
        TableColumn.Create("logit", Array.ConvertAll(Slice.Values, value => (float)value)),
        TableColumn.Create("predicted", Array.ConvertAll(PredictedSlice.Values, value => (float)value)),
        TableColumn.Create(
            "residual",
            Slice.Values.Zip(PredictedSlice.Values, (logit, predicted) => (float)(logit - predicted)).ToArray()));
}

/// <summary>The JSON form of a <see cref="TraceResult"/>.</summary>
/// <param name="Method">How the numbers were computed, and which of them to read.</param>
/// <param name="Function">The function compared.</param>
/// <param name="Cosine">The cosine similarity of centred logits and centred trace.</param>
/// <param name="VarianceExplained">Its square.</param>
/// <param name="FittedLoss">The mean loss of a network whose logits are the fitted trace, in nat.</param>
/// <param name="Comparisons">All comparisons.</param>
public sealed record TraceSummary(
    string Method,
    string Function,
    double Cosine,
    double VarianceExplained,
    double FittedLoss,
    IReadOnlyList<TraceComparison> Comparisons);
