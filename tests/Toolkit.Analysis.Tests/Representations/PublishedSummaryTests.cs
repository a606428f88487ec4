using Toolkit.Analysis.Representations;
using Toolkit.Models.Groups;

namespace Toolkit.Analysis.Tests.Representations;

public sealed class PublishedSummaryTests
{
    private const string Cosine = "logit_sign_rep_trace_similarity";
    private const string Share = "percent_unembed_sign_rep";

    [Theory]
    [InlineData(Cosine, 0.5e-8, "agrees")]
    [InlineData(Cosine, 1.5e-8, "differs")]
    [InlineData(Share, 0.5e-8, "agrees")]
    [InlineData(Share, 1.5e-8, "differs")]
    public void Compare_lists_what_is_over_the_tolerance(string key, double difference, string verdict)
    {
        var compared = PublishedSummary.Compare(
            FiniteGroup.Parse("S3").Definition,
            new Dictionary<string, double>(StringComparer.Ordinal) { [key] = 1e-6 },
            new Dictionary<string, double>(StringComparer.Ordinal) { [key] = 1e-6 + difference });

        compared.Table.Values<string>("verdict").ToArray().ShouldBe([verdict]);
        PublishedSummary.Exceptions(compared).Count(line => line.StartsWith($"{key} differs: by ")).ShouldBe(
            verdict == "differs" ? 1 : 0);
    }

    [Theory]
    [InlineData(double.PositiveInfinity, 1, "differs")]
    [InlineData(double.NaN, 1, "differs")]
    [InlineData(1, double.NaN, "differs")]
    [InlineData(double.NaN, double.NaN, "agrees")]
    [InlineData(double.PositiveInfinity, double.PositiveInfinity, "agrees")]
    public void Numbers_that_are_not_finite_agree_with_themselves_alone(
        double published, double found, string verdict) =>
        PublishedSummary.Compare(
            FiniteGroup.Parse("S3").Definition,
            new Dictionary<string, double>(StringComparer.Ordinal) { ["test_loss"] = published },
            new Dictionary<string, double>(StringComparer.Ordinal) { ["test_loss"] = found })
            .Table.Values<string>("verdict").ToArray().ShouldBe([verdict]);
}
