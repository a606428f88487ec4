using System.CommandLine;
using Toolkit.Capture.Planning;
using Toolkit.CommandLine;
using Toolkit.Formats;
using Toolkit.Formats.Checkpoints;
using Toolkit.Formats.Checkpoints.Conversion;
using Toolkit.Formats.Checkpoints.Scanning;

namespace Toolkit.Inspect.Commands;

/// <summary><c>inspect convert</c>: a checkpoint in another format, bit for bit.</summary>
internal static class ConvertCommand
{
    private const double LargeBytes = 1 << 30;

    public static Command Create(Terminal terminal)
    {
        var source = new Argument<string>("A") { Description = "The checkpoint to read (format by content)." };
        var target = new Argument<string>("B")
        {
            Description = "The file to write: .safetensors, .npz, .npy (one tensor) or .parquet (one row per tensor: "
                + "values, integers or unsigned), by its extension.",
        };
        var tensors = new Option<string[]>("--tensors")
        {
            Description = "Only these tensors: a name with * and ?. May be repeated. Default: all.",
        };
        var json = new Option<bool>("--json") { Description = "Print one JSON document instead of a line." };
        var command = new Command(
            "convert",
            "Writes a checkpoint's tensors in another format, bit-exact or not at all.")
        {
            source, target, tensors, json,
        };
        command.SetAction((parsed, cancellation) =>
        {
            using var checkpoint = Checkpoint.Open(parsed.GetValue(source)!);
            if (checkpoint.Scan.Verdict == ScanVerdict.Dangerous)
            {
                terminal.Log(
                    $"warning: {checkpoint.Name} would execute code if Python loaded it; only its tensors are copied.");
            }

            var patterns = parsed.GetValue(tensors) ?? [];
            CheckPatterns(checkpoint, patterns);
            var isWanted = (string name) =>
                patterns.Length == 0 || patterns.Any(pattern => pattern == name || Wildcard.Matches(pattern, name));
            var path = parsed.GetValue(target)!;
            var progress = new TensorProgress(
                terminal,
                checkpoint.Tensors.Sum(tensor => isWanted(tensor.Name) ? (double)tensor.SizeBytes : 0),
                LargeBytes);
            var count = CheckpointConverter.Convert(
                checkpoint,
                path,
                isWanted,
                tensor => progress.Start(tensor.Name, tensor.Shape.ToString(), tensor.SizeBytes),
                cancellation);
            if (parsed.GetValue(json))
            {
                terminal.WriteJson(new
                {
                    Source = checkpoint.Name,
                    checkpoint.Format,
                    Target = path,
                    Tensors = count,
                    Bytes = new FileInfo(path).Length,
                });
            }
            else
            {
                terminal.Output.WriteLine(
                    $"{path}: {count} {(count == 1 ? "tensor" : "tensors")} of {checkpoint.Name} "
                        + $"({checkpoint.Format}), every bit kept");
            }

            return Task.FromResult(ExitCode.Done);
        });
        return command;
    }

    private static void CheckPatterns(Checkpoint checkpoint, string[] patterns)
    {
        string[] names =
        [
            .. checkpoint.Tensors.Select(static tensor => tensor.Name),
            .. checkpoint.Unreadable.Select(static tensor => tensor.Name),
        ];
        foreach (var pattern in patterns)
        {
            if (!names.Any(name => pattern == name || Wildcard.Matches(pattern, name)))
            {
                throw new BadInputException(
                    $"{checkpoint.Name}: no tensor matches '{pattern}'.{NearestName.Hint(pattern, names)} List them "
                        + $"with `inspect weights {checkpoint.Name} --list`.");
            }
        }
    }
}
