using Google.Protobuf;
using Toolkit.Analysis.NeuronSpectra;
using Toolkit.Analysis.Representations;
using Toolkit.Formats.Onnx;
using Toolkit.Formats.Onnx.Schema;
using Toolkit.Formats.Tables;
using Toolkit.Formats.Tensors;
using Toolkit.Models.Configuration;
using Toolkit.Models.Networks;
using Toolkit.Models.Representations;
using Toolkit.Models.Tasks;
using Toolkit.Runtime;

namespace Toolkit.Analysis.Tests.CausalBattery;

/// <summary>Each intervention against the whole graph with changed weights or inputs, run in ONNX Runtime.</summary>
public sealed class CausalBatteryTests
{
    /// <summary>float32 sums in another order.</summary>
    private const double Tolerance = 1e-5;

    private const string Mlp = """{"embed_dim": 8, "hidden_dim": 6}""";
    private const string Transformer = """{"d_model": 16, "d_mlp": 24, "n_heads": 2, "d_head": 8}""";

    [Theory]
    [InlineData("OneLayerMLP", Mlp)]
    [InlineData("OneLayerMLPwithBias", Mlp)]
    [InlineData("Transformer", Transformer)]
    public void Losses_are_those_of_the_whole_graph(string model, string layers)
    {
        var network = new SomeNetwork(model, layers);

        var losses = network.Battery();

        losses["none"].ShouldBe(network.Loss((a, b) => (a, b)), Tolerance);
        losses["embeddings swapped"].ShouldBe(network.Loss((a, b) => (b, a)), Tolerance);
        Math.Abs(losses["ReLU(-a)"] - losses["none"]).ShouldBeGreaterThan(Tolerance);
    }

    [Fact]
    public void A_negated_embedding_of_an_MLP_is_a_negated_table()
    {
        var network = new SomeNetwork("OneLayerMLP", Mlp);

        var losses = network.Battery();

        losses["left embedding negated"].ShouldBe(network.With("W_x", Negated).Loss((a, b) => (a, b)), Tolerance);
        losses["right embedding negated"].ShouldBe(network.With("W_y", Negated).Loss((a, b) => (a, b)), Tolerance);
    }

    /// <summary>
    /// Both elements of a transformer share a table, so the other graph has the negated rows behind it: element g is
    /// there n + 1 + g.
    /// </summary>
    [Fact]
    public void A_negated_embedding_of_a_transformer_is_negated_at_its_position_alone()
    {
        var network = new SomeNetwork("Transformer", Transformer);
        var n = network.Order;
        var doubled = network.With("embed.W_E", table => [.. table, .. Negated(table)]);

        var losses = network.Battery();

        losses["left embedding negated"].ShouldBe(doubled.Loss((a, b) => (a + n + 1, b)), Tolerance);
        losses["right embedding negated"].ShouldBe(doubled.Loss((a, b) => (a, b + n + 1)), Tolerance);
    }

    [Fact]
    public void A_network_without_ReLU_has_no_pre_activation_to_tamper_with_and_says_so()
    {
        var network = new SomeNetwork("BilinearNet", """{"embed_dim": 8}""");

        var table = network.Measure()[0].Table;

        var interventions = table.Values<string?>("intervention").ToArray();
        var at = Array.IndexOf(interventions, "|a|");
        table.Values<double>("loss")[at].ShouldBe(double.NaN);
        table.Values<string?>("why_not")[at].ShouldBe("the hidden layer is no ReLU of a pre-activation");
        table.Values<double>("loss")[Array.IndexOf(interventions, "none")].ShouldBe(
            network.Loss((a, b) => (a, b)), Tolerance);
    }

    [Fact]
    public void Ablating_the_neurons_of_a_cluster_one_by_one_covers_every_neuron_once()
    {
        var ablation = new SomeNetwork("OneLayerMLP", Mlp).Measure()[1].Table;

        ablation.Values<int>("neuron").ToArray().ShouldBe(Enumerable.Range(0, 6));
        ablation.Values<double>("loss").ToArray().ShouldAllBe(loss => double.IsFinite(loss));
    }

    private static float[] Negated(float[] values) => Array.ConvertAll(values, value => -value);

    private sealed class SomeNetwork
    {
        private readonly ModelProto _model;
        private readonly GroupTask _task;
        private readonly IReadOnlyList<NetworkRole> _roles;

