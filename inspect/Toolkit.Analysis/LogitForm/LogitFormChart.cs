using Toolkit.Analysis.Charts;
using Toolkit.Analysis.Charts.Runs;
using Toolkit.Analysis.Charts.Runs.Representations;

namespace Toolkit.Analysis.LogitForm;

/// <summary>
/// How much of the logits each irrep explains with all its matrix elements, with its trace alone, and as any
/// bi-equivariant function.
/// </summary>
internal sealed class LogitFormChart : IRunChart
{
    private const string Table = "logit_form";

    private const string BiEquivariant = "explained_bi_equivariant";

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
        var rows = ShownIrreps.Of(names.Length, row => full[row]);
        BarMark Bars(string name, double[] values) => new()
        {
            Name = name,
            Values = [.. rows.Select(row => values[row])],
        };
        List<BarMark> marks =
        [
            Bars("all matrix elements of ρ(a)ρ(b)ρ(c)⁻¹", full),
            Bars("its trace alone", trace),
        ];
        // Tables of earlier versions lack it.
        if (table.Contains(BiEquivariant))
        {
            marks.Add(Bars("all matrix elements of ρ(a⁻¹cb⁻¹)", table.Numbers(BiEquivariant)));
        }

        return ChartSpec.Single(
            Title,
            ChartAxis.Named("irrep", [.. rows.Select(row => names[row] ?? "?")]),
            ChartAxis.Linear("share of the centred logits"),
            [.. marks]) with
        {
            Caption = "Where all bars agree, the network computes the trace and nothing else with this irrep."
                + (rows.Length < names.Length
                    ? $" The {rows.Length} irreps of {names.Length} that explain most."
                    : string.Empty),
            Provenance = run.Provenance("logits", run.SampleCount),
        };
    }
}
