using System.CommandLine;
using System.Globalization;
using Spectre.Console;
using Toolkit.Analysis.Spectra;
using Toolkit.CommandLine;
using Toolkit.Formats;
using Toolkit.Inspect.Processes;
using Toolkit.Inspect.Results;

namespace Toolkit.Inspect.Commands;

/// <summary>
/// <c>inspect svd</c>: singular values of weights, effective embeddings, the natural representation, and captured
/// values.
/// </summary>
internal static class SvdCommand
{
    private const int PrintedValues = 20;

    public static Command Create(Terminal terminal)
    {
        var target = new Argument<string>("RUN")
        {
            Description = "A run directory, a folder of training output, an ONNX file, or a checkpoint.",
        };
        var tensor = new Option<string[]>("--tensor")
        {
            Description =
                "A weight, a role (embed_x), natural(GROUP), or in a run a captured value. May be repeated. Default: "
                    + "every weight, "
                    + "every effective product of weights, and the natural representation.",
        };
        var rank = new Option<int?>("--rank")
        {
            Description =
                "A rank, 1 or more: shows what the best approximation of that rank keeps, and that many values. Of "
                    + "captured values with over "
                    + "2048 features also how many values are computed. Default: 20 values are shown; of such wide "
                    + "values 64 are computed.",
        };
        var centred = new Option<bool>("--centred")
        {
            Description = "Of captured values: subtract the mean row first, so that the shares are those of the "
                + "principal components. Named centred(NAME).",
        };
        var output = new Option<string>("--out")
        {
            Description = "The folder that svd.parquet, spectra.parquet, components.parquet and their .json go to. "
                + "Default: RUN/results; for files none.",
        };
        var json = new Option<bool>("--json") { Description = "One JSON document instead of a table." };
        var command = new Command(
            "svd",
            "Singular values: explained variance, effective rank (entropy), stable rank, participation ratio. Of "
                + "captured values also the samples' "
            + "projections on the first principal components. Nothing is centred but the components. Of values that "
            + "a run measured and did not "
            + "store (--stats-only) from their covariance, where it was captured with --covariance: σ² are n times "
            + "the eigenvalues of C + μμᵀ, with "
            + "--centred n times those of C, which divides by n.")
        {
            target, tensor, rank, centred, output, json,
        };
        command.SetAction((parsed, cancellation) =>
        {
            if (parsed.GetValue(rank) is < 1)
            {
                throw new UsageException("--rank is 1 or more.");
            }

            Run(terminal, AnalysisTarget.Open(parsed.GetValue(target)!), parsed.GetValue(tensor) ?? [], parsed.GetValue(
                rank),
                parsed.GetValue(centred), parsed.GetValue(output), parsed.GetValue(json), cancellation);
            return Task.FromResult(ExitCode.Done);
        });
        return command;
    }

    private static void Run(
        Terminal terminal,
        AnalysisTarget target,
        string[] names,
        int? rank,
        bool centred,
        string? folder,
        bool json,
        CancellationToken cancellation)
    {
        var matrices = target.Matrices();
        var spectra = new List<Spectrum>();
        var projections = new List<Formats.Tables.Table>();
        foreach (var matrix in names.Length == 0
            ? matrices
            : matrices.Where(matrix => names.Contains(Base(matrix.Name)) || names.Contains(matrix.Name)))
        {
            cancellation.ThrowIfCancellationRequested();
            spectra.Add(Spectrum.Of(matrix));
        }

        if (centred && (names.Length == 0 || spectra.Count > 0))
        {
            throw new UsageException("--centred is for captured values: name nothing else with --tensor.");
        }

        foreach (var name
            in names.Where(name => !matrices.Any(matrix => Base(matrix.Name) == name || matrix.Name == name)))
        {
            cancellation.ThrowIfCancellationRequested();
            var (activation, projection) = OfActivation(terminal, target, matrices, name, rank, cancellation);
            spectra.Add(centred ? activation.Centred : activation.Spectrum);
            projections.AddRange(projection is null ? [] : [projection]);
        }

        if (spectra.Count == 0)
        {
            throw new BadInputException(
                $"{target.Path}: there is no floating-point matrix in it. Name a captured value with --tensor.");
        }

        var results = folder is not null ? new ResultStore(folder)
            : target.Run is not null ? ResultStore.OfRun(target.Path)
            : null;
        if (results is not null)
        {
            Store(results, spectra, projections);
            terminal.Log($"wrote svd, spectra{(projections.Count > 0 ? ", components" : "")} to {results.Folder}");
        }

        if (json)
        {
            terminal.WriteJson(new
            {
                ((SpectraSummary)SpectraTables.OutputsOf(spectra)[0].Summary).Method,
                ((SpectraSummary)SpectraTables.OutputsOf(spectra)[0].Summary).Matrices,
                Approximations = rank is null ? null : spectra.Select(spectrum => new
                {
                    Matrix = spectrum.Name,
                    Rank = rank,
                    Kept = Kept(spectrum, rank.Value),
                    RelativeError = RelativeError(spectrum, rank.Value),
                }),
            });
        }
        else
        {
            Print(terminal, spectra, rank);
        }
    }

