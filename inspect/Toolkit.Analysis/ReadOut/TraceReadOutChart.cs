using Toolkit.Analysis.Charts;
using Toolkit.Analysis.Charts.Runs;
using Toolkit.Analysis.Charts.Runs.Representations;

namespace Toolkit.Analysis.ReadOut;

/// <summary>
/// What W_U reads off the part of the hidden layer that depends on ab, and how much of it is the trace.
/// </summary>
internal sealed class TraceReadOutChart : IRunChart
{
    private const string Table = "trace_read_out";

    /// <inheritdoc/>
    public string Name => "trace-read-out";

    /// <inheritdoc/>
    public string Title => "Read-out of ρ(ab)";

    /// <inheritdoc/>
    public ChartPage Page => ChartPage.Representations;

    /// <inheritdoc/>
    public int Order => 24;

    /// <inheritdoc/>
    public string? WhyNot(IRunData run) => run.Results.Contains(Table)
        ? null
        : "the read-out has not been measured yet: `inspect group RUN` does, for networks on group composition.";

    /// <inheritdoc/>
    public IReadOnlyList<ChartOption> Options(IRunData run) => [];

    /// <inheritdoc/>
    public async Task<ChartSpec> DrawAsync(IRunData run, ChartChoices choices, CancellationToken cancellation)
    {
        var table = await run.ResultAsync(Table, cancellation);
        var names = table.Values<string?>("irrep").ToArray();
        double[] energy = table.Numbers("read_out_energy"), trace = table.Numbers("trace_explained");
        var whole = energy.Sum();
        var rows = ShownIrreps.Of(names.Length, row => energy[row]);
        BarMark Bars(string name, Func<int, double> value) => new()
        {
            Name = name,
            Values = [.. rows.Select(row => whole > 0 ? value(row) / whole : double.NaN)],
        };
        return ChartSpec.Single(
            Title,
            ChartAxis.Named("irrep", [.. rows.Select(row => names[row] ?? "?")]),
            ChartAxis.Linear("share of what W_U reads off ρ(ab)"),
            Bars("all of it", row => energy[row]),
            Bars("as the trace of ρ(ab)ρ(c⁻¹)", row => energy[row] * trace[row])) with
        {
            Caption =
                "The part of the hidden layer that depends on ab alone, in the basis of the entries of ρ(ab), "
                    + "times W_U. "
                    + "Where both bars agree, the logits read the trace off this irrep and nothing else."
                    + (rows.Length < names.Length
                        ? $" The {rows.Length} irreps of {names.Length} that are read most."
                        : string.Empty),
            Provenance = run.Provenance("hidden", run.SampleCount),
        };
    }
}
