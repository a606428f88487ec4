using Toolkit.Formats;
using Toolkit.Formats.Checkpoints;
using Toolkit.Formats.Onnx;
using Toolkit.Formats.Tables;
using Toolkit.Models.Networks;
using Toolkit.Train.Training;

namespace Toolkit.Train.Tests.Training;

public sealed class TrainerTests
{
    [Theory]
    [InlineData("OneLayerMLP")]
    [InlineData("OneLayerMLPwithBias")]
    [InlineData("BilinearNet")]
    [InlineData("Transformer")]
    public void Run_learns_its_training_pairs_and_leaves_every_file(string model)
    {
        using var folder = new TemporaryFolder();
        var summary = Some.Train(Some.Options(folder["run"], Some.Config(model, epochs: 200)));

        summary.Status.ShouldBe("finished");
        summary.TrainLoss.ShouldBeLessThan(Math.Log(6) / 2);
        summary.ExportMaxRelativeDifference!.Value.ShouldBeLessThanOrEqualTo(1e-4);
        foreach (var file
            in new[] { "config.json", "metrics.parquet", "training.json", "model.onnx", "state.safetensors" })
        {
            File.Exists(folder["run", file]).ShouldBeTrue(file);
        }

        var metrics = ParquetTable.Read(folder["run", "metrics.parquet"]);
        metrics.Numbers("epoch").ShouldBe(Enumerable.Range(0, 41).Select(i => i * 5.0));
        metrics.Numbers("train_loss")[0].ShouldBeGreaterThan(metrics.Numbers("train_loss")[^1]);
        Directory.GetFiles(folder["run"], "*.tmp", SearchOption.AllDirectories).ShouldBeEmpty();

        var metadata = ModelMetadata.Read(OnnxModelFile.Load(folder["run", "model.onnx"]), "model.onnx")
            .ShouldNotBeNull();
        metadata.Group.Name.ShouldBe("S3");
        metadata.Group.Elements.Count.ShouldBe(6);
        metadata.BuildTask("model.onnx").TrainPairs.Length.ShouldBe(summary.TrainPairs);
        metadata.Role(NetworkRole.Hidden).ShouldNotBeNull();
    }

    [Fact]
    public void The_first_checkpoint_is_the_initial_state_and_the_last_one_the_exported_network()
    {
        using var folder = new TemporaryFolder();
        Some.Train(Some.Options(folder["run"], Some.Config(epochs: 60, seed: 2)));

        using var first = Checkpoint.Open(folder["run", "checkpoints", "epoch_0.safetensors"]);
        using var last = Checkpoint.Open(folder["run", "checkpoints", "epoch_60.safetensors"]);
        (first.Read("W_x").AsSpan<float>()[0] * Math.Sqrt(8)).ShouldBe(-1.0408012, 1e-6);
        var exported =
            OnnxModelFile.Load(folder["run", "model.onnx"]).Graph.Initializer.Single(tensor => tensor.Name == "W_U");
        last.Read("W_U").Bytes.Span.SequenceEqual(exported.RawData.Span).ShouldBeTrue();
    }

    [Theory]
    [InlineData("OneLayerMLP")]
    [InlineData("Transformer")]
    public void A_run_that_was_stopped_goes_on_to_the_same_bits(string model)
    {
        using var folder = new TemporaryFolder();
        var config = Some.Config(model, epochs: 50);
        Some.Train(Some.Options(folder["whole"], config));

        Should.Throw<OperationCanceledException>(() => Some.Train(Some.Options(folder["parts"], config), stopAt: 7));
        File.ReadAllText(folder["parts", "training.json"]).ShouldContain("cancelled");
        Should.Throw<OperationCanceledException>(
            () => Some.Train(Some.Options(folder["parts"], config, resume: true), stopAt: 33));
        var summary = Some.Train(Some.Options(folder["parts"], config, resume: true));

        summary.ResumedFrom.ShouldBe(33);
        foreach (var checkpoint in Directory.GetFiles(folder["whole", "checkpoints"]))
        {
            File.ReadAllBytes(checkpoint).ShouldBe(
                File.ReadAllBytes(folder["parts", "checkpoints", Path.GetFileName(checkpoint)]));
        }

        using var whole = Checkpoint.Open(folder["whole", "state.safetensors"]);
        using var parts = Checkpoint.Open(folder["parts", "state.safetensors"]);
        foreach (var tensor in whole.Tensors)
        {
            parts.Read(tensor.Name).Bytes.Span.SequenceEqual(whole.Read(tensor).Bytes.Span).ShouldBeTrue(tensor.Name);
        }

        var (one, other) = (ParquetTable.Read(folder["whole", "metrics.parquet"]), ParquetTable.Read(
            folder["parts", "metrics.parquet"]));
        foreach (var column
            in new[] { "epoch", "train_loss", "test_loss", "train_accuracy", "test_accuracy", "sum_of_squared_weights" })
        {
            other.Numbers(column).ShouldBe(one.Numbers(column), column);
        }
    }

