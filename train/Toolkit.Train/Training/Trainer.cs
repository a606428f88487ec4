using Toolkit.Formats;
using Toolkit.Formats.Tensors;
using Toolkit.Models.Networks;
using Toolkit.Models.Tasks;
using Toolkit.Train.Export;
using Toolkit.Train.Progress;
using Toolkit.Train.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace Toolkit.Train.Training;

/// <summary>
/// Trains one network by the published recipe: full batch, AdamW, constant learning rate; then exports it, proved. It
/// can stop at any step and go on, and the result is that of the uninterrupted run, bit for bit.
/// </summary>
/// <param name="time">The clock.</param>
/// <remarks>Thread counts are Torch's own, per process: runs side by side must agree on them.</remarks>
internal sealed class Trainer(TimeProvider time)
{
    // Under this many multiply-adds per step the second thread costs more than it brings (S4: 403 pairs, 1.6e6).
    private const long SmallStep = 20_000_000;

    /// <summary>Runs to the last epoch.</summary>
    /// <param name="options">The run.</param>
    /// <param name="progress">Shows how far it is.</param>
    /// <param name="cancellation">Stops it after the current step, with everything saved.</param>
    /// <returns>What it came to.</returns>
    /// <exception cref="BadInputException">The folder or the device cannot be used.</exception>
    /// <exception cref="OperationCanceledException">It was stopped; the state is saved.</exception>
    public TrainingSummary Run(TrainingOptions options, ITrainingProgress progress, CancellationToken cancellation)
    {
        var config = options.Config;
        var device = TorchDevice.Resolve(options.Device);
        var task = config.CreateTask();
        var network = GroupNetworkFactory.Create(config, task.Group.Order);
        using var folder = new RunFolder(options.Folder);
        var saved = folder.Open(config, options.Resume);
        var threads = options.Threads ?? saved?.Threads ?? SuitableThreads(network, task);
        if (saved is not null && saved.Threads != threads)
        {
            throw new BadInputException(
                $"{options.Folder}: was trained with {saved.Threads} threads; with {threads} the numbers would "
                    + $"differ in their last bits. Use --threads {saved.Threads}.");
        }

        torch.set_num_threads(threads);
        using var scope = NewDisposeScope();
        using var parameters = saved is null
            ? TorchParameters.Draw(network, config.Seed, device)
            : TorchParameters.From(network, Part(saved.Tensors, "parameter."), device);
        using var optimizer = new AdamW(
            parameters, new AdamWOptions(config.LearningRate, config.Beta1, config.Beta2, config.WeightDecay));
        if (saved is not null)
        {
            optimizer.Restore(saved.OptimizerSteps, saved.Tensors);
        }

        var epoch = saved?.Epoch ?? 0;
        var metrics = MetricsLog.Read(folder.Metrics, epoch);
        using var train = new PairBatch(task, task.TrainPairs, device);
        using var test = new PairBatch(task, task.TestPairs, device);
        var ops = new TorchTensorOps(parameters.All);
        var schedule = CheckpointSchedule.Epochs(config.Epochs, config.Checkpoints);

        var firstEpoch = epoch;
        var start = time.GetTimestamp();
        var lastSave = start;
        var (lastLog, lastLogEpoch) = (start, epoch);
        MetricsRow? latest = null;
        for (; ; epoch++)
        {
            using var step = NewDisposeScope();
            var logits = network.Forward(ops, train.A, train.B);                    // [train pairs, n]

            var isDue = epoch % config.LogEvery == 0 || epoch == config.Epochs;
            if (isDue || latest is null)
            {
                latest = Evaluate(logits);
                (lastLog, lastLogEpoch) = (time.GetTimestamp(), epoch);
                if (isDue)
                {
                    metrics.Add(latest);
                }
            }

            if (schedule.Contains(epoch) && (epoch > firstEpoch || saved is null))
            {
                folder.WriteCheckpoint(epoch, parameters.ToHost());
            }

            var isLast = epoch == config.Epochs;
            progress.Report(epoch, config.Epochs, latest, isLast);
            if (isLast || cancellation.IsCancellationRequested || time.GetElapsedTime(lastSave) >= options.SaveEvery)
            {
                folder.WriteState(State(), metrics);
                lastSave = time.GetTimestamp();
            }

            if (isLast)
            {
                break;
            }

            if (cancellation.IsCancellationRequested)
            {
                WriteSummary(Summarize("cancelled"));
                throw new OperationCanceledException(cancellation);
            }

            var gradient = train.Loss.Gradient(logits);                             // [train pairs, n]
            logits.backward([gradient]);
            optimizer.Step();
        }

        var trained = Summarize("finished");
        var proof = new ExportProof(options.ExportTolerance).ExportProved(
            network, parameters, ModelMetadata.Create(config, task, network, Lineage()), folder.Model);
        var summary = trained with
        {
            Onnx = folder.Model,
            ExportMaxAbsDifference = proof.MaxAbsDifference,
            ExportMaxRelativeDifference = proof.MaxRelativeDifference,
            ExportValues = proof.Values,
            ExportPairs = proof.Pairs,
        };
        WriteSummary(summary);
        return summary;

        MetricsRow Evaluate(Tensor trainLogits)
        {
            using var quiet = no_grad();
            var (trainLoss, trainAccuracy) = train.Loss.Evaluate(trainLogits);
            var (testLoss, testAccuracy) = test.Count == 0
                ? (double.NaN, double.NaN)
                : test.Loss.Evaluate(network.Forward(ops, test.A, test.B));
            var seconds = time.GetElapsedTime(lastLog).TotalSeconds;
            return new MetricsRow(
                epoch, trainLoss, testLoss, trainAccuracy, testAccuracy, parameters.SumOfSquares(),
                epoch > lastLogEpoch ? (epoch - lastLogEpoch) / seconds : double.NaN);
        }

        SavedState State() => new(
            epoch, optimizer.Steps, threads, (saved?.Seconds ?? 0) + time.GetElapsedTime(start).TotalSeconds,
            parameters.ToHost().Select(parameter => ($"parameter.{parameter.Key}", parameter.Value))
                .Concat(optimizer.State().Select(state => (state.Name, TorchParameters.ToHost(state.Tensor))))
                .ToDictionary(pair => pair.Item1, pair => pair.Item2, StringComparer.Ordinal));

        TrainingSummary Summarize(string status)
        {
            var seconds = time.GetElapsedTime(start).TotalSeconds;
            var last = latest!;
            return new TrainingSummary
            {
                Status = status,
                Name = config.Name,
                Architecture = network.Architecture,
                Group = task.Group.Name,
                Order = task.Group.Order,
                Epochs = epoch,
                ResumedFrom = firstEpoch,
                TrainPairs = train.Count,
                TestPairs = test.Count,
                Seed = config.Seed,
                Device = device.ToString(),
                Threads = threads,
                Seconds = (saved?.Seconds ?? 0) + seconds,
                StepsPerSecond = epoch > firstEpoch ? (epoch - firstEpoch) / seconds : 0,
                TrainLoss = last.TrainLoss,
                TestLoss = last.TestLoss,
                TrainAccuracy = last.TrainAccuracy,
                TestAccuracy = last.TestAccuracy,
                SumOfSquaredWeights = last.SumOfSquaredWeights,
                GeneralisedAtEpoch = GeneralisedAt(metrics.Rows),
                Folder = folder.FullPath,
            };
        }

        System.Text.Json.Nodes.JsonObject Lineage() => new()
        {
            ["made_by"] = "train run",
            ["tool_version"] = ToolVersion.Text,
            ["torch_sharp"] = typeof(torch).Assembly.GetName().Version?.ToString(3),
            ["name"] = config.Name,
            ["epochs"] = epoch,
            ["seed"] = config.Seed,
            ["threads"] = threads,
            ["device"] = device.ToString(),
        };

        void WriteSummary(TrainingSummary written) =>
            AtomicFile.WriteText(folder.Summary, TrainingSummaryJson.Write(written));
    }

    private static Dictionary<string, HostTensor> Part(
        IReadOnlyDictionary<string, HostTensor> tensors, string prefix) =>
        tensors.Where(tensor => tensor.Key.StartsWith(prefix, StringComparison.Ordinal))
            .ToDictionary(tensor => tensor.Key[prefix.Length..], tensor => tensor.Value, StringComparer.Ordinal);

    private static int? GeneralisedAt(IReadOnlyList<MetricsRow> rows)
    {
        int? since = null;
        foreach (var row in rows)
        {
            since = row.TestAccuracy >= 0.99 ? since ?? row.Epoch : null;
        }

        return since;
    }

    private static int SuitableThreads(GroupNetwork network, GroupTask task)
    {
        // The unembedding is the largest product of every network here: pairs × (rows of W_U) × n.
        var unembed = network.Parameters.Single(parameter => parameter.Name.EndsWith("W_U", StringComparison.Ordinal));
        return task.TrainPairs.Length * unembed.Shape.Count < SmallStep ? 1 : Environment.ProcessorCount;
    }
}
