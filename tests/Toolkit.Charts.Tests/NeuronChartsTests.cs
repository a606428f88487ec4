using Toolkit.Analysis.Charts;
using Toolkit.Analysis.Charts.Runs;
using Toolkit.Analysis.LinearAlgebra;
using Toolkit.Analysis.NeuronSpectra;
using Toolkit.Analysis.ReadOut;
using Toolkit.Analysis.Representations;
using Toolkit.Formats;
using Toolkit.Formats.Tables;
using Toolkit.Models.Groups;
using Toolkit.Models.Representations;

namespace Toolkit.Charts.Tests;

/// <summary>Charts of neurons made of matrix elements, for which Schur's orthogonality gives every number.</summary>
public sealed class NeuronChartsTests
{
    /// <summary>float32 activations, sums over 24 elements.</summary>
    private const double Tolerance = 1e-6;

    private static readonly RunCharts Charts = new();
    private static readonly IrrepTable Irreps = IrrepTable.Of(FiniteGroup.Parse("S4"));
    private static readonly Irrep Standard = Irreps.Find("standard");

    [Theory]
    [InlineData(1, 1, 1, 1)]
    [InlineData(1, 1, -1, 1.0 / 9)]
    [InlineData(1, -1, 0, 0)]
    public async Task Trace_read_out_shows_what_is_read_and_the_share_of_the_trace(
        double first, double second, double third, double trace)
    {
        // Neurons ρ(ab)_ij, W_U = (Qρ(c))_ij: of it, tr(Q)²/(d·‖Q‖²) is along ρ(c).
        double[] q = [first, second, third];
        var (n, d) = (Irreps.Group.Order, Standard.Dimension);
        var unembed = new HostMatrix(d * d, n, [.. Enumerable.Range(0, d * d * n)
            .Select(k => 5 * q[k / n / d] * Standard.Matrix(k % n)[k / n])]);
        using var moments = new GroupNetworkMoments(Irreps.Group, d * d, 0, hasResidual: false);
        for (var x = 0; x < n; x++)
        {
            moments.Add([.. Enumerable.Range(0, n).SelectMany(y =>
                Standard.Matrix(Irreps.Group.Multiply(x, y)).ToArray()).Select(value => (float)value)]);
        }

        var read = TraceReadOut.Measure(Irreps, new GroupNetworkWeights(unembed, unembed, unembed), moments);
        var spec = await Draw(Run(read.Name, read.Table), "trace-read-out");

        var place = spec.Panels[0].X.Categories!.ToList().IndexOf("standard");
        var bars = spec.Panels[0].Marks.Cast<BarMark>().ToList();
        bars[0].Values[place].ShouldBe(1, Tolerance);
        bars[1].Values[place].ShouldBe(trace, Tolerance);
        bars[0].Values.Sum().ShouldBe(1, Tolerance);
    }

    [Fact]
    public async Task Neuron_spectra_show_power_by_irrep_and_the_rank_of_each_neuron()
    {
        var spec = await Draw(Neurons(), "neuron-spectra");

        // ‖bᵀρ(x)a‖² = 24/3·‖a‖²‖b‖² = 8, ‖χ‖² = 24, ‖sign‖² = 24.
        var left = (BarMark)spec.Panels[0].Marks[0];
        double Share(string irrep) => left.Values[spec.Panels[0].X.Categories!.ToList().IndexOf(irrep)];
        Share("standard").ShouldBe(32.0 / 56, Tolerance);
        Share("sign").ShouldBe(24.0 / 56, Tolerance);
        Share("trivial").ShouldBe(0, Tolerance);
        var points = (PointMark)spec.Panels[1].Marks[0];
        points.Categories.ShouldBe(["standard", "standard", "sign"]);
        points.X.ShouldAllBe(purity => Math.Abs(purity - 1) < Tolerance);
        double[] rankOne = [1, 1.0 / 3, 1];
        for (var i = 0; i < rankOne.Length; i++)
        {
            points.Y[i].ShouldBe(rankOne[i], Tolerance);
        }
    }

    [Fact]
    public async Task Neuron_spectra_of_one_neuron_say_which_irrep_it_belongs_to()
    {
        var spec = await Draw(Neurons(), "neuron-spectra", ("neuron", "2"));

        spec.Title.ShouldBe("Power spectrum of neuron 2");
        spec.Caption.ShouldContain("It belongs to sign; squared norm 24, rank-one share 100 % (left).");
        var panel = spec.Panels.ShouldHaveSingleItem();
        ((BarMark)panel.Marks[0]).Values.Select(value => Math.Round(value, 6)).ShouldBe(
            panel.X.Categories!.Select(irrep => irrep == "sign" ? 1.0 : 0));
    }

    [Fact]
    public async Task Neuron_spectra_refuse_a_neuron_that_there_is_not() =>
        (await Should.ThrowAsync<BadInputException>(() => Draw(Neurons(), "neuron-spectra", ("neuron", "3"))))
            .Message.ShouldContain("neuron is '3'; it is an integer from -1 to 2");

    /// <summary>A matrix element, the character and the sign, as functions of either element.</summary>
    private static FakeRun Neurons()
    {
        var (n, sign) = (Irreps.Group.Order, Irreps.Find("sign"));
        var functions = new HostMatrix(n, 3, [.. Enumerable.Range(0, n).SelectMany(g => new[]
        {
            Standard.Matrix(g)[1], Standard.Character(g), sign.Character(g),
        })]);
        var outputs = NeuronSpectra.Outputs(Irreps, NeuronSpectra.Measure(Irreps, functions, functions));
        return Run([.. outputs.Select(output => (output.Name, output.Table))]);
    }

    private static FakeRun Run(string name, Table table) => Run((name, table));

    private static FakeRun Run(params (string Name, Table Table)[] tables) => new()
    {
        Name = "run",
        SampleCount = 576,
        Activations = [new("hidden", "float32", [3], "hidden")],
        Tables = tables.ToDictionary(item => item.Name, item => item.Table, StringComparer.Ordinal),
    };

    private static async Task<ChartSpec> Draw(FakeRun run, string chart, params (string Name, string Value)[] choices)
    {
        var spec = await Charts.DrawAsync(
            run,
            new ChartRequest(chart, choices.ToDictionary(item => item.Name, item => item.Value)),
            TestContext.Current.CancellationToken);
        ChartFaults.Find(spec).ShouldBeEmpty();
        ChartRenderer.Png(spec).Length.ShouldBeGreaterThan(2000);
        return spec;
    }
}
