using Toolkit.Capture.Inputs;
using Toolkit.Formats;
using Toolkit.Formats.Runs;
using Toolkit.Formats.Tables;
using Toolkit.Formats.Tensors;
using Toolkit.Runtime;
using static Toolkit.Testing.SomeModel;

namespace Toolkit.Capture.Tests.Inputs;

/// <summary>Samples lie along the axis that the model counts them with, be it the first or not.</summary>
public sealed class SampleAxesTests
{
    private const int Samples = 11;
    private const int Steps = 3;
    private const int Width = 2;
    private static readonly HostTensor Sequence = CaptureFixture.Normals(Steps, Samples, Width);
    private static readonly HostTensor State = CaptureFixture.Normals(1, Samples, Width);

    [Theory]
    [InlineData("x:batch,3", "0")]
    [InlineData("x:N,3", "0")]
    [InlineData("x:?,3", "0")]
    [InlineData("x:1,3,H,W", "-")]
    [InlineData("x:seq,batch,8", "1")]
    [InlineData("x:9,batch_size,8", "1")]
    [InlineData("x:batch,seq h:2,batch,8", "0 1")]
    [InlineData("x:N,T h:1,N,8", "0 1")]
    [InlineData("ids:batch,seq past:2,batch,12,past,64 mask:batch,total", "0 1 0")]
    [InlineData("x:seq,batch,8 positions:seq", "1 -")]
    [InlineData("a:batch_a,3 b:batch_b,3", "0 0")]
    [InlineData("x:batch,3 scale:1 bias:", "0 - -")]
    [InlineData("q:L,B,8 k:M,B,8", "0 0")]
    public void The_axis_of_samples_follows_from_the_symbols(string inputs, string expected)
    {
        var axes = Axes(inputs);
        string.Join(' ', Names(inputs).Select(name => axes[name]?.ToString() ?? "-")).ShouldBe(expected);
    }

    [Fact]
    public void What_is_said_wins_and_must_fit()
    {
        var said = Axes("q:L,B,8 k:M,B,8", ("q", 1), ("k", -2));
        (said["q"], said["k"]).ShouldBe((1, 1));
        Refused("z", 0).ShouldBe("--sample-axis z=0: the model has no such input. Nearest: 'q'. It has: 'q', 'k'.");
        Refused("q", 3).ShouldContain("--sample-axis q=3: the input is [L, B, 8]; an axis without a fixed extent");
        Refused("q", 2).ShouldContain("or one of extent 1.");
        Refused("q", -4).ShouldContain("--sample-axis q=-4");

        static string Refused(string input, int axis) => Should.Throw<BadInputException>(
            () => Axes("q:L,B,8 k:M,B,8", (input, axis))).Message;
    }

    [Fact]
    public void Sequences_that_come_first_and_states_are_cut_by_samples()
    {
        using var fixture = Fixture("x:seq,batch,2", "h:1,batch,2");
        ShouldBeTheSums(fixture.Capture("run", o => o with { Batch = 4 }));
        ShouldBeTheSums(fixture.Capture("one", o => o with { Batch = 1 }));
    }

    [Fact]
    public void Without_a_name_for_the_batch_the_axis_is_said()
    {
        using var fixture = new CaptureFixture(
            Of(Graph(["x:L,B,2", "h:M,B,2"], ["y", "z"], Node("Neg", "x", "y"), Node("Neg", "h", "z"))),
            ("x", Sequence),
            ("h", State));
        Should.Throw<BadInputException>(() => fixture.Capture("no")).Message.ShouldEndWith(
            "Where another axis counts them, say so: --sample-axis input=axis.");
        var said = new Dictionary<string, int> { ["x"] = 1, ["h"] = 1 };
        var run = fixture.Capture("run", o => Said(fixture, o, said) with { Batch = 4 });
        run.Find("y").SampleShape.ShouldBe([Steps, Width]);
        var z = run.Read(run.Find("z"));
        z.Shape.ToString().ShouldBe($"[{Samples}, 1, {Width}]");
        z.AsSpan<float>().ToArray().ShouldBe(State.AsSpan<float>().ToArray().Select(static v => -v));
    }

