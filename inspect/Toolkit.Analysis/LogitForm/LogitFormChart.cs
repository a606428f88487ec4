using Toolkit.Analysis.Charts;
using Toolkit.Analysis.Charts.Runs;

namespace Toolkit.Analysis.LogitForm;

/// <summary>
/// How much of the logits each irrep explains with all its matrix elements, and with its trace alone.
/// </summary>
internal sealed class LogitFormChart : IRunChart
{
    private const string Table = "logit_form";

    /// <summary>Irreps beyond which only those that explain most are shown.</summary>
    private const int MostShown = 24;

    /// <inheritdoc/>
    public string Name => "logit-form";

    /// <inheritdoc/>
    public string Title => "Form of the logits";

    /// <inheritdoc/>
    public ChartPage Page => ChartPage.Representations;

    /// <inheritdoc/>
    public int Order => 25;

    /// <inheritdoc/>
    public string? WhyNot(IRunData run) => run.Results.Contains(Table)
        ? null
        : "the form of the logits has not been fitted yet: `inspect group RUN` does, for networks on group composition.";

    /// <inheritdoc/>
    public IReadOnlyList<ChartOption> Options(IRunData run) => [];

    /// <inheritdoc/>
    public async Task<ChartSpec> DrawAsync(IRunData run, ChartChoices choices, CancellationToken cancellation)
    {
        var table = await run.ResultAsync(Table, cancellation);
        var names = table.Values<string?>("irrep").ToArray();
        double[] full = table.Numbers("explained_full"), trace = table.Numbers("explained_trace");
        int[] rows = [.. Enumerable.Range(0, names.Length).OrderByDescending(row => full[row]).Take(MostShown).Order()];
        return ChartSpec.Single(
            Title,
            ChartAxis.Named("irrep", [.. rows.Select(row => names[row] ?? "?")]),
            ChartAxis.Linear("share of the centred logits"),
            new BarMark { Name = "all matrix elements of ρ(a)ρ(b)ρ(c)⁻¹", Values = [.. rows.Select(row => full[row])] },
            new BarMark { Name = "its trace alone", Values = [.. rows.Select(row => trace[row])] }) with
        {
            Caption = "Where both bars agree, the network computes the trace and nothing else with this irrep."
                + (rows.Length < names.Length
                    ? $" The {rows.Length} irreps of {names.Length} that explain most."
                    : string.Empty),
            Provenance = run.Provenance("logits", run.SampleCount),
        };
    }
}
