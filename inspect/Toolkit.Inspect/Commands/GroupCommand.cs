using System.CommandLine;
using System.Diagnostics;
using Toolkit.Analysis;
using Toolkit.Analysis.Progress;
using Toolkit.Analysis.Representations;
using Toolkit.CommandLine;
using Toolkit.Formats;
using Toolkit.Formats.Checkpoints;
using Toolkit.Formats.Onnx.Schema;
using Toolkit.Formats.Runs;
using Toolkit.Inspect.Results;
using Toolkit.Models.Representations;

namespace Toolkit.Inspect.Commands;

/// <summary><c>inspect group</c>: which irreps a network has learnt, and what share of everything they carry.</summary>
internal static class GroupCommand
{
    public static Command Create(Terminal terminal)
    {
        var target = new Argument<string>("MODEL")
        {
            Description = "An ONNX file of a group network, a run directory, or a folder of training output.",
        };
        var config = new Option<string>("--config")
        {
            Description = "The configuration (cfg.json). Default: the one in the model's metadata.",
        };
        var legacy = new Option<bool>("--legacy")
        {
            Description = "The published values, defects and all (wrong irreps of A5, six of S6's eleven, eightfold "
                + "losses of S6's transformers), for comparison.",
        };
        var roles = new Option<string[]>("--role")
        {
            Description =
                "What plays a role in a foreign graph. Values: hidden=VALUE, or at a position of a sequence "
                    + "hidden=VALUE@2; so also logits, readout, "
                    + "residual. Products of weights: unembed=W_out*W_U, embed_x=W_x*W[:256], transposed "
                    + "fc.weight^T; so also embed_y, readout_weights. May be repeated.",
        };
        var output = new Option<string>("--out")
        {
            Description = "The results go to DIR/results. Default: the run or training folder; for files none.",
        };
        var progress = new Option<int>("--progress")
        {
            Description = "Of a training folder also measure this many checkpoints, evenly taken: progress measures "
                + "and learning order. Default: 0, none.",
        };
        var keysOnly = new Option<bool>("--keys-only")
        {
            Description = "The keys of summary_metrics.json alone, without the analyses of later works (as --legacy).",
        };
        var against = new Option<string>("--against")
        {
            Description =
                "A published summary_metrics.json: every key is compared with the published definitions, and what "
                    + "differs or cannot be compared is "
                    + "listed (results/published.parquet). Where one differs the exit code is 3. Takes --legacy.",
        };
        var json = new Option<bool>("--json")
        {
            Description = "One JSON document with the keys of the published summary_metrics.json; without --legacy "
                + "also key_irreps and self_tests, with --against also published: how many keys agree, differ, are in "
                + "one alone, cannot be compared, and which.",
        };
        var command = new Command(
            "group",
            "The representation analysis of a group network: shares of embeddings, hidden layer, logits and loss "
                + "by irrep.")
        {
            target, config, legacy, against, roles, progress, keysOnly, output, json,
        };
        command.SetAction((parsed, cancellation) =>
        {
            var isLegacy = parsed.GetValue(legacy);
            var published = parsed.GetValue(against) is not { } summary ? null
                : isLegacy ? MeasuredRuns.Values(summary) : throw new UsageException(
                    "--against compares published definitions: give --legacy with it.");
            var network = GroupNetworkTarget.Open(
                parsed.GetValue(target)!, parsed.GetValue(config), parsed.GetValue(roles) ?? []);
            if (parsed.GetValue(progress) < 0)
            {
                throw new UsageException($"--progress {parsed.GetValue(progress)}: a number from 0 on was expected.");
            }

            var checkpoints = parsed.GetValue(progress) is > 0 and var count
                ? Checkpoints(parsed.GetValue(target)!, count) : [];
            CheckCheckpoints(network, checkpoints);
            var folder = parsed.GetValue(output) ?? network.Folder;
            if (folder is not null)
            {
                // Before anything is measured, for the reason of the checkpoints.
                ResultStore.OfRun(folder).CheckPlace();
            }

            var irreps = IrrepTable.Of(network.Task.Group);
            var spans = isLegacy ? PublishedIrreps.Of(irreps) : [.. irreps.Select(RepresentationSpan.Of)];
            var notes = new[]
            {
                network.Note,
                network.HasRolesByHand
                    ? RoleProof.Check(
                        network.Task.Group, network.Model, network.ModelPath, network.Roles, cancellation)
                    : null,
            };
            foreach (var note in notes.OfType<string>())
            {
                terminal.Log(note);
            }

            RepresentationMetrics Measure(
                ModelProto model,
                string path,
                double epoch,
                IReadOnlyList<string>? keyIrreps,
                RunReader? run,
                Action<GroupNetworkWeights, FirstPass>? more)
            {
                var weights = new GroupNetworkReader(model, path, network.Roles).ReadWeights(network.Task.Group.Order);
                using var pass = FirstPass.Of(
                    more is null ? _ => { } : terminal.Log, network, model, path, weights, run, cancellation);
                var options = new RepresentationOptions(spans)
                {
                    Legacy = isLegacy,
                    IsTransformer = network.IsTransformer,
                    Epoch = epoch,
                    KeyIrreps = keyIrreps,
                };
                var measured = RepresentationAnalysis.Measure(
                    network.Task, weights, pass.Moments, options, cancellation);
                more?.Invoke(weights, pass);
                return measured;
            }

            var beyond = new FurtherAnalyses([], []);
            var clock = Stopwatch.StartNew();
            var metrics = Measure(
                network.Model, network.ModelPath, network.Epochs, null, network.Run, (weights, pass) =>
                {
                    void Timed(string message) => terminal.Log($"{clock.Elapsed.TotalSeconds:f1} s: {message}");
                    Timed($"{spans.Count} irreps measured");
                    if (!isLegacy && !parsed.GetValue(keysOnly))
                    {
                        var source = new GroupNetworkSource(network.Model, network.ModelPath, network.Roles)
                        {
                            Captured = pass.Captured,
                        };
                        beyond = BeyondThePaper.Measure(
                            network.Task, irreps, weights, pass.Moments, source, Timed, cancellation);
                        Timed("done");
                    }
                });
            if (WrongAnswers.Of(network.ModelPath, network.Task.Group, metrics["train_acc"]) is { } doubt)
            {
                terminal.Log(doubt);
            }

            metrics = metrics with { SelfTests = [.. metrics.SelfTests, .. beyond.SelfTests] };
            List<AnalysisOutput> outputs =
                [RepresentationTables.Output(metrics, spans, network.Config.Text), .. beyond.Outputs];
            var differs = false;
            if (published is not null)
            {
                var compared = Compare(terminal, network, published, metrics);
                differs = PublishedSummary.Differs(compared);
                outputs.Add(compared);
            }
            else if (isLegacy && PublishedSummary.Caveat(network.Task.Group.Definition) is { } caveat)
            {
                terminal.Log($"Not comparable with a published summary: {caveat}.");
            }

            if (checkpoints.Count > 0)
            {
                outputs.AddRange(
                    Progress(terminal, checkpoints, (path, epoch) =>
                        Measure(TrainingCheckpoints.Model(
                            network.Config,
                            path), path, epoch, metrics.KeyIrreps, run: null, more: null), metrics.KeyIrreps));
            }

            Finish(terminal, metrics, spans, outputs, folder, parsed.GetValue(json), isLegacy);
            return Task.FromResult(
                !differs && metrics.SelfTests.All(test => test.Passed) ? ExitCode.Done : ExitCode.Failed);
        });
        return command;
    }