    private static (ActivationSpectrum Spectrum, Formats.Tables.Table? Projection) OfActivation(
        Terminal terminal,
        AnalysisTarget target,
        IReadOnlyList<NamedMatrix> matrices,
        string name,
        int? rank,
        CancellationToken cancellation)
    {
        if (target.Run is not { } run)
        {
            throw new BadInputException(
                $"{target.Path}: there is no matrix "
                    + $"{HostileText.Quote(name)}.{NearestName.Hint(name, matrices.Select(matrix => matrix.Name))} "
                + "Captured values are in run directories only.");
        }

        var entry = run.Find(name);
        var precision = WeightMatrices.PrecisionOf(entry.OriginalType switch
        {
            "float64" => Formats.Tensors.ElementType.Float64,
            "float16" => Formats.Tensors.ElementType.Float16,
            "bfloat16" => Formats.Tensors.ElementType.BFloat16,
            _ => Formats.Tensors.ElementType.Float32,
        });
        if ((!entry.IsStored || entry.Channels is not > 0) && run.ReadCovariance(entry) is { } covariance)
        {
            return (OfCovariance(terminal, target, name, covariance, precision), null);
        }

        if (!entry.IsStored)
        {
            throw new BadInputException(
                $"{target.Path}: the values of {HostileText.Quote(name)} are not in the run "
                    + $"({entry.Reason ?? "it has none"}), nor is their covariance. Capture them "
                + $"again without --stats-only, or with --covariance {HostileText.Quote(name)}.");
        }

        if (entry.Channels is not > 0)
        {
            throw new BadInputException(
                $"{target.Path}: the samples of {HostileText.Quote(name)} differ in shape, so they are no matrix.");
        }

        var activation = ActivationSpectrum.Of(name, entry.Channels.Value, Blocks, rank, precision);
        return (activation, activation.Project(Blocks(), (int)Math.Max(1, entry.RowsPerSample ?? 1)));

        IEnumerable<Analysis.LinearAlgebra.HostMatrix> Blocks()
        {
            using var progress = new SampleProgress(terminal, run.Samples);
            var rows = 0L;
            progress.Report(rows);
            foreach (var block in RunBlocks.Of(run, entry))
            {
                cancellation.ThrowIfCancellationRequested();
                yield return block;
                rows += block.Rows;
                progress.Report(rows / Math.Max(1, entry.RowsPerSample ?? 1));
            }
        }
    }

    private static ActivationSpectrum OfCovariance(
        Terminal terminal,
        AnalysisTarget target,
        string name,
        Formats.Runs.Statistics.CovarianceSums sums,
        double precision)
    {
        if (sums.Rows == 0)
        {
            throw new BadInputException(
                $"{target.Path}: no row of {HostileText.Quote(name)} is finite ({sums.Skipped} have NaN or "
                    + "infinity), so it has no covariance.");
        }

        if (sums.Skipped > 0)
        {
            terminal.Log(
                $"{HostileText.Quote(name)}: {sums.Skipped} of {sums.Rows + sums.Skipped} rows have NaN or infinity "
                    + "and are left out.");
        }

        var d = sums.Mean.Length;
        return ActivationSpectrum.OfCovariance(
            name,
            sums.Rows,
            sums.Mean,
            new Analysis.LinearAlgebra.HostMatrix(d, d, Array.ConvertAll(sums.M2, sum => sum / sums.Rows)),
            precision);
    }

