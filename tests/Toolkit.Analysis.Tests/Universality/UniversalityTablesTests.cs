using Toolkit.Analysis.Universality;

namespace Toolkit.Analysis.Tests.Universality;

public sealed class UniversalityTablesTests
{
    [Fact]
    public void Outputs_give_the_median_beside_a_mean_that_one_run_dominates()
    {
        var tables =
            UniversalityTables.Outputs(
                [Run("S5", 1, 1e9), Run("S5", 2, 3), Run("S5", 3, 1), Run("C113", 1, 2)], []);

        var averages = tables[0].Table;
        averages.Values<string?>("group").ToArray().ShouldBe(["C113", "S5"]);
        averages.Values<double>("loss_ratio")[1].ShouldBe((1e9 + 4) / 3, 1);
        averages.Values<double>("loss_ratio_median")[1].ShouldBe(3);
        averages.Values<int>("runs")[1].ShouldBe(3);
    }

    [Fact]
    public void Outputs_list_groups_and_runs_in_the_order_of_the_paper_with_short_names_of_irreps()
    {
        var outputs = UniversalityTables.Outputs(
            [Run("A5", 1, 1), Run("S5", 1, 1), Run("D59", 1, 1), Run("C113", 2, 1)], []);
        var runs = outputs[1].Table;

        outputs[0].Table.Values<string?>("group").ToArray().ShouldBe(["C113", "D59", "S5", "A5"]);
        runs.Values<string?>("group").ToArray().ShouldBe(["C113", "D59", "S5", "A5"]);
        runs.Values<string?>("key_irreps")[0].ShouldBe("sign, 3, 5d-a");
    }

    [Theory]
    [InlineData("freq_12", "12")]
    [InlineData("s4_2d", "2d")]
    [InlineData("standard_sign", "standard-sign")]
    [InlineData("1d_r-_s+", "1d_r-_s+")]
    [InlineData("freq_1*freq_2", "freq_1*freq_2")]
    [InlineData("(3,2)", "(3,2)")]
    public void Outputs_shorten_the_names_of_irreps_that_the_paper_knows(string irrep, string expected) =>
        UniversalityTables.Outputs([Run("S5", 1, 1) with { KeyIrreps = [irrep] }], [])[1].Table
            .Values<string?>("key_irreps")[0].ShouldBe(expected);

    [Fact]
    public void Outputs_mark_published_definitions_and_never_average_them_with_correct_ones()
    {
        var outputs = UniversalityTables.Outputs(
            [Run("S5", 1, 10), Run("S5", 1, 30, isLegacy: true), Run("S5", 2, 50, isLegacy: true)], []);

        outputs[0].Table.Values<string?>("definitions").ToArray().ShouldBe(["legacy", "correct"]);
        outputs[0].Table.Values<double>("loss_ratio").ToArray().ShouldBe([40, 10]);
        outputs[1].Table.Values<string?>("definitions").ToArray().ShouldBe(["legacy", "legacy", "correct"]);
    }

    private static MeasuredRun Run(string group, long seed, double ratio, bool isLegacy = false) => new(
        $"{group}_{seed}",
        group,
        IsTransformer: false,
        seed,
        isLegacy,
        new Dictionary<string, double>(StringComparer.Ordinal) { ["test_loss_restricted_loss_ratio"] = ratio },
        ["sign", "freq_3", "s5_5d_a"]);
}
