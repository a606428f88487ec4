using System.CommandLine;
using System.Globalization;
using Spectre.Console;
using Toolkit.Analysis.Charts;
using Toolkit.Analysis.Spectra;
using Toolkit.Analysis.WeightSpectra;
using Toolkit.Charts;
using Toolkit.CommandLine;
using Toolkit.Formats;
using Toolkit.Formats.Checkpoints;
using Toolkit.Formats.Checkpoints.Scanning;
using Toolkit.Formats.Tables;
using Toolkit.Formats.Tensors;
using Toolkit.Inspect.Results;
using Table = Spectre.Console.Table;

namespace Toolkit.Inspect.Commands;

/// <summary><c>inspect weights</c>: what a checkpoint or ONNX file holds, whether it is safe to load, and the spectra of its weights.</summary>
internal static class WeightsCommand
{
    public static Command Create(Terminal terminal)
    {
        var file = new Argument<string>("FILE") { Description = "Any checkpoint: PyTorch, TorchScript, safetensors, npy, npz, TorchSharp, ONNX … (format by content)." };
        var list = new Option<bool>("--list") { Description = "List the tensors only; reads the file's tables, not its data." };
        var scan = new Option<bool>("--scan") { Description = "Report only what the file holds beside data; exit code 2 if loading it in Python would execute something." };
        var json = new Option<bool>("--json") { Description = "Print one JSON document instead of tables." };
        var output = new Option<string?>("--out") { Description = "Folder for weights.parquet, weight_spectra.parquet, weights.json and charts; in a run directory, the activations of `inspect svd` beside them. Default: nothing is written." };
        var seed = new Option<int>("--seed") { Description = "Seeds the random control matrices and the p-values (default 1).", DefaultValueFactory = static _ => 1 };
        var command = new Command("weights", "Shows the tensors, lineage, scan report and spectra of a checkpoint; nothing in it is executed.")
        {
            file, list, scan, json, output, seed,
        };
        command.SetAction((parsed, cancellation) =>
        {
            if (parsed.GetValue(list) && parsed.GetValue(scan))
            {
                throw new UsageException("--list and --scan are two different reports; give one of them.");
            }

            var path = parsed.GetValue(file)!;
            var asJson = parsed.GetValue(json);
            var exit = parsed.GetValue(scan)
                ? Scan(terminal, path, asJson)
                : Show(terminal, path, parsed.GetValue(list), asJson, parsed.GetValue(output), parsed.GetValue(seed), cancellation);
            return Task.FromResult(exit);
        });
        return command;
    }

    private static int Scan(Terminal terminal, string path, bool asJson)
    {
        var report = Checkpoint.ScanFile(path);
        if (asJson)
        {
            terminal.WriteJson(new { File = Path.GetFileName(path), report.Format, report.Verdict, report.Failure, report.Findings });
        }
        else
        {
            WriteFindings(terminal, report, path);
        }

        return report.Verdict == ScanVerdict.Dangerous || report.Failure is not null ? ExitCode.BadInput : ExitCode.Done;
    }

    private static int Show(
        Terminal terminal, string path, bool listOnly, bool asJson, string? output, int seed, CancellationToken cancellation)
    {
        using var checkpoint = Checkpoint.Open(path);
        var lineages = new Dictionary<string, TensorLineage>(StringComparer.Ordinal);
        var spectra = new List<WeightSpectrum>();
        var skipped = new List<UnreadableTensor>();
        if (!listOnly)
        {
            var progress = new WeightsProgress(terminal, checkpoint.Tensors.Sum(Work));
            foreach (var tensor in checkpoint.Tensors)
            {
                cancellation.ThrowIfCancellationRequested();
                progress.Start(tensor.Name);
                lineages.Add(tensor.Name, checkpoint.Lineage(tensor));
                if (WeightMatrix.Has(tensor.Type, tensor.Shape))
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

                progress.Add(Work(tensor));
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
            Write(output, checkpoint, spectra, terminal, result);
        }

        if (asJson)
        {
            terminal.WriteJson(result);
        }
        else
        {
            WriteTables(terminal, checkpoint, spectra, skipped, path);
        }

        return checkpoint.Scan.Verdict == ScanVerdict.Dangerous ? ExitCode.BadInput : ExitCode.Done;
    }

    /// <summary>The cost of a tensor for the progress: the multiplications of its singular values, or its elements.</summary>
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
        SingularValues = spectrum.Values,
    };