    // What earlier calls found about other matrices stays.
    private static void Store(ResultStore results, List<Spectrum> spectra, List<Formats.Tables.Table> projections)
    {
        var names = spectra.Select(spectrum => spectrum.Name).ToHashSet(StringComparer.Ordinal);
        var earlier = results.TryRead(SpectraTables.Values) is { } values
            && results.TryRead(SpectraTables.Summaries) is { } summaries
            ? SpectraTables.Read(values, summaries).Where(spectrum => !names.Contains(spectrum.Name))
            : [];
        results.Write(SpectraTables.OutputsOf([.. earlier, .. spectra]));
        if (projections.Count == 0)
        {
            return;
        }

        var all = projections.Aggregate((above, below) => above.Append(below));
        if (results.TryRead(ActivationSpectrum.ComponentsName) is { } old)
        {
            var matrices = old.Values<string?>("matrix").ToArray();
            all = old
                .Pick([.. Enumerable.Range(0, old.RowCount).Where(row => !names.Contains(matrices[row] ?? ""))])
                .Append(all);
        }

        results.Write(new Analysis.AnalysisOutput(
            ActivationSpectrum.ComponentsName,
            all,
            new
            {
                Method = "Rows minus their mean, projected on the first three principal components.",
                Rows = all.RowCount,
            }));
    }

    private static void Print(Terminal terminal, List<Spectrum> spectra, int? rank)
    {
        var summaries = SpectraTables.SummariesOf(spectra);
        terminal.Write(TableView.Of(new Formats.Tables.Table(
            [.. summaries.Columns.Where(column => column.Name != "precision"
                && (column.Name != "formula" || spectra.Exists(s => s.Formula is not null)))])));
        foreach (var spectrum in spectra.Count == 1 || rank is not null ? spectra : [])
        {
            if (rank is { } k)
            {
                terminal.Write(new Text(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{HostileText.OneLine(spectrum.Name)}: rank {k} keeps {Kept(spectrum, k):P3} of the squared "
                        + $"norm; relative error {RelativeError(spectrum, k):G3}\n")));
            }

            var shown = Math.Min(spectrum.Values.Length, rank ?? PrintedValues);
            terminal.Write(TableView.Of(new Formats.Tables.Table(
                Formats.Tables.TableColumn.Create("index", Enumerable.Range(1, shown).ToArray()),
                Formats.Tables.TableColumn.Create("singular value", spectrum.Values[..shown]),
                Formats.Tables.TableColumn.Create("explained variance", spectrum.ExplainedVariance()[..shown]),
                Formats.Tables.TableColumn.Create("together", spectrum.CumulativeVariance()[..shown]))));
            if (shown < spectrum.Values.Length)
            {
                terminal.Write(new Text($"… {spectrum.Values.Length} in all (--json, or svd.parquet)\n"));
            }
        }
    }

    private static double Kept(Spectrum spectrum, int rank) =>
        spectrum.Values.Length == 0
            ? double.NaN
            : spectrum.CumulativeVariance()[Math.Min(rank, spectrum.Values.Length) - 1];

    // ‖A − A_k‖_F / ‖A‖_F.
    private static double RelativeError(Spectrum spectrum, int rank) =>
        Math.Sqrt(Math.Max(0, 1 - Kept(spectrum, rank)));

    // W_Q[0] belongs to W_Q.
    private static string Base(string name) =>
        name.EndsWith(']') && name.LastIndexOf('[') is > 0 and var at && int.TryParse(
            name.AsSpan(at + 1, name.Length - at - 2), NumberStyles.None, CultureInfo.InvariantCulture, out _)
            ? name[..at]
            : name;
}
