using System.Globalization;
using Spectre.Console;
using Toolkit.Analysis.WeightSpectra;
using Toolkit.CommandLine;
using Toolkit.Formats;
using Toolkit.Formats.Checkpoints;
using Toolkit.Formats.Checkpoints.Scanning;
using Toolkit.Formats.Tensors;

namespace Toolkit.Inspect.Commands;

/// <summary>What <c>inspect weights</c> shows to a person: tensors, findings of the scan, spectra.</summary>
internal static class WeightsTables
{
    public static void Write(
        Terminal terminal,
        Checkpoint checkpoint,
        List<WeightSpectrum> spectra,
        List<UnreadableTensor> skipped,
        string path)
    {
        terminal.Output.WriteLine(
            $"{checkpoint.Name}: {checkpoint.Format}, {checkpoint.Tensors.Length} {(checkpoint.Tensors.Length == 1 ? "tensor" : "tensors")}, "
                + $"{checkpoint.Tensors.Sum(static tensor => tensor.SizeBytes).ToString("N0", CultureInfo.InvariantCulture)} bytes");
        var tensors = new Table().AddColumns("tensor", "type", "shape", "bytes", "stored as");
        foreach (var tensor in checkpoint.Tensors)
        {
            tensors.AddRow(
                Cell(tensor.Name),
                tensor.Type.DisplayName(),
                Cell(tensor.Shape.ToString()),
                tensor.SizeBytes.ToString("N0", CultureInfo.InvariantCulture),
                Cell(StoredAs(checkpoint, tensor)));
        }

        terminal.Write(tensors);
        foreach (var unreadable in checkpoint.Unreadable)
        {
            terminal.Output.WriteLine(
                $"not readable: {HostileText.Quote(unreadable.Name)}: {HostileText.OneLine(unreadable.Reason)}");
        }

        WriteFindings(terminal, checkpoint.Scan, path);
        if (spectra.Count > 0)
        {
            WriteSpectra(terminal, spectra);
        }

        foreach (var tensor in skipped)
        {
            terminal.Output.WriteLine(
                $"no spectrum of {HostileText.Quote(tensor.Name)}: {HostileText.OneLine(tensor.Reason)}");
        }
    }

    /// <summary>Text from the file: on one line, without control characters, without markup.</summary>
    private static string Cell(string text) => Markup.Escape(HostileText.OneLine(text));

    private static string StoredAs(Checkpoint checkpoint, CheckpointTensor tensor)
    {
        var parts = new List<string>();
        if (!tensor.IsContiguous)
        {
            parts.Add($"strides [{string.Join(", ", tensor.Strides)}]");
        }

        if (tensor.Offset > 0)
        {
            parts.Add($"from element {tensor.Offset} of '{tensor.StorageName}'");
        }

        parts.AddRange(tensor.Notes);
        if (checkpoint.Sharing(tensor) is { } sharing)
        {
            parts.Add(sharing);
        }

        return string.Join("; ", parts);
    }

    private static void WriteSpectra(Terminal terminal, List<WeightSpectrum> spectra)
    {
        var table = new Table().AddColumns(
            "weight",
            "matrix",
            "norm",
            "s1",
            "stable rank",
            "effective rank",
            "participation",
            "condition",
            "alpha (KS, p)",
            "spikes over MP",
            "random: s1, eff. rank");
        foreach (var spectrum in spectra)
        {
            var statistics = spectrum.Statistics;
            var law = statistics.PowerLaw;
            table.AddRow(
                Cell(spectrum.Name),
                Cell(spectrum.Unfolding.Length > 0 ? spectrum.Unfolding : spectrum.Shape),
                $"{statistics.FrobeniusNorm:G4}",
                $"{statistics.SpectralNorm:G4}",
                Known(statistics.StableRank, "F2"),
                $"{Known(statistics.EffectiveRank, "F1")} of {spectrum.Values.Length}",
                Known(statistics.ParticipationRatio, "F2"),
                Known(statistics.ConditionNumber, "G3"),
                law.TailCount > 0 ? $"{law.Alpha:F2} ({law.KolmogorovSmirnov:F3}, {law.PValue:F2})" : "-",
                $"{spectrum.MarchenkoPastur.Spikes}",
                $"{spectrum.Control.SpectralNorm:G4}, {Known(spectrum.Control.EffectiveRank, "F1")}");
        }

        terminal.Write(table);
        terminal.Output.WriteLine(
            "alpha: power law of the eigenvalues of WᵀW (Clauset, Shalizi, Newman), implausible where p < 0.1; "
                + "spikes: singular values over the Marchenko–Pastur edge.");
    }

    /// <summary>A number; a dash where a matrix of zeros has none.</summary>
    private static string Known(double number, string format) =>
        double.IsNaN(number) ? "-" : number.ToString(format, CultureInfo.InvariantCulture);

    public static void WriteFindings(Terminal terminal, ScanReport report, string path)
    {
        var known = report.Findings.Where(static finding => finding.Verdict == ScanVerdict.Safe).ToList();
        terminal.Output.WriteLine(
            $"scan of {Path.GetFileName(path)} ({report.Format}): {report.Verdict.ToString().ToLowerInvariant()}; "
                + $"{known.Count} known harmless names; nothing was executed");
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