    [Fact]
    public void A_run_that_was_killed_goes_on_from_its_last_saved_state()
    {
        using var folder = new TemporaryFolder();
        var config = Some.Config(epochs: 50);
        Some.Train(Some.Options(folder["whole"], config));
        Should.Throw<OperationCanceledException>(() => Some.Train(Some.Options(folder["killed"], config), stopAt: 20));
        var state = File.ReadAllBytes(folder["killed", "state.safetensors"]);
        Should.Throw<OperationCanceledException>(
            () => Some.Train(Some.Options(folder["killed"], config, resume: true), stopAt: 40));

        // Killed after epoch 20's state: later checkpoints and rows of metrics exist, and half-written files lie
        // around.
        File.WriteAllBytes(folder["killed", "state.safetensors"], state);
        var unfinished = folder["killed", $".state.safetensors.{Guid.Empty:N}.tmp"];
        File.WriteAllText(unfinished, "half");
        Some.Train(Some.Options(folder["killed"], config, resume: true)).ResumedFrom.ShouldBe(20);

        File.ReadAllBytes(folder["killed", "checkpoints", "epoch_50.safetensors"])
            .ShouldBe(File.ReadAllBytes(folder["whole", "checkpoints", "epoch_50.safetensors"]));
        ParquetTable.Read(folder["killed", "metrics.parquet"]).Numbers("epoch").ShouldBeInOrder(
            SortDirection.Ascending);
        File.Exists(unfinished).ShouldBeFalse();
    }

    [Fact]
    public void A_finished_run_can_be_trained_on_with_more_epochs()
    {
        using var folder = new TemporaryFolder();
        Some.Train(Some.Options(folder["run"], Some.Config(epochs: 20)));
        var summary = Some.Train(Some.Options(folder["run"], Some.Config(epochs: 30), resume: true));
        (summary.ResumedFrom, summary.Epochs).ShouldBe((20, 30));
    }

    [Fact]
    public void Run_refuses_a_folder_that_holds_something_else()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["run"]);
        File.WriteAllText(folder["run", "thesis.tex"], "precious");

        Fault(Some.Options(folder["run"])).ShouldContain(
            "holds something that is no training run (thesis.tex). Choose another folder with --out.");
        Fault(Some.Options(folder["run"], resume: true)).ShouldContain("thesis.tex");
        Directory.GetFileSystemEntries(folder["run"]).Length.ShouldBe(1);
    }

    [Fact]
    public void Run_refuses_a_run_of_another_configuration_and_its_own_without_resume()
    {
        using var folder = new TemporaryFolder();
        Some.Train(Some.Options(folder["run"]));

        Fault(Some.Options(folder["run"])).ShouldContain("holds a training run already. Go on with it by --resume");
        Fault(Some.Options(folder["run"], Some.Config(seed: 2), resume: true)).ShouldContain("another configuration");
        Fault(Some.Options(folder["run"], Some.Config(epochs: 10), resume: true)).ShouldContain(
            "holds epoch 60, more than the 10 asked for");
        Fault(Some.Options(folder["run"], Some.Config(), resume: true) with { Threads = 7 }).ShouldContain(
            "Use --threads 1");
    }

    [Fact]
    public void Run_refuses_a_folder_in_which_another_run_is_at_work()
    {
        using var folder = new TemporaryFolder();
        using var other = new RunFolder(folder["run"]);
        other.Open(Some.Config(), resume: false);

        Fault(Some.Options(folder["run"], resume: true)).ShouldContain("another process is training here");
    }

    [Fact]
    public void Run_says_plainly_that_a_state_is_damaged()
    {
        using var folder = new TemporaryFolder();
        Some.Train(Some.Options(folder["run"]));
        var state = File.ReadAllBytes(folder["run", "state.safetensors"]);
        File.WriteAllBytes(folder["run", "state.safetensors"], state[..^100]);

        Fault(Some.Options(folder["run"], resume: true)).ShouldContain("state.safetensors");

        File.WriteAllBytes(folder["run", "state.safetensors"], state);
        File.WriteAllText(folder["run", "metrics.parquet"], "PAR1 and no more");
        Fault(Some.Options(folder["run"], resume: true)).ShouldContain("metrics.parquet");
    }

    [Fact]
    public void Run_without_test_pairs_reports_none()
    {
        using var folder = new TemporaryFolder();
        var summary = Some.Train(Some.Options(folder["run"], Some.Config(fraction: 1)));
        summary.TestPairs.ShouldBe(0);
        summary.TestLoss.ShouldBe(double.NaN);
        summary.GeneralisedAtEpoch.ShouldBeNull();
    }

    [Fact]
    public void Device_cuda_says_what_is_missing()
    {
        Assert.SkipWhen(TorchSharp.torch.cuda.is_available(), "This machine has CUDA.");
        using var folder = new TemporaryFolder();
        Fault(Some.Options(folder["run"]) with { Device = "cuda" }).ShouldContain(
            "finds no such CUDA device. Build with -p:Accelerator=cuda");
        Fault(Some.Options(folder["run"]) with { Device = "tpu" }).ShouldContain("Device 'tpu' is unknown");
        Directory.Exists(folder["run"]).ShouldBeFalse();
    }

    private static string Fault(TrainingOptions options) =>
        Should.Throw<BadInputException>(() => Some.Train(options)).Message;
}
