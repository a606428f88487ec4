using System.CommandLine;
using Spectre.Console;
using Toolkit.CommandLine;
using Toolkit.Train.Progress;
using Toolkit.Train.Training;

namespace Toolkit.Train.Commands;

/// <summary><c>train run CONFIG.json</c>.</summary>
internal static class RunCommand
{
    public static Command Create(Terminal terminal)
    {
        var config = new Argument<string>("config")
        {
            Description = "The configuration: JSON in the published cfg.json format (see models/experiments).",
        };
        var folder = new Option<string?>("--out")
        {
            Description = "Folder for the run's files. Default: runs/ and the configuration's file name.",
        };
        var epochs = new Option<int?>("--epochs")
        {
            Description = "Optimiser steps over all training pairs, in place of the configuration's num_epochs.",
        };
        var seed = new Option<long?>("--seed")
        {
            Description = "Seed of the split and of the initial weights, in place of the configuration's.",
        };
        var device = new Option<string>("--device")
        {
            Description = "cpu, cuda, cuda:N, or auto: CUDA where there is one.",
            DefaultValueFactory = _ => "auto",
        };
        var threads = new Option<int?>("--threads")
        {
            Description = "Threads of the computation. Default: what suits the network's size; a resumed run keeps "
                + "its own.",
        };
        var resume = new Option<bool>("--resume")
        {
            Description = "Go on with the run that the folder holds; without one, start it. Default: off.",
        };
        var json = new Option<bool>("--json") { Description = "Print the summary as one JSON document. Default: off." };
        var command = new Command(
            "run", "Trains one network, keeps checkpoints and metrics, and exports model.onnx, proved in ONNX Runtime.")
        {
            config, folder, epochs, seed, device, threads, resume, json,
        };
        NumericOptions.Limit(threads, 1, int.MaxValue, "--threads must be at least 1.");
        command.SetAction((parseResult, cancellation) => Task.Run(
            () =>
            {
                var path = parseResult.GetRequiredValue(config);
                var options = new TrainingOptions
                {
                    Config = ConfigurationOverrides.Load(
                        path, parseResult.GetValue(epochs), parseResult.GetValue(seed)),
                    Folder = parseResult.GetValue(folder) ?? DefaultFolder(path, parseResult.GetValue(seed)),
                    Device = parseResult.GetRequiredValue(device),
                    Threads = parseResult.GetValue(threads),
                    Resume = parseResult.GetValue(resume),
                };
                using var progress = ProgressFactory.Create(terminal);
                var summary = new Trainer(TimeProvider.System).Run(options, progress, cancellation);
                progress.Dispose();
                if (parseResult.GetValue(json))
                {
                    terminal.WriteJson(summary);
                }
                else
                {
                    terminal.Write(ToTable(summary));
                }

                return ExitCode.Done;
            },
            CancellationToken.None));
        return command;
    }

    private static string DefaultFolder(string config, long? seed) =>
        Path.Combine("runs", Path.GetFileNameWithoutExtension(config) + (seed is null ? string.Empty : $"-seed{seed}"));

    private static Table ToTable(TrainingSummary summary)
    {
        var table = new Table().AddColumns(summary.Name, string.Empty).Border(TableBorder.Rounded);
        table.AddRow(
            "epochs",
            $"{summary.Epochs:N0} in {summary.Seconds:F1} s ({summary.StepsPerSecond:N0} steps/s, {summary.Threads} "
                + $"thread{(summary.Threads == 1 ? string.Empty : "s")}, {summary.Device})");
        table.AddRow(
            "train",
            $"loss {summary.TrainLoss:G4}, accuracy {summary.TrainAccuracy:P2} of {summary.TrainPairs:N0} pairs");
        table.AddRow(
            "test", $"loss {summary.TestLoss:G4}, accuracy {summary.TestAccuracy:P2} of {summary.TestPairs:N0} pairs");
        table.AddRow(
            "generalised",
            summary.GeneralisedAtEpoch is { } epoch ? $"from epoch {epoch:N0} on (test accuracy 99 % or more)" : "no");
        table.AddRow(
            "export",
            $"proved: {summary.ExportValues} values on {summary.ExportPairs:N0} pairs differ by "
                + $"{summary.ExportMaxAbsDifference:G3} at most");
        table.AddRow("model", Markup.Escape(summary.Onnx!));
        return table;
    }
}