    private static AnalysisOutput Compare(
        Terminal terminal,
        GroupNetworkTarget network,
        IReadOnlyDictionary<string, double> published,
        RepresentationMetrics metrics)
    {
        var compared = PublishedSummary.Compare(network.Task.Group.Definition, published, metrics.Values);
        foreach (var verdict in PublishedSummary.Exceptions(compared))
        {
            terminal.Log(verdict);
        }

        return compared;
    }

    /// <summary>Looked for before anything is measured, for a long analysis would be lost with the error.</summary>
    private static IReadOnlyList<(string Path, long Epoch)> Checkpoints(string folder, int count) =>
        CheckpointSeries.Evenly(CheckpointSeries.Find(folder), count) is { Count: > 0 } checkpoints ? checkpoints
            : throw new BadInputException(
                $"{folder}: there are no checkpoints/epoch_*.safetensors; --progress needs the folder that "
                    + "`train run` wrote.");

    /// <summary>Read once before anything is measured, for the same reason.</summary>
    private static void CheckCheckpoints(
        GroupNetworkTarget network, IReadOnlyList<(string Path, long Epoch)> checkpoints)
    {
        foreach (var (path, _) in checkpoints)
        {
            try
            {
                new GroupNetworkReader(TrainingCheckpoints.Model(network.Config, path), path, network.Roles)
                    .ReadWeights(network.Task.Group.Order);
            }
            catch (BadInputException fault)
            {
                var where = fault.Message.StartsWith(path, StringComparison.Ordinal) ? string.Empty : $"{path}: ";
                throw new BadInputException(
                    $"--progress: {where}{fault.Message} Take this checkpoint away, or leave --progress out.",
                    fault);
            }
        }
    }