    [Fact]
    public void A_shape_that_holds_one_sample_along_an_inner_axis_takes_one_at_a_time()
    {
        using var fixture = Fixture("x:3,1,2", "h:1,1,2");
        var said = new Dictionary<string, int> { ["x"] = 1, ["h"] = 1 };
        ShouldBeTheSums(fixture.Capture("run", o => Said(fixture, o, said)));
    }

    [Fact]
    public void Lists_of_a_parquet_file_fold_into_the_other_axes()
    {
        using var fixture = Fixture("x:seq,batch,2", "h:1,batch,2");
        ParquetTable.Write(fixture["x.parquet"], new Table(
            TableColumn.Create("x", Lists(Sequence, Steps)), TableColumn.Create("h", Lists(State, 1))));
        ShouldBeTheSums(fixture.Capture("run", o => o with
        {
            Batch = 4,
            Inputs = inputs => InputSources.Open(new() { Source = fixture["x.parquet"] }, inputs),
        }));
    }

    [Fact]
    public void Random_samples_are_the_same_in_every_batch_along_every_axis()
    {
        using var fixture = Fixture("x:seq,batch,2", "h:1,batch,2");
        CaptureOptions Random(CaptureOptions options, int batch) => options with
        {
            Batch = batch,
            Inputs = inputs => InputSources.Open(
                new() { Source = "random:5:11", Dimensions = new Dictionary<string, long> { ["seq"] = 3 } }, inputs),
        };
        var (four, two) = (
            fixture.Capture("four", o => Random(o, 4)), fixture.Capture("two", o => Random(o, 2)));
        var tensor = four.Find("y");
        tensor.BatchAxis.ShouldBe(1);
        tensor.SampleShape.ShouldBe([Steps, Width]);
        var values = four.Read(tensor).AsSpan<float>().ToArray();
        values.Distinct().Count().ShouldBe(Samples * Steps * Width);
        two.Read(two.Find("y")).AsSpan<float>().ToArray().ShouldBe(values);
    }

    private static CaptureFixture Fixture(string x, string h) => new(
        Of(Graph([x, h], ["y"], Node("Add", "x h", "y"))), ("x", Sequence), ("h", State));

    private static CaptureOptions Said(
        CaptureFixture fixture, CaptureOptions options, Dictionary<string, int> axes) => options with
    {
        SampleAxes = axes,
        Inputs = inputs => InputSources.Open(new() { Source = fixture.InputsPath, SampleAxes = axes }, inputs),
    };

    /// <summary>Sample by sample, step by step: what the sum of sequence and state is.</summary>
    private static void ShouldBeTheSums(RunReader run)
    {
        run.Manifest.Plan.Samples.ShouldBe(Samples);
        var (x, h) = (Sequence.AsSpan<float>().ToArray(), State.AsSpan<float>().ToArray());
        var expected =
            from sample in Enumerable.Range(0, Samples)
            from step in Enumerable.Range(0, Steps)
            from feature in Enumerable.Range(0, Width)
            select x[(((step * Samples) + sample) * Width) + feature] + h[(sample * Width) + feature];
        run.Read(run.Find("y")).AsSpan<float>().ToArray().ShouldBe(expected);
    }

    private static float[]?[] Lists(HostTensor values, int steps)
    {
        var flat = values.AsSpan<float>().ToArray();
        return
        [
            .. Enumerable.Range(0, Samples).Select(sample => Enumerable.Range(0, steps)
                .SelectMany(step => flat[(((step * Samples) + sample) * Width)..][..Width])
                .ToArray()),
        ];
    }

    private static string[] Names(string inputs) => [.. inputs.Split(' ').Select(input => input.Split(':')[0])];

    private static SampleAxes Axes(string inputs, params (string Input, int Axis)[] said) => new(
        [.. inputs.Split(' ').Select(input => (input.Split(':')[0], (IReadOnlyList<Dimension>?)
            [.. input.Split(':')[1].Split(',', StringSplitOptions.RemoveEmptyEntries).Select(extent =>
                long.TryParse(extent, out var number) ? new Dimension(number, null)
                    : new Dimension(null, extent == "?" ? null : extent))]))],
        said.ToDictionary(axis => axis.Input, axis => axis.Axis));
}