    private static void Write(string folder, Checkpoint checkpoint, List<WeightSpectrum> spectra, Terminal terminal, object result)
    {
        // A run directory keeps results and charts apart; any other folder takes them as they are.
        var isRun = File.Exists(Path.Combine(folder, "manifest.json"));
        var results = isRun ? Path.Combine(folder, "results") : folder;
        Directory.CreateDirectory(results);
        using (var text = new StringWriter())
        {
            new Terminal(text, TextWriter.Null, interactive: false).WriteJson(result);
            AtomicFile.WriteText(Path.Combine(results, "weights.json"), text.ToString());
        }

        if (spectra.Count == 0)
        {
            return;
        }

        ParquetTable.Write(Path.Combine(results, "weights.parquet"), WeightSpectraTables.Summary(spectra));
        ParquetTable.Write(Path.Combine(results, "weight_spectra.parquet"), WeightSpectraTables.Values(spectra));
        var charts = new List<(string Name, ChartSpec Chart)>
        {
            ("weight_spectra", WeightSpectraCharts.Spectra(spectra, checkpoint.Name)),
            ("weight_overview", WeightSpectraCharts.Overview(spectra, checkpoint.Name)),
        };
        var activations = isRun ? Activations(folder) : [];
        if (activations.Count > 0)
        {
            ParquetTable.Write(Path.Combine(results, "weights_and_activations.parquet"), WeightSpectraTables.WithActivations(spectra, activations));
            charts.Add(("weights_and_activations", WeightSpectraCharts.WithActivations(spectra, activations, checkpoint.Name)));
        }

        foreach (var (name, chart) in charts)
        {
            var stem = Path.Combine(folder, "charts", name);
            AtomicFile.Write(stem + ".json", stream => stream.Write(ChartJson.Write(chart)));
            AtomicFile.Write(stem + ".png", stream => stream.Write(ChartRenderer.Png(chart)));
        }

        terminal.Log($"Wrote weights.parquet, weight_spectra.parquet, weights.json to {results} and {charts.Count} charts to {Path.Combine(folder, "charts")}.");
    }

    /// <summary>What <c>inspect svd RUN</c> found about the run's activations.</summary>
    private static List<Spectrum> Activations(string run)
    {
        var store = ResultStore.OfRun(run);
        return store.TryRead(SpectraTables.Values) is { } values && store.TryRead(SpectraTables.Summaries) is { } summaries
            ? [.. SpectraTables.Read(values, summaries).Where(static spectrum => spectrum.Kind == MatrixKind.Activation)]
            : [];
    }

    private static void WriteTables(
        Terminal terminal, Checkpoint checkpoint, List<WeightSpectrum> spectra, List<UnreadableTensor> skipped, string path)
    {
        terminal.Output.WriteLine(
            $"{checkpoint.Name}: {checkpoint.Format}, {checkpoint.Tensors.Length} tensors, {checkpoint.Tensors.Sum(static tensor => tensor.SizeBytes).ToString("N0", CultureInfo.InvariantCulture)} bytes");
        var tensors = new Table().AddColumns("tensor", "type", "shape", "bytes", "stored as");
        foreach (var tensor in checkpoint.Tensors)
        {
            tensors.AddRow(
                Cell(tensor.Name),
                tensor.Type.DisplayName(),
                Cell(tensor.Shape.ToString()),
                tensor.SizeBytes.ToString("N0", CultureInfo.InvariantCulture),
                Cell(StoredAs(tensor)));
        }

        terminal.Write(tensors);
        foreach (var unreadable in checkpoint.Unreadable)
        {
            terminal.Output.WriteLine($"not readable: {HostileText.Quote(unreadable.Name)}: {HostileText.OneLine(unreadable.Reason)}");
        }

        WriteFindings(terminal, checkpoint.Scan, path);
        if (spectra.Count > 0)
        {
            WriteSpectra(terminal, spectra);
        }

        foreach (var tensor in skipped)
        {
            terminal.Output.WriteLine($"no spectrum of {HostileText.Quote(tensor.Name)}: {HostileText.OneLine(tensor.Reason)}");
        }
    }

