using System.CommandLine;
using Toolkit.Analysis.WeightSpectra;
using Toolkit.CommandLine;
using Toolkit.Formats;
using Toolkit.Formats.Checkpoints;
using Toolkit.Formats.Checkpoints.Scanning;
using Toolkit.Formats.Tensors;

namespace Toolkit.Inspect.Commands;

/// <summary>
/// <c>inspect weights</c>: what a checkpoint or ONNX file holds, whether it is safe to load, and the spectra of its
/// weights.
/// </summary>
internal static class WeightsCommand
{
    // Multiplications that take about a second in a decomposition, which does some ten for each counted here.
    private const double LargeWork = 4e9;

    public static Command Create(Terminal terminal)
    {
        var file = new Argument<string>("FILE")
        {
            Description = "Any checkpoint: PyTorch, TorchScript, safetensors, npy, npz, TorchSharp, ONNX … (format "
                + "by content).",
        };
        var list = new Option<bool>("--list")
        {
            Description = "List the tensors only; reads the file's tables, not its data.",
        };
        var scan = new Option<bool>("--scan")
        {
            Description = "Report only what the file holds beside data; exit code 2 if loading it in Python would "
                + "execute something.",
        };
        var json = new Option<bool>("--json") { Description = "Print one JSON document instead of tables." };
        var output = new Option<string?>("--out")
        {
            Description = "Folder for weights.parquet, weight_spectra.parquet, weights.json and charts; in a run "
                + "directory, the activations of `inspect svd` beside them. Default: nothing is written.",
        };
        var seed = new Option<int>("--seed")
        {
            Description = "Seeds the random control matrices and the p-values (default 1).",
            DefaultValueFactory = static _ => 1,
        };
        var command = new Command(
            "weights",
            "Shows the tensors, lineage, scan report and spectra of a checkpoint; nothing in it is executed.")
        {
            file, list, scan, json, output, seed,
        };
        command.SetAction((parsed, cancellation) =>
        {
            if (parsed.GetValue(list) && parsed.GetValue(scan))
            {
                throw new UsageException("--list and --scan are two different reports; give one of them.");
            }

            if (parsed.GetValue(scan) && parsed.GetValue(output) is not null)
            {
                throw new UsageException("--scan writes no files; keep its report with `--scan --json > report.json`.");
            }

            var path = parsed.GetValue(file)!;
            var asJson = parsed.GetValue(json);
            var exit = parsed.GetValue(scan)
                ? Scan(terminal, path, asJson)
                : Show(
                    terminal,
                    path,
                    parsed.GetValue(list),
                    asJson,
                    parsed.GetValue(output),
                    parsed.GetValue(seed),
                    cancellation);
            return Task.FromResult(exit);
        });
        return command;
    }

    private static int Scan(Terminal terminal, string path, bool asJson)
    {
        var report = Checkpoint.ScanFile(path);
        if (asJson)
        {
            terminal.WriteJson(
                new { File = Path.GetFileName(path), report.Format, report.Verdict, report.Failure, report.Findings });
        }
        else
        {
            WeightsTables.WriteFindings(terminal, report, path);
        }

        return report.Verdict == ScanVerdict.Dangerous
            || report.Failure is not null ? ExitCode.BadInput : ExitCode.Done;
    }

    private static int Show(
        Terminal terminal,
        string path,
        bool listOnly,
        bool asJson,
        string? output,
        int seed,
        CancellationToken cancellation)
    {
        using var checkpoint = Checkpoint.Open(path);
        if (output is not null)
        {
            AtomicFile.CreateFolder(output);
        }

        var lineages = new Dictionary<string, TensorLineage>(StringComparer.Ordinal);
        var spectra = new List<WeightSpectrum>();
        var skipped = new List<UnreadableTensor>();
        if (!listOnly)
        {
            var progress = new TensorProgress(terminal, checkpoint.Tensors.Sum(Work), LargeWork);
            foreach (var tensor in checkpoint.Tensors)
            {
                cancellation.ThrowIfCancellationRequested();
                progress.Start(tensor.Name, tensor.Shape.ToString(), Work(tensor));
                lineages.Add(tensor.Name, checkpoint.Lineage(tensor));
                if (WeightMatrix.WhyNot(tensor.Type, tensor.Shape) is { } reason)
                {
                    skipped.Add(new UnreadableTensor(tensor.Name, reason));
                }
                else if (WeightMatrix.Has(tensor.Type, tensor.Shape))
                {
                    try
                    {
                        spectra.Add(WeightSpectrum.Of(WeightMatrix.Unfold(tensor.Name, checkpoint.Read(tensor)), seed));
                    }
                    catch (BadInputException notFinite)
                    {
                        skipped.Add(new UnreadableTensor(tensor.Name, notFinite.Message));
                    }
                }
            }
        }

        var result = new
        {
            File = checkpoint.Name,
            checkpoint.Format,
            checkpoint.Scan.Verdict,
            Tensors = checkpoint.Tensors.Select(tensor => Describe(tensor, lineages.GetValueOrDefault(tensor.Name))),
            checkpoint.Unreadable,
            WithoutSpectrum = skipped,
            checkpoint.Metadata,
            checkpoint.Scan.Findings,
            Spectra = spectra.Select(Describe),
        };
        if (output is not null)
        {
            WeightsFiles.Write(output, checkpoint, spectra, terminal, result);
        }

        if (asJson)
        {
            terminal.WriteJson(result);
        }
        else
        {
            WeightsTables.Write(terminal, checkpoint, spectra, skipped, path);
        }

        return checkpoint.Scan.Verdict == ScanVerdict.Dangerous ? ExitCode.BadInput : ExitCode.Done;
    }

    /// <summary>
    /// The cost of a tensor for the progress: the multiplications of its singular values, or its elements.
    /// </summary>
    private static double Work(CheckpointTensor tensor) => WeightMatrix.Has(tensor.Type, tensor.Shape)
        ? (double)tensor.Shape.Count * Math.Min(tensor.Shape[0], tensor.Shape.Count / tensor.Shape[0])
        : tensor.Shape.Count;

    private static object Describe(CheckpointTensor tensor, TensorLineage? lineage) => new
    {
        tensor.Name,
        Type = tensor.Type.DisplayName(),
        Shape = tensor.Shape.Dimensions.ToArray(),
        tensor.SizeBytes,
        tensor.SourceType,
        Storage = tensor.StorageName,
        tensor.Offset,
        tensor.Strides,
        Transformations = lineage?.Transformations ?? tensor.Notes,
        lineage?.Sha256,
    };

    private static object Describe(WeightSpectrum spectrum) => new
    {
        spectrum.Name,
        spectrum.Shape,
        spectrum.Unfolding,
        spectrum.Rows,
        spectrum.Columns,
        spectrum.Mean,
        spectrum.Variance,
        spectrum.Statistics,
        spectrum.MarchenkoPastur,
        spectrum.Control,
        spectrum.ControlSpikes,
        SingularValues = spectrum.Values,
    };
}
