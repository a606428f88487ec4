using System.Numerics.Tensors;
using System.Text.Json;
using Toolkit.Formats.Checkpoints;
using Toolkit.Formats.Tensors;
using Toolkit.Models.Configuration;
using Toolkit.Models.Networks;
using Toolkit.Models.Tasks;
using Toolkit.Runtime;

namespace Toolkit.Models.Tests.Networks;

/// <summary>
/// The published weights, imported and run in ONNX Runtime, against the published losses and accuracies.
/// </summary>
public sealed class PublishedNetworksTests
{
    // Published losses come from float32 logits of another matrix product: 1e-4 relative or 1e-14 absolute.
    private const double Relative = 1e-4;
    private const double Absolute = 1e-14;

    public static TheoryData<string> Runs =>
    [
        "A5_MLP_seed1", "A5_T_seed1", "C113_MLP_seed1", "C113_T_seed1", "C118_MLP_seed2", "D59_MLP_seed1", "D59_T_seed2",
        "S5_MLP_hidden_dim_32_seed1", "S5_MLP_seed2", "S5_T_seed1", "S6_MLP_seed1", "S6_T_seed1",
    ];

    [Theory]
    [MemberData(nameof(Runs))]
    public void An_imported_network_has_the_published_losses_and_accuracies(string run)
    {
        var folder = SharedData.Require("group-networks", run);
        var config = ExperimentConfig.Load(Path.Combine(folder, "cfg.json"));
        using var checkpoint = Checkpoint.Open(Path.Combine(folder, "model.pt"));
        var tensors = checkpoint.Tensors.ToDictionary(tensor => tensor.Name, checkpoint.Read);
        var model = GroupNetworkExport.ToOnnx(config, tensors, run, []);

        var (train, test, all) = Evaluate(model, config.CreateTask());

        using var published = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "summary_metrics.json")));
        // Above 15,000 rows the published code sums the means of eight chunks, for the S6 transformers only.
        var scale = run.StartsWith("S6_T", StringComparison.Ordinal) ? 8 : 1;
        ShouldAgree(train.Loss, Published("train_loss") / scale, "train_loss");
        ShouldAgree(test.Loss, Published("test_loss") / scale, "test_loss");
        ShouldAgree(all.Loss, Published("all_loss") / scale, "all_loss");
        ShouldAgree(train.Accuracy, Published("train_acc"), "train_acc");
        ShouldAgree(test.Accuracy, Published("test_acc"), "test_acc");

        double Published(string key) => published.RootElement.GetProperty(key).GetDouble();
    }

    private static void ShouldAgree(double found, double published, string what) =>
        Math.Abs(found - published).ShouldBeLessThanOrEqualTo(
            Math.Max(Absolute, Relative * Math.Abs(published)), $"{what}: found {found:R}, published {published:R}");

    private static ((double Loss, double Accuracy) Train, (double Loss, double Accuracy) Test, (double Loss, double Accuracy) All) Evaluate(
        Formats.Onnx.Schema.ModelProto model, GroupTask task)
    {
        const int Batch = 14_400;
        using var engine = InferenceEngine.Open(model, "model.onnx");
        var order = task.Group.Order;
        double trainLoss = 0, testLoss = 0;
        int trainRight = 0, testRight = 0;
        var scratch = new double[order];
        for (var start = 0; start < task.PairCount; start += Batch)
        {
            var count = Math.Min(Batch, task.PairCount - start);
            long[] a = new long[count], b = new long[count];
            for (var i = 0; i < count; i++)
            {
                (a[i], b[i]) = Math.DivRem(start + i, order);
            }

            using var result = engine.Run(new Dictionary<string, InputValue>
            {
                ["a"] = HostTensor.Create<long>(ElementType.Int64, new TensorShape(count), a),
                ["b"] = HostTensor.Create<long>(ElementType.Int64, new TensorShape(count), b),
            });
            var logits = result["logits"].AsSpan<float>();
            for (var i = 0; i < count; i++)
            {
                var (loss, right) = CrossEntropy(logits.Slice(i * order, order), task.Labels[start + i], scratch);
                if (task.IsTrain(start + i))
                {
                    trainLoss += loss;
                    trainRight += right;
                }
                else
                {
                    testLoss += loss;
                    testRight += right;
                }
            }
        }

        double trainCount = task.TrainPairs.Length, testCount = task.TestPairs.Length;
        return ((trainLoss / trainCount, trainRight / trainCount), (testLoss / testCount, testRight / testCount),
            ((trainLoss + testLoss) / task.PairCount, (trainRight + testRight) / (double)task.PairCount));
    }

    private static (double Loss, int Right) CrossEntropy(ReadOnlySpan<float> logits, int label, Span<double> scratch)
    {
        TensorPrimitives.ConvertTruncating(logits, scratch);
        var own = scratch[label];
        var maximum = TensorPrimitives.Max<double>(scratch);
        TensorPrimitives.Subtract(scratch, maximum, scratch);
        TensorPrimitives.Exp<double>(scratch, scratch);
        scratch[label] = 0;
        var others = TensorPrimitives.SumOfMagnitudes<double>(scratch);
        return own == maximum
            ? (double.LogP1(others), 1)
            : (Math.Log(others + Math.Exp(own - maximum)) + maximum - own, 0);
    }
}