    /// <summary>Text from the file: on one line, without control characters, without markup.</summary>
    private static string Cell(string text) => Markup.Escape(HostileText.OneLine(text));

    private static string StoredAs(CheckpointTensor tensor)
    {
        var parts = new List<string>();
        if (!tensor.IsContiguous)
        {
            parts.Add($"strides [{string.Join(", ", tensor.Strides)}]");
        }

        if (tensor.Offset > 0)
        {
            parts.Add($"offset {tensor.Offset} in '{tensor.StorageName}'");
        }

        parts.AddRange(tensor.Notes);
        return string.Join("; ", parts);
    }

    private static void WriteSpectra(Terminal terminal, List<WeightSpectrum> spectra)
    {
        var table = new Table().AddColumns(
            "weight", "matrix", "norm", "s1", "stable rank", "effective rank", "participation", "condition", "alpha (KS, p)", "spikes over MP", "random: s1, eff. rank");
        foreach (var spectrum in spectra)
        {
            var statistics = spectrum.Statistics;
            var law = statistics.PowerLaw;
            table.AddRow(
                Cell(spectrum.Name),
                Cell(spectrum.Unfolding.Length > 0 ? spectrum.Unfolding : spectrum.Shape),
                $"{statistics.FrobeniusNorm:G4}",
                $"{statistics.SpectralNorm:G4}",
                $"{statistics.StableRank:F2}",
                $"{statistics.EffectiveRank:F1} of {spectrum.Values.Length}",
                $"{statistics.ParticipationRatio:F2}",
                $"{statistics.ConditionNumber:G3}",
                law.TailCount > 0 ? $"{law.Alpha:F2} ({law.KolmogorovSmirnov:F3}, {law.PValue:F2})" : "-",
                $"{spectrum.MarchenkoPastur.Spikes}",
                $"{spectrum.Control.SpectralNorm:G4}, {spectrum.Control.EffectiveRank:F1}");
        }

        terminal.Write(table);
        terminal.Output.WriteLine(
            "alpha: power law of the eigenvalues of WᵀW (Clauset, Shalizi, Newman), implausible where p < 0.1; spikes: singular values over the Marchenko–Pastur edge.");
    }

    private static void WriteFindings(Terminal terminal, ScanReport report, string path)
    {
        var known = report.Findings.Where(static finding => finding.Verdict == ScanVerdict.Safe).ToList();
        terminal.Output.WriteLine(
            $"scan of {Path.GetFileName(path)} ({report.Format}): {report.Verdict.ToString().ToLowerInvariant()}; {known.Count} known harmless names; nothing was executed");
        var others = report.Findings.Where(static finding => finding.Verdict != ScanVerdict.Safe).ToList();
        if (others.Count > 0)
        {
            var table = new Table().AddColumns("verdict", "name", "where", "byte", "times", "called", "why");
            foreach (var finding in others)
            {
                table.AddRow(
                    finding.Verdict.ToString().ToLowerInvariant(),
                    Cell(finding.Subject),
                    Cell(finding.Where),
                    $"{finding.Position}",
                    $"{finding.Occurrences}",
                    finding.IsCalled ? "yes" : "no",
                    Cell(finding.Reason));
            }

            terminal.Write(table);
        }

        if (report.Failure is not null)
        {
            terminal.Log($"error: {report.Failure}");
        }
    }
}