        public SomeNetwork(string model, string layers)
        {
            var config = ExperimentConfig.Parse($$"""
                {"lr": 0.001, "weight_decay": 1, "betas": [0.9, 0.98], "layers": {{layers}}, "model": "{{model}}", "group": "S3", "frac_train": 0.5, "num_epochs": 10, "seed": 1}
                """);
            _task = config.CreateTask();
            var random = new TorchRandom(3);
            var network = GroupNetworkFactory.Create(config, Order);
            _model = GroupNetworkExport.ToOnnx(
                config,
                network.Parameters.Where(parameter => parameter.IsTrained).ToDictionary(
                    parameter => parameter.Name,
                    parameter =>
                    {
                        var values = new float[parameter.Shape.Count];
                        random.FillNormal(values);
                        return HostTensor.Float32(parameter.Shape, Array.ConvertAll(values, value => value / 3));
                    },
                    StringComparer.Ordinal), "test", []);
            _roles = network.Roles;
        }

        private SomeNetwork(ModelProto model, SomeNetwork other) =>
            (_model, _task, _roles) = (model, other._task, other._roles);

        public int Order => _task.Group.Order;

        public SomeNetwork With(string initializer, Func<float[], float[]> change)
        {
            var model = _model.Clone();
            var tensor = model.Graph.Initializer.Single(one => one.Name == initializer);
            var values = OnnxTensor.Read(tensor, ".", initializer).AsSpan<float>().ToArray();
            var changed = change(values);
            tensor.Dims[0] = tensor.Dims[0] * changed.Length / values.Length;
            tensor.FloatData.Clear();
            tensor.RawData = ByteString.CopyFrom(System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>(changed));
            return new SomeNetwork(model, this);
        }

        public IReadOnlyList<AnalysisOutput> Measure()
        {
            var cancellation = TestContext.Current.CancellationToken;
            var weights = new GroupNetworkReader(_model, "model.onnx", _roles).ReadWeights(Order);
            using var moments = GroupNetworkRunner.Run(_task.Group, _model, "model.onnx", _roles, cancellation);
            var (left, right) = BeyondThePaper.NeuronFunctions(_task.Group, weights, moments);
            var spectra = Toolkit.Analysis.NeuronSpectra.NeuronSpectra.Measure(IrrepTable.Of(_task.Group), left, right);
            return Toolkit.Analysis.CausalBattery.CausalBattery.Measure(
                _task,
                new GroupNetworkSource(_model, "model.onnx", _roles),
                weights,
                moments,
                spectra,
                cancellation: cancellation);
        }

        public Dictionary<string, double> Battery()
        {
            var table = Measure()[0].Table;
            table.Values<string?>("why_not").ToArray().ShouldAllBe(reason => reason == null);
            return table
                .Values<string?>("intervention")
                .ToArray()
                .Zip(table.Values<double>("loss").ToArray())
                .ToDictionary(pair => pair.First!, pair => pair.Second);
        }

        /// <summary>
        /// The mean cross-entropy of the whole graph, which reads other elements than the pair's; the answer stays that
        /// of the pair.
        /// </summary>
        public double Loss(Func<long, long, (long Left, long Right)> read)
        {
            var pairs = Enumerable.Range(0, _task.PairCount).Select(pair => _task.Factors(pair)).ToArray();
            var shape = new TensorShape(pairs.Length);
            using var engine = InferenceEngine.Open(_model, "model.onnx");
            using var result = engine.Run(
                new Dictionary<string, InputValue>(StringComparer.Ordinal)
                {
                    [GroupNetwork.InputA] = HostTensor.Create<long>(
                        ElementType.Int64, shape, [.. pairs.Select(pair => read(pair.A, pair.B).Left)]),
                    [GroupNetwork.InputB] = HostTensor.Create<long>(
                        ElementType.Int64, shape, [.. pairs.Select(pair => read(pair.A, pair.B).Right)]),
                },
                null,
                TestContext.Current.CancellationToken);
            var logits = result[GroupNetwork.Logits].AsSpan<float>().ToArray().Chunk(Order).ToArray();
            return pairs.Select((pair, i) => Math.Log(logits[i].Sum(logit => Math.Exp(logit)))
                - logits[i][_task.Group.Multiply(pair.A, pair.B)]).Average();
        }
    }
}
