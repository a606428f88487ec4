using Toolkit.Models.Configuration;
using Toolkit.Train.Progress;
using Toolkit.Train.Training;

namespace Toolkit.Train.Tests;

/// <summary>Small valid values: S3 has 36 pairs and trains in milliseconds.</summary>
internal static class Some
{
    public static ExperimentConfig Config(
        string model = "OneLayerMLP",
        int epochs = 60,
        string group = "S3",
        long seed = 1,
        int depth = 1,
        double fraction = 0.6) =>
        ExperimentConfig.Parse($$"""
            {"model": "{{model}}", "group": "{{group}}", "lr": 0.01, "weight_decay": 0.5, "betas": [0.9, 0.98],
             "layers": {"embed_dim": 8, "hidden_dim": 6, "depth": {{depth}}, "d_model": 16, "n_heads": 2, "d_head": 4, "d_mlp": 12},
             "frac_train": {{fraction}}, "seed": {{seed}}, "num_epochs": {{epochs}}, "checkpoints": 8, "log_every": 5}
            """);

    public static TrainingOptions Options(string folder, ExperimentConfig? config = null, bool resume = false) =>
        new() { Config = config ?? Config(), Folder = folder, Device = "cpu", Resume = resume };

    /// <summary>Runs without showing progress; stops at an epoch where one is given.</summary>
    public static TrainingSummary Train(TrainingOptions options, int? stopAt = null)
    {
        using var cancellation = new CancellationTokenSource();
        using var progress = new StoppingProgress(cancellation, stopAt);
        return new Trainer(TimeProvider.System).Run(options, progress, cancellation.Token);
    }

    private sealed class StoppingProgress(CancellationTokenSource cancellation, int? stopAt) : ITrainingProgress
    {
        public void Report(int epoch, int epochs, MetricsRow latest, bool force = false)
        {
            if (epoch == stopAt)
            {
                cancellation.Cancel();
            }
        }

        public void Dispose()
        {
        }
    }
}
