using Toolkit.Analysis.TraceHypothesis;
using Toolkit.Formats;
using Toolkit.Models.Groups;

namespace Toolkit.Analysis.Tests.TraceHypothesis;

public sealed class TraceHypothesisTests
{
    private const double Tolerance = 1e-6;

    [Theory]
    [InlineData("S3")]
    [InlineData("S4")]
    [InlineData("Q8")]
    [InlineData("D5")]
    public void Every_number_equals_the_plain_loop_over_the_cube(string name)
    {
        var group = FiniteGroup.Parse(name);
        var n = group.Order;
        var random = new Random(3);
        var logits = new float[n * n * n];
        for (var at = 0; at < logits.Length; at++)
        {
            logits[at] = (float)(4 * random.NextDouble()) + (2 * (float)Trace(group, at / n / n, at / n % n, at % n));
        }

        var result = TraceHypothesisTest.Run(group, new ArraySource(logits, n, 7));

        var cube = Cube(group, (x, y, z) => logits[(((x * n) + y) * n) + z]);
        var trace = Cube(group, (x, y, z) => Trace(group, x, y, z));
        Of(result, TraceSpaces.Logits).Cosine.ShouldBe(Cosine(cube, trace), Tolerance);
        var centred = Rows(cube, n, Centre);
        var centredTrace = Rows(trace, n, Centre);
        Of(result, TraceSpaces.Centred).Cosine.ShouldBe(Cosine(centred, centredTrace), Tolerance);
        Of(result, TraceSpaces.Probabilities).Cosine.ShouldBe(
            Cosine(Rows(cube, n, Normalize), Rows(trace, n, Normalize)), Tolerance);
        var scale = Dot(centred, centredTrace) / Dot(centredTrace, centredTrace);
        Of(result, TraceSpaces.Centred).Scale.ShouldBe(scale, Tolerance);
        Of(result, TraceSpaces.FittedProbabilities).Cosine.ShouldBe(
            Cosine(Rows(cube, n, Normalize), Rows([.. trace.Select(t => scale * t)], n, Normalize)), Tolerance);

        // numpy: logits - logits.mean(-1) on [n, n, n] subtracts mean[y, z].
        var means = Enumerable.Range(0, n * n).Select(pair => cube.Skip(pair * n).Take(n).Average()).ToArray();
        Of(result, TraceSpaces.NotebookCentred).Cosine.ShouldBe(
            Cosine([.. cube.Select((value, at) => value - means[at % (n * n)])], trace), Tolerance);
    }

    [Fact]
    public void Logits_that_are_the_trace_up_to_a_constant_per_pair_are_explained_fully_once_centred()
    {
        var group = FiniteGroup.Parse("S4");
        var n = group.Order;
        var logits = Cube(group, (x, y, z) => (3 * Trace(group, x, y, z)) + (100 * ((x * n) + y) % 17));

        var result = TraceHypothesisTest.Run(group, new ArraySource([.. logits.Select(v => (float)v)], n, 100));

        result.Centred.Cosine.ShouldBe(1, 1e-6);
        result.Centred.VarianceExplained.ShouldBe(1, 1e-6);
        result.Centred.Scale.ShouldBe(3, 1e-5);
        Of(result, TraceSpaces.Logits).Cosine.ShouldBeLessThan(0.9);
        Of(result, TraceSpaces.NotebookCentred).Cosine.ShouldBeLessThan(0.9);
        Of(result, TraceSpaces.FittedProbabilities).Cosine.ShouldBe(1, 1e-6);
        result.Comparisons
            .Where(c => c.Function.StartsWith("best "))
            .ShouldAllBe(c => Math.Abs(c.VarianceExplained - 1) < 1e-6);
        result.Slice.Values
            .Zip(result.PredictedSlice.Values)
            .ShouldAllBe(pair => Math.Abs(pair.First - pair.Second) < 1e-4);

        // log Σ_g exp(3(χ(g) − 4)) with 1, 6, 8, 3 and 6 elements of 4, 2, 1, 0 and 0 fixed points.
        result.FittedLoss.ShouldBe(Math.Log(1 + (6 * Math.Exp(-6)) + (8 * Math.Exp(-9)) + (9 * Math.Exp(-12))), 1e-6);
    }

    [Fact]
    public void Too_few_rows_are_refused_with_both_numbers() =>
        Should.Throw<BadInputException>(
            () => TraceHypothesisTest.Run(FiniteGroup.Parse("S3"), new ArraySource(new float[35 * 6], 6, 10)))
            .Message.ShouldStartWith("logits: 35 pairs were found, 36 were expected.");

    [Fact]
    public void A_NaN_is_refused_with_its_pair() =>
        Should.Throw<BadInputException>(() => TraceHypothesisTest.Run(
                FiniteGroup.Parse("S3"), new ArraySource([.. new float[20], float.NaN, .. new float[195]], 6, 10)))
            .Message.ShouldBe("logits: pair 3 has NaN for answer 2; finite logits were expected.");

    [Fact]
    public void Tables_hold_every_comparison_and_every_pair()
    {
        var group = FiniteGroup.Parse("S3");
        var outputs = TraceHypothesisTest.Run(
            group, new ArraySource([.. Enumerable.Range(0, 216).Select(i => (float)(i % 7))], 6, 36)).Outputs();

        outputs.Select(output => output.Name).ShouldBe(["trace", "trace_slice"]);
        outputs[0].Table.RowCount.ShouldBe(7);
        outputs[1].Table.RowCount.ShouldBe(36);
    }

    private static TraceComparison Of(TraceResult result, string space) =>
        result.Comparisons.First(c => c.Space == space);

    private static double Trace(FiniteGroup group, int x, int y, int z)
    {
        var image = group.Permutation(group.Multiply(group.Multiply(x, y), group.Inverse(z)));
        return image.Where((to, from) => to == from).Count();
    }

    private static double[] Cube(FiniteGroup group, Func<int, int, int, double> value)
    {
        var n = group.Order;
        return [.. Enumerable.Range(0, n * n * n).Select(at => value(at / n / n, at / n % n, at % n))];
    }

    private static double[] Rows(double[] cube, int n, Func<double[], double[]> map) =>
        [.. Enumerable.Range(0, cube.Length / n).SelectMany(row => map(cube[(row * n)..((row + 1) * n)]))];

    private static double[] Centre(double[] row)
    {
        var mean = row.Average();
        return [.. row.Select(v => v - mean)];
    }

    private static double[] Normalize(double[] row)
    {
        var sum = row.Sum(Math.Exp);
        return [.. row.Select(v => Math.Exp(v) / sum)];
    }

    private static double Dot(double[] x, double[] y) => x.Zip(y, (a, b) => a * b).Sum();

    private static double Cosine(double[] x, double[] y) => Dot(x, y) / Math.Sqrt(Dot(x, x) * Dot(y, y));

    private sealed class ArraySource(float[] logits, int n, int rows) : ILogitSource
    {
        public IEnumerable<LogitBlock> Blocks()
        {
            for (var pair = 0; pair * n < logits.Length; pair += rows)
            {
                yield return new LogitBlock(
                    pair, logits.AsMemory(pair * n, Math.Min(rows * n, logits.Length - (pair * n))));
            }
        }
    }
}
