using System.Runtime.InteropServices;
using Toolkit.Capture.Inputs;
using Toolkit.Formats;
using Toolkit.Formats.Checkpoints.Numpy;
using Toolkit.Formats.Runs;
using Toolkit.Formats.Tensors;
using static Toolkit.Testing.SomeModel;

namespace Toolkit.Capture.Tests;

/// <summary>
/// State that grows from sample to sample: a cache of keys and values, and the mask that goes with it.
/// </summary>
public sealed class CarriedCacheTests
{
    /// <summary>
    /// float32 sums in another order: some units in the last place of logits of the size of the largest.
    /// </summary>
    private const double CachedTolerance = 1e-5;

    [Fact]
    public void A_cache_begins_empty_and_grows_and_its_mask_is_cut_to_it()
    {
        var graph = Graph(
            ["x:batch,1,2", "past:batch,before,2", "mask:batch,after"],
            ["present:batch,after,2", "y:batch,1,2"],
            Node("Concat", "past x", "present", Attribute("axis", 1L)),
            Node("Unsqueeze", "mask one", "weights"),
            Node("MatMul", "weights present", "y"));
        graph.Initializer.Add(Constant("one", new TensorShape(1), 1L));
        float[] x = [1, 10, 2, 20, 3, 30, 4, 40];
        float[] mask = [.. Enumerable.Range(0, 16).Select(static i => (float)((5 * i % 7) - 3))];
        using var fixture = new CaptureFixture(
            Of(graph), ("x", HostTensor.Float32(new TensorShape(4, 1, 2), x)), (
                "mask", HostTensor.Float32(new TensorShape(4, 4), mask)));
        var run = fixture.Capture("run", options => options with
        {
            Carry = [("present", "past")],
            Inputs = inputs => InputSources.Open(
                new InputOptions { Source = fixture.InputsPath, Optional = new HashSet<string> { "past" } }, inputs),
        });

        float[] expected = [.. Enumerable.Range(0, 8).Select(
            at => Enumerable.Range(0, (at / 2) + 1).Sum(i => mask[(4 * (at / 2)) + i] * x[(2 * i) + (at % 2)]))];
        run.Read(run.Find("y")).AsSpan<float>().ToArray().ShouldBe(expected);
        run
            .ReadRagged(run.Find("present"))
            .GroupBy(static row => row.Sample)
            .Select(static rows => rows.First().Shape[^2])
            .ShouldBe([1L, 2L, 3L, 4L]);
    }

    [Theory]
    [InlineData("next:1,3", "float32 [1, 3]")]
    [InlineData("next:1,4,1", "float32 [1, 4, 1]")]
    public void A_state_of_another_shape_than_the_input_is_refused(string next, string described)
    {
        var graph = Graph(["x:batch,2", "state:1,4"], [next], Node("Reshape", "state shape", "next"));
        long[] extents = [.. next.Split(':')[1].Split(',').Select(long.Parse)];
        graph.Initializer.Add(Constant("shape", new TensorShape(extents.Length), extents));
        using var fixture = new CaptureFixture(
            Of(graph), ("x", CaptureFixture.Normals(2, 2)), ("state", CaptureFixture.Normals(1, 4)));

        Should.Throw<BadInputException>(() => fixture.Capture("run", o => o with { Carry = [("next", "state")] }))
            .Message.ShouldEndWith(
                $"--carry next=state: the output is {described} and the input float32 [1, 4]; a state goes on as it is.");
    }

    [Fact]
    public void Sixteen_steps_of_a_language_model_with_its_cache_compute_what_one_run_over_all_tokens_does()
    {
        var model = SharedData.Require("onnx", "tiny-random-gpt2-fp32_past.onnx");
        const int tokens = 16;
        var random = new Random(5);
        int[] ids = [.. Enumerable.Range(0, tokens).Select(_ => random.Next(1000))];
        int[] positions = [.. Enumerable.Range(0, tokens)];
        using var folder = new TemporaryFolder();
        var steps = Capture("steps", new TensorShape(tokens, 1), new TensorShape(tokens, tokens));
        var whole = Capture("whole", new TensorShape(1, tokens), new TensorShape(1, tokens));
        foreach (var name in new[] { "logits", "GptAttention_4_output", "FullyConnect_MatMul_0_output" })
        {
            var (cached, expected) = (steps.Read(steps.Find(name)).AsSpan<float>().ToArray(), Floats(whole, name));
            cached.Length.ShouldBe(expected.Length);
            var largest = expected.Max(MathF.Abs);
            for (var i = 0; i < cached.Length; i++)
            {
                cached[i].ShouldBe(expected[i], CachedTolerance * largest, $"{name}[{i}]");
            }
        }

        RunReader Capture(string run, TensorShape shape, TensorShape mask)
        {
            NpzWriter.Write(folder[$"{run}.npz"],
            [
                KeyValuePair.Create("input_ids", HostTensor.Create<int>(ElementType.Int32, shape, ids)),
                KeyValuePair.Create("position_ids", HostTensor.Create<int>(ElementType.Int32, shape, positions)),
                KeyValuePair.Create(
                    "attention_mask",
                    HostTensor.Create<int>(ElementType.Int32, mask, [.. Enumerable.Repeat(1, (int)mask.Count)])),
            ]);
            var carry = Enumerable.Range(0, 5).Select(static layer => ($"present_{layer}", $"past_{layer}")).ToList();
            CaptureFixture.CaptureOnly(new CaptureOptions
            {
                ModelPath = model,
                Folder = folder[run],
                Carry = carry,
                Inputs = inputs => InputSources.Open(new InputOptions
                {
                    Source = folder[$"{run}.npz"],
                    Optional = carry.Select(static pair => pair.Item2).ToHashSet(StringComparer.Ordinal),
                }, inputs),
            });
            return RunReader.Open(folder[run]);
        }

        static float[] Floats(RunReader run, string name)
        {
            var tensor = run.Find(name);
            return tensor.SampleShape is not null
                ? run.Read(tensor).AsSpan<float>().ToArray()
                : [.. run.ReadRagged(tensor).SelectMany(
                    static row => MemoryMarshal.Cast<byte, float>(row.Bytes).ToArray())];
        }
    }

    [Fact]
    public void Values_that_change_their_shape_against_the_graph_are_one_clear_error()
    {
        // The graph promises n columns; what Compress keeps depends on the values.
        var graph = Graph(
            ["x:1,n"],
            ["y:1,n", "z:1,n"],
            Node("Greater", "x zero", "above"),
            Node("Squeeze", "above axis", "kept"),
            Node("Compress", "x kept", "y", Attribute("axis", 1L)),
            Node("Neg", "y", "z"));
        graph.Initializer.Add(Constant("zero", new TensorShape(), 0f));
        graph.Initializer.Add(Constant("axis", new TensorShape(1), 0L));
        using var fixture = new CaptureFixture(
            Of(graph), ("x", HostTensor.Float32(new TensorShape(2, 3), [1f, 2f, 3f, 1f, -2f, 3f])));
        var message = Should.Throw<BadInputException>(() => fixture.Capture("run")).Message;
        message.ShouldContain("has another shape from sample 1 on: ");
        message.ShouldContain("--ragged");
    }
}