    private static IReadOnlyList<AnalysisOutput> Progress(
        Terminal terminal,
        IReadOnlyList<(string Path, long Epoch)> checkpoints,
        Func<string, double, RepresentationMetrics> measure,
        IReadOnlyList<string> keyIrreps)
    {
        var measured = new List<RepresentationMetrics>();
        foreach (var (path, epoch) in checkpoints)
        {
            measured.Add(measure(path, epoch));
            terminal.Log(
                $"{measured.Count} of {checkpoints.Count}: epoch {epoch}, test loss "
                    + $"{TableView.Cell(measured[^1]["test_loss"])}");
        }

        terminal.Log(
            $"learnt in this order: {string.Join(", ", LearningProgress.Order(measured, keyIrreps).Select(item =>
                item.Epoch is { } epoch ? $"{item.Irrep} (epoch {epoch})" : $"{item.Irrep} (never over {LearningProgress.LearntSimilarity})"))}");
        return LearningProgress.Outputs(measured, keyIrreps);
    }

    private static void Finish(
        Terminal terminal,
        RepresentationMetrics metrics,
        IReadOnlyList<RepresentationSpan> spans,
        List<AnalysisOutput> outputs,
        string? folder,
        bool json,
        bool isLegacy)
    {
        if (folder is not null)
        {
            var results = ResultStore.OfRun(folder);
            results.Write(outputs);
            terminal.Log($"wrote {string.Join(", ", outputs.Select(output => output.Name))} to {results.Folder}");
        }

        if (json)
        {
            terminal.WriteJson(!isLegacy ? RepresentationTables.Document(metrics)
                : outputs.Find(output => output.Name == PublishedSummary.Name) is { } compared
                ? RepresentationTables.Document(metrics, compared) : metrics.Values);
        }
        else
        {
            GroupView.Write(terminal, metrics, spans, outputs);
        }

        ReportSelfTests(terminal, metrics);
    }

    private static void ReportSelfTests(Terminal terminal, RepresentationMetrics metrics)
    {
        foreach (var test in metrics.SelfTests.Where(test => !test.Passed))
        {
            terminal.Log(
                $"SELF-TEST FAILED: {test.Name} is {test.Found:R}, expected "
                    + $"{(test.Relation == SelfTestRelation.AtMost ? "at most " : string.Empty)}{test.Expected:R}. Do "
                    + "not trust these numbers.");
        }
    }
}
