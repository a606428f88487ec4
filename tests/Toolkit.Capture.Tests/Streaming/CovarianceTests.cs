using Toolkit.Capture.Statistics;
using Toolkit.Formats;
using Toolkit.Formats.Onnx.Schema;
using Toolkit.Formats.Runs;
using Toolkit.Formats.Tables;
using Toolkit.Formats.Tensors;
using static Toolkit.Testing.SomeModel;

namespace Toolkit.Capture.Tests.Streaming;

/// <summary>Covariances against the definition, in two passes over the values in double.</summary>
public sealed class CovarianceTests
{
    /// <summary>
    /// Relative to the two channels' deviations: sums of some thousand doubles, merged pairwise (Chan, Golub, LeVeque
    /// 1983).
    /// </summary>
    private const double Tolerance = 1e-12;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Covariance_is_the_definition_s_whether_values_are_kept_or_not(bool statisticsOnly)
    {
        using var fixture = Rows(1000, 7);
        var values =
            fixture.Capture("values").Read(RunReader.Open(fixture["values"]).Find("y")).AsSpan<float>().ToArray();
        fixture.Capture(
            "run",
            o => o with { Batch = 64, SegmentSamples = 256, Covariance = ["y"], StatisticsOnly = statisticsOnly });
        ShouldBeThatOf(Covariance(fixture["run"], "y"), values, 7);
        RunVerification.Verify(fixture["run"]).Faults.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Four_shards_give_the_bytes_that_one_process_gives(bool statisticsOnly)
    {
        using var fixture = Rows(1000, 5);
        CaptureOptions Of(string run) => fixture.Options(run)
            with { Batch = 64, SegmentSamples = 128, Covariance = ["*"], StatisticsOnly = statisticsOnly };
        CaptureFixture.CaptureOnly(Of("one"));
        foreach (var shard in new[] { 2, 0, 3, 1 })
        {
            CaptureFixture.CaptureOnly(Of("four") with { Shard = shard, Shards = 4 });
        }

        RunMerge.Complete(fixture["four"], TimeProvider.System);
        File.ReadAllBytes(fixture["four/results/covariance.parquet"]).ShouldBe(
            File.ReadAllBytes(fixture["one/results/covariance.parquet"]));
    }

    [Fact]
    public void A_capture_in_passes_gives_the_bytes_of_one_pass()
    {
        using var fixture = Rows(500, 5);
        CaptureFixture.CaptureOnly(fixture.Options("one") with { Batch = 64, Covariance = ["y", "z"] });
        CaptureFixture.CaptureOnly(
            fixture.Options("budget") with { Batch = 64, Covariance = ["y", "z"], MemoryBudgetBytes = 4L << 30 });
        File.ReadAllBytes(fixture["budget/results/covariance.parquet"]).ShouldBe(
            File.ReadAllBytes(fixture["one/results/covariance.parquet"]));
    }

    [Fact]
    public void A_capture_that_failed_goes_on_to_the_same_covariance()
    {
        using var fixture = Rows(500, 5);
        CaptureOptions At(string run, long failAt) => fixture.Options(run) with
        {
            Batch = 32,
            SegmentSamples = 64,
            Covariance = ["y"],
            Inputs = inputs => new FailingInputs(fixture.Options(run).Inputs(inputs), failAt),
        };
        CaptureFixture.CaptureOnly(At("whole", 1000));
        Should.Throw<IOException>(() => CaptureFixture.CaptureOnly(At("run", 256)));
        File.WriteAllText(fixture["run/covariance/part-0-5.parquet"], "half");
        CaptureFixture.CaptureOnly(At("run", 1000) with { Resume = true });
        fixture.Files("run").ShouldBe(fixture.Files("whole"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Every_position_of_an_image_is_a_row_of_its_channels(bool statisticsOnly)
    {
        var input = CaptureFixture.Normals(40, 3, 4, 5);
        using var fixture = new CaptureFixture(
            Of(Graph(["x:batch,3,4,5"], ["y:batch,3,4,5"], Node("Identity", "x", "y"))), ("x", input));
        fixture.Capture(
            "run",
            o => o with { Batch = 16, Covariance = ["y"], FeatureAxes = [("y", 1)], StatisticsOnly = statisticsOnly });
        var planes = input.AsSpan<float>();
        var rows = new float[planes.Length];
        for (var i = 0; i < rows.Length; i++)
        {
            var (sample, channel, column) = (i / 60, i / 20 % 3, i % 20);
            rows[(((sample * 20) + column) * 3) + channel] = planes[i];
        }

        ShouldBeThatOf(Covariance(fixture["run"], "y"), rows, 3);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Rows_that_are_not_finite_are_left_out_and_counted(bool statisticsOnly)
    {
        var input = CaptureFixture.Normals(200, 3);
        float[] values = [.. input.AsSpan<float>()];
        (values[0], values[100], values[599]) = (float.NaN, float.PositiveInfinity, float.NegativeInfinity);
        using var fixture = new CaptureFixture(
            Of(Graph(["x:batch,3"], ["y:batch,3"], Node("Identity", "x", "y"))),
            ("x", HostTensor.Float32(input.Shape, values)));
        fixture.Capture("run", o => o with { Batch = 16, Covariance = ["y"], StatisticsOnly = statisticsOnly });
        var found = Covariance(fixture["run"], "y");
        found.Skipped.ShouldBe(3);
        ShouldBeThatOf(found, [.. values.Chunk(3).Where(row => row.All(float.IsFinite)).SelectMany(row => row)], 3);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(6)]
    [InlineData(257)]
    [InlineData(258)]
    [InlineData(260)]
    public void Kernel_keeps_its_digits_under_a_mean_a_million_times_the_deviation(int channels)
    {
        const double RoundingOfOneMillion = 1e-9;
        var random = new Random(channels);
        var values = Enumerable.Range(0, 150 * channels)
            .Select(i => 1e6 + random.NextDouble() + (i % channels))
            .ToArray();
        var kernel = new CovarianceKernel(channels);
        kernel.Add(values.AsSpan(0, 70 * channels));
        kernel.Add(values.AsSpan(70 * channels));
        var sums = kernel.Result();
        sums.Rows.ShouldBe(150);
        var expected = Definition(values, channels);
        for (var i = 0; i < channels; i++)
        {
            for (var j = 0; j < channels; j++)
            {
                (sums.M2[(i * channels) + j] / 150).ShouldBe(expected[(i * channels) + j], RoundingOfOneMillion);
            }
        }
    }

    [Fact]
    public void A_value_that_is_too_wide_is_refused_before_anything_is_written()
    {
        foreach (var statisticsOnly in new[] { false, true })
        {
            using var fixture = Rows(3, 2049);
            Should.Throw<BadInputException>(
                () => fixture.Capture("run", o => o with { Covariance = ["y"], StatisticsOnly = statisticsOnly }))
                .Message.ShouldContain(
                    "has 2049 features, and its covariance 2049² numbers; at most 2048 features are possible");
            Directory.Exists(fixture["run"]).ShouldBeFalse();
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_ragged_value_has_no_covariance_whether_values_are_kept_or_not(bool statisticsOnly)
    {
        using var fixture = Rows(3, 2);
        Should.Throw<BadInputException>(() => fixture.Capture(
            "run", o => o with { Covariance = ["y"], Ragged = ["y"], StatisticsOnly = statisticsOnly }))
            .Message.ShouldContain("--covariance y: none of these values is captured as numbers with features");
        Directory.Exists(fixture["run"]).ShouldBeFalse();
    }

    [Fact]
    public void A_value_that_is_not_captured_is_refused()
    {
        using var fixture = Rows(3, 2);
        Should.Throw<BadInputException>(
            () => fixture.Capture("run", o => o with { Values = ["z"], Covariance = ["y"] }))
            .Message.ShouldContain("--covariance y: none of these values is captured as numbers with features");
    }

    [Fact]
    public void Verification_finds_one_changed_byte_of_a_part()
    {
        using var fixture = Rows(100, 4);
        fixture.Capture("run", o => o with { Covariance = ["y"] });
        var part = fixture["run/covariance/part-0-0.parquet"];
        var bytes = File.ReadAllBytes(part);
        bytes[bytes.Length / 2] ^= 1;
        File.WriteAllBytes(part, bytes);
        RunVerification.Verify(fixture["run"]).Faults.ShouldHaveSingleItem().ShouldContain(
            "covariance/part-0-0.parquet");
    }

    [Fact]
    public void A_batch_without_values_takes_nothing_from_the_others()
    {
        // Half of the single numbers are negative, and their batches have no row of [found, 2].
        using var fixture = new CaptureFixture(
            Of(Graph(
                ["x:batch,1"],
                ["y:found,2"],
                Node("Relu", "x", "r"),
                Node("NonZero", "r", "nz"),
                Node("Transpose", "nz", "t"),
                Node("Cast", "t", "y", Attribute("to", 1)))),
            ("x", CaptureFixture.Normals(40, 1)));
        var run = fixture.Capture("run", o => o with { Batch = 1, Covariance = ["y"], StatisticsOnly = true });
        var y = run.Find("y");
        var statistics = run.ReadStatistics()[y.Id];
        statistics.Whole.Count.ShouldBeInRange(2, 78);
        statistics.Channels.ShouldNotBeNull().Sum(c => c.Count).ShouldBe(statistics.Whole.Count);
        run.ReadCovariance(y).ShouldNotBeNull().Rows.ShouldBe(statistics.Whole.Count / 2);
        run.WithoutCovariance().ShouldBeEmpty();
    }

    /// <summary>y = softmax(x), whose channels sum to one and so correlate; z = −y.</summary>
    private static CaptureFixture Rows(int samples, int channels)
    {
        ModelProto model = Of(Graph(
            [$"x:batch,{channels}"], [$"z:batch,{channels}"], Node("Softmax", "x", "y"), Node("Neg", "y", "z")));
        return new CaptureFixture(model, ("x", CaptureFixture.Normals(samples, channels)));
    }

    private static (long Rows, long Skipped, double[] Mean, double[][] Values) Covariance(string run, string name)
    {
        var table = ParquetTable.Read(Path.Combine(run, "results", "covariance.parquet"));
        var names = table.Values<string>("name").ToArray();
        int[] rows = [.. Enumerable.Range(0, names.Length).Where(i => names[i] == name)];
        var mean = table.Values<double>("mean").ToArray();
        var values = table.Values<double[]?>("covariance").ToArray();
        return (
            table.Values<long>("n")[rows[0]],
            table.Values<long>("skipped")[rows[0]],
            [.. rows.Select(i => mean[i])],
            [.. rows.Select(i => values[i]!)]);
    }

    private static void ShouldBeThatOf(
        (long Rows, long Skipped, double[] Mean, double[][] Values) found, float[] rows, int channels)
    {
        var values = Array.ConvertAll(rows, v => (double)v);
        var expected = Definition(values, channels);
        found.Rows.ShouldBe(rows.Length / channels);
        found.Values.Length.ShouldBe(channels);
        for (var i = 0; i < channels; i++)
        {
            found.Mean[i].ShouldBe(values.Where((_, k) => k % channels == i).Average(), Tolerance);
            for (var j = 0; j < channels; j++)
            {
                var scale = Math.Sqrt(expected[(i * channels) + i] * expected[(j * channels) + j]);
                found.Values[i][j].ShouldBe(expected[(i * channels) + j], Tolerance * scale);
            }
        }
    }

    /// <summary>Σ (x − mean)(y − mean)/n.</summary>
    private static double[] Definition(double[] values, int channels)
    {
        var rows = values.Length / channels;
        var mean = new double[channels];
        for (var i = 0; i < values.Length; i++)
        {
            mean[i % channels] += values[i] / rows;
        }

        var covariance = new double[channels * channels];
        for (var row = 0; row < rows; row++)
        {
            for (var i = 0; i < channels; i++)
            {
                for (var j = 0; j < channels; j++)
                {
                    covariance[(i * channels) + j] +=
                        (values[(row * channels) + i] - mean[i]) * (values[(row * channels) + j] - mean[j]) / rows;
                }
            }
        }

        return covariance;
    }
}
