using System.CommandLine;
using Toolkit.Capture;
using Toolkit.CommandLine;
using Toolkit.Formats.Runs;

namespace Toolkit.Inspect.Commands;

/// <summary><c>inspect merge</c>: a complete run of finished shards.</summary>
internal static class MergeCommand
{
    public static Command Create(Terminal terminal)
    {
        var run = new Argument<string>("RUN") { Description = "The run directory that all shards wrote." };
        var json = new Option<bool>("--json") { Description = "One JSON document instead of text." };
        var command = new Command(
            "merge", "Checks that all shards of a run are finished, merges their statistics, and completes the run.")
        {
            run,
            json,
        };
        command.SetAction((parsed, _) =>
        {
            var manifest = RunMerge.Complete(parsed.GetValue(run)!, TimeProvider.System);
            if (manifest.Plan.Covariance is not null)
            {
                CovarianceWarning.Say(terminal, parsed.GetValue(run)!);
            }

            var effects = RunReader.Open(parsed.GetValue(run)!).ReadEffects();
            var bytes = manifest.Shards.Sum(s => s.Segments.Sum(g => g.Files.Sum(f => f.Bytes)));
            if (parsed.GetValue(json))
            {
                terminal.WriteJson(new
                {
                    Run = parsed.GetValue(run),
                    Shards = manifest.Shards.Count,
                    manifest.Plan.Samples,
                    Bytes = bytes,
                    Effects = effects,
                });
            }
            else
            {
                EffectReport.Write(terminal, effects, manifest.Plan.Samples);
                terminal.Output.WriteLine(
                    $"{parsed.GetValue(run)}: {manifest.Shards.Count} "
                        + $"shard{(manifest.Shards.Count == 1 ? "" : "s")}, {manifest.Plan.Samples} samples, "
                        + $"{ByteSize.Text(bytes)}: complete.");
            }

            return Task.FromResult(ExitCode.Done);
        });
        return command;
    }
}
