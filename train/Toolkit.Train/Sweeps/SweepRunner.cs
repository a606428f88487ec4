using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using Toolkit.Models.Configuration;
using Toolkit.Train.Progress;
using Toolkit.Train.Training;

namespace Toolkit.Train.Sweeps;

/// <summary>
/// Trains the runs of a sweep, several side by side, each on one thread: two runs of two threads on two cores would
/// spin against each other and take six times as long. A run that is finished is not repeated, one that was interrupted
/// goes on.
/// </summary>
/// <param name="trainer">Trains one run.</param>
/// <param name="log">Takes a line when a run ends.</param>
internal sealed class SweepRunner(Trainer trainer, Action<string> log)
{
    /// <summary>Trains.</summary>
    /// <param name="runs">The runs.</param>
    /// <param name="folder">Takes a folder per run, by the run's name.</param>
    /// <param name="parallel">How many side by side, at least 1.</param>
    /// <param name="device">As <see cref="TrainingOptions.Device"/>.</param>
    /// <param name="cancellation">Stops all; their states are saved.</param>
    /// <returns>What each came to, in the order of <paramref name="runs"/>.</returns>
    public IReadOnlyList<TrainingSummary> Run(
        IReadOnlyList<ExperimentConfig> runs,
        string folder,
        int parallel,
        string device,
        CancellationToken cancellation)
    {
        var summaries = new TrainingSummary[runs.Count];
        var waiting = new ConcurrentQueue<int>(Enumerable.Range(0, runs.Count));
        var failures = new ConcurrentQueue<Exception>();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);

        // Threads of their own: Torch's thread count and gradient mode belong to the thread.
        var workers = Enumerable.Range(0, Math.Min(parallel, runs.Count)).Select(_ => new Thread(Work)).ToList();
        workers.ForEach(worker => worker.Start());
        workers.ForEach(worker => worker.Join());
        cancellation.ThrowIfCancellationRequested();
        if (failures.TryDequeue(out var failure))
        {
            ExceptionDispatchInfo.Throw(failure);
        }

        return summaries;

        void Work()
        {
            while (!stop.IsCancellationRequested && waiting.TryDequeue(out var i))
            {
                try
                {
                    summaries[i] = RunOne(runs[i], Path.Combine(folder, runs[i].Name), device, stop.Token);
                    log(Line(summaries[i], i + 1, runs.Count));
                }
                catch (OperationCanceledException)
                {
                    return;
                }
#pragma warning disable CA1031 // Crosses a thread: thrown again by the caller.
                catch (Exception fault)
#pragma warning restore CA1031
                {
                    failures.Enqueue(fault);
                    stop.Cancel();
                }
            }
        }
    }

    private static string Line(TrainingSummary summary, int number, int count) =>
        $"{number}/{count} {summary.Name}: train {summary.TrainLoss:G3}, test {summary.TestLoss:G3} "
            + $"({summary.TestAccuracy * 100:F1} %), "
        + $"{summary.StepsPerSecond:N0} steps/s";

    private TrainingSummary RunOne(
        ExperimentConfig config, string folder, string device, CancellationToken cancellation)
    {
        using var silent = new SilentProgress();
        return trainer.Run(
            new TrainingOptions { Config = config, Folder = folder, Device = device, Threads = 1, Resume = true },
            silent,
            cancellation);
    }

    private sealed class SilentProgress : ITrainingProgress
    {
        public void Report(int epoch, int epochs, MetricsRow latest, bool force = false)
        {
        }

        public void Dispose()
        {
        }
    }
}
