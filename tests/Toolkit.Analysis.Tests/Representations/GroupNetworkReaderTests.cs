using Toolkit.Analysis.Representations;
using Toolkit.Formats;
using Toolkit.Formats.Onnx.Schema;
using Toolkit.Formats.Tensors;
using Toolkit.Models.Configuration;
using Toolkit.Models.Networks;
using Toolkit.Models.Representations;

namespace Toolkit.Analysis.Tests.Representations;

public sealed class GroupNetworkReaderTests
{
    private const string Config = """
        {"lr": 0.001, "weight_decay": 1, "betas": [0.9, 0.98], "layers": {"embed_dim": 8, "hidden_dim": 6}, "model": "OneLayerMLP",
         "group": "SymmetricGroup", "group_parameter": 3, "frac_train": 0.5, "num_epochs": 10, "seed": 1}
        """;

    [Fact]
    public void A_random_network_is_measured_with_every_identity_kept()
    {
        var (config, model, metadata) = Network(1);
        var task = config.CreateTask();
        using var moments = GroupNetworkRunner.Run(
            task.Group, model, "model.onnx", metadata.Roles, TestContext.Current.CancellationToken);
        var weights = new GroupNetworkReader(model, "model.onnx", metadata.Roles).ReadWeights(6);

        var metrics = RepresentationAnalysis.Measure(
            task,
            weights,
            moments,
            new RepresentationOptions([.. IrrepTable.Of(task.Group).Select(RepresentationSpan.Of)]),
            TestContext.Current.CancellationToken);

        metrics.SelfTests.Where(test => !test.Passed).ShouldBeEmpty();
        metrics["sum_of_squared_weights"].ShouldBeGreaterThan(0);
        metrics["all_loss"].ShouldBeInRange(1, 5);
    }

    [Fact]
    public void ReadWeights_says_that_the_group_is_another_one() =>
        Fault(reader => reader.ReadWeights(24)).ShouldBe(
            "model.onnx: 'embed_x' is [6, 6], but the group has 24 elements, so 24 rows were expected. Give the "
                + "configuration this network was trained with.");

    [Fact]
    public void ReadWeights_names_the_missing_role() =>
        Fault(reader => reader.ReadWeights(6), roles => [.. roles.Where(role => role.Name != NetworkRole.Unembed)])
            .ShouldContain("nothing plays the role 'unembed' (known: hidden, logits, embed_x, embed_y)");

    [Fact]
    public void Value_names_the_value_that_is_not_there_and_the_nearest() =>
        Fault(
            reader => reader.Value(NetworkRole.Hidden),
            roles => [NetworkRole.OfValue(NetworkRole.Hidden, "hiden"), .. roles.Skip(1)])
            .ShouldContain(
                "'hiden', which should play the role 'hidden', is not a value of the graph. Nearest: 'hidden'");

    [Fact]
    public void ReadWeights_names_the_weight_that_is_not_finite()
    {
        var (_, model, metadata) = Network(float.NaN);

        Should.Throw<BadInputException>(
            () => new GroupNetworkReader(model, "model.onnx", metadata.Roles).ReadWeights(6)).Message
            .ShouldContain("weight 'W_");
    }

    [Fact]
    public void ReadWeights_refuses_an_embedding_of_zeros()
    {
        var (_, model, metadata) = Network(0);

        Should.Throw<BadInputException>(
            () => new GroupNetworkReader(model, "model.onnx", metadata.Roles).ReadWeights(6)).Message
            .ShouldContain("'embed_x' is zero everywhere");
    }

    private static string Fault(
        Action<GroupNetworkReader> act, Func<IReadOnlyList<NetworkRole>, IReadOnlyList<NetworkRole>>? change = null)
    {
        var (_, model, metadata) = Network(1);
        var reader = new GroupNetworkReader(
            model, "model.onnx", change is null ? metadata.Roles : change(metadata.Roles));
        return Should.Throw<BadInputException>(() => act(reader)).Message;
    }

    private static (ExperimentConfig Config, ModelProto Model, ModelMetadata Metadata) Network(float scale)
    {
        var config = ExperimentConfig.Parse(Config);
        var random = new Random(5);
        HostTensor Weight(params ReadOnlySpan<long> shape)
        {
            var values = new float[checked((int)new TensorShape(shape).Count)];
            foreach (ref var value in values.AsSpan())
            {
                value = scale * (random.NextSingle() - 0.5f);
            }

            return HostTensor.Float32(new TensorShape(shape), values);
        }

        var model = GroupNetworkExport.ToOnnx(
            config,
            new Dictionary<string, HostTensor>(StringComparer.Ordinal)
            {
                ["W_x"] = Weight(6, 8),
                ["W_y"] = Weight(6, 8),
                ["W"] = Weight(16, 6),
                ["W_U"] = Weight(6, 6),
            },
            "test",
            []);
        return (config, model, ModelMetadata.Read(model, "model.onnx")!);
    }
}
