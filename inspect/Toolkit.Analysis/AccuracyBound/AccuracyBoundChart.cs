using Toolkit.Analysis.Charts;
using Toolkit.Analysis.Charts.Runs;

namespace Toolkit.Analysis.AccuracyBound;

/// <summary>What share of the pairs is right, and what share is proved right.</summary>
internal sealed class AccuracyBoundChart : IRunChart
{
    private const string Table = "accuracy_bound";

    /// <inheritdoc/>
    public string Name => "accuracy-bound";

    /// <inheritdoc/>
    public string Title => "Certified accuracy";

    /// <inheritdoc/>
    public ChartPage Page => ChartPage.Representations;

    /// <inheritdoc/>
    public int Order => 42;

    /// <inheritdoc/>
    public string? WhyNot(IRunData run) => run.Results.Contains(Table)
        ? null
        : "no accuracy has been certified yet: `inspect group RUN` does, for one-layer networks on group composition.";

    /// <inheritdoc/>
    public IReadOnlyList<ChartOption> Options(IRunData run) => [];

    /// <inheritdoc/>
    public async Task<ChartSpec> DrawAsync(IRunData run, ChartChoices choices, CancellationToken cancellation)
    {
        var table = await run.ResultAsync(Table, cancellation);
        string?[] methods = [.. table.Values<string?>("method")], failures = [.. table.Values<string?>("failed_check")];
        var failed = string.Join(" ", methods
            .Zip(failures)
            .Where(row => row.Second is not null)
            .Select(row => $"Failed check, {row.First}: {row.Second}."));
        return ChartSpec.Single(
            Title,
            ChartAxis.Named("method", [.. methods.Select(method => method ?? "?")]),
            ChartAxis.Linear("share of the pairs") with { Minimum = 0, Maximum = 1.05 },
            new BarMark { Name = "accuracy", Values = table.Numbers("accuracy") }) with
        {
            Caption =
                "Brute force: pairs answered rightly. The others: pairs that the explanation proves right; no bound "
                    + "exceeds the accuracy. "
                    + failed,
            Provenance = run.Provenance("logits", run.SampleCount),
        };
    }
}
