using System.CommandLine;
using System.Globalization;
using Spectre.Console;
using Toolkit.Analysis.Spectra;
using Toolkit.CommandLine;
using Toolkit.Formats;
using Toolkit.Inspect.Results;

namespace Toolkit.Inspect.Commands;

/// <summary><c>inspect svd</c>: singular values of weights, effective embeddings, the natural representation, and captured values.</summary>
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
            Description = "A weight, a role (embed_x), natural(GROUP), or in a run a captured value. May be repeated. Default: every weight, "
                + "every effective product of weights, and the natural representation.",
        };
        var rank = new Option<int?>("--rank")
        {
            Description = "A rank, 1 or more: shows what the best approximation of that rank keeps, and that many values. Of captured values with over "
                + "2048 features also how many values are computed. Default: 20 values are shown; of such wide values 64 are computed.",
        };
        var output = new Option<string>("--out")
        {
            Description = "The folder that svd.parquet, spectra.parquet, components.parquet and their .json go to. Default: RUN/results; for files none.",
        };
        var json = new Option<bool>("--json") { Description = "One JSON document instead of a table." };
        var command = new Command(
            "svd",
            "Singular values: explained variance, effective rank (entropy), stable rank, participation ratio. Of captured values also the samples' "
            + "projections on the first principal components. Nothing is centred but the components.")
        {
            target, tensor, rank, output, json,
        };
        command.SetAction((parsed, cancellation) =>
        {
            if (parsed.GetValue(rank) is < 1)
            {
                throw new UsageException("--rank is 1 or more.");
            }

            Run(terminal, AnalysisTarget.Open(parsed.GetValue(target)!), parsed.GetValue(tensor) ?? [], parsed.GetValue(rank),
                parsed.GetValue(output), parsed.GetValue(json), cancellation);
            return Task.FromResult(ExitCode.Done);
        });
        return command;
    }

    private static void Run(
        Terminal terminal, AnalysisTarget target, string[] names, int? rank, string? folder, bool json, CancellationToken cancellation)
    {
        var matrices = target.Matrices();
        var spectra = new List<Spectrum>();
        var projections = new List<Formats.Tables.Table>();
        foreach (var matrix in names.Length == 0 ? matrices : matrices.Where(matrix => names.Contains(Base(matrix.Name)) || names.Contains(matrix.Name)))
        {
            cancellation.ThrowIfCancellationRequested();
            spectra.Add(Spectrum.Of(matrix));
        }

        foreach (var name in names.Where(name => !matrices.Any(matrix => Base(matrix.Name) == name || matrix.Name == name)))
        {
            cancellation.ThrowIfCancellationRequested();
            var (spectrum, projection) = OfActivation(target, matrices, name, rank, cancellation);
            spectra.Add(spectrum);
            projections.Add(projection);
        }

        if (spectra.Count == 0)
        {
            throw new BadInputException($"{target.Path}: there is no floating-point matrix in it. Name a captured value with --tensor.");
        }

        var results = folder is not null ? new ResultStore(folder) : target.Run is not null ? ResultStore.OfRun(target.Path) : null;
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
                Approximations = rank is null ? null : spectra.Select(spectrum => new { Matrix = spectrum.Name, Rank = rank, Kept = Kept(spectrum, rank.Value), RelativeError = RelativeError(spectrum, rank.Value) }),
            });
        }
        else
        {
            Print(terminal, spectra, rank);
        }
    }

    private static (Spectrum Spectrum, Formats.Tables.Table Projection) OfActivation(
        AnalysisTarget target, IReadOnlyList<NamedMatrix> matrices, string name, int? rank, CancellationToken cancellation)
    {
        if (target.Run is not { } run)
        {
            throw new BadInputException(
                $"{target.Path}: there is no matrix {HostileText.Quote(name)}.{NearestName.Hint(name, matrices.Select(matrix => matrix.Name))} "
                + "Captured values are in run directories only.");
        }

        var entry = run.Find(name);
        if (entry.Channels is not > 0)
        {
            throw new BadInputException($"{target.Path}: the samples of {HostileText.Quote(name)} differ in shape, so they are no matrix.");
        }

        var activation = ActivationSpectrum.Of(name, entry.Channels.Value, Blocks, rank, WeightMatrices.PrecisionOf(
            entry.OriginalType switch
            {
                "float64" => Formats.Tensors.ElementType.Float64,
                "float16" => Formats.Tensors.ElementType.Float16,
                "bfloat16" => Formats.Tensors.ElementType.BFloat16,
                _ => Formats.Tensors.ElementType.Float32,
            }));
        return (activation.Spectrum, activation.Project(Blocks(), (int)Math.Max(1, entry.RowsPerSample ?? 1)));

        IEnumerable<Analysis.LinearAlgebra.HostMatrix> Blocks() => RunBlocks.Of(run, entry).Select(block =>
        {
            cancellation.ThrowIfCancellationRequested();
            return block;
        });
    }

    // What earlier calls found about other matrices stays.
    private static void Store(ResultStore results, List<Spectrum> spectra, List<Formats.Tables.Table> projections)
    {
        var names = spectra.Select(spectrum => spectrum.Name).ToHashSet(StringComparer.Ordinal);
        var earlier = results.TryRead(SpectraTables.Values) is { } values && results.TryRead(SpectraTables.Summaries) is { } summaries
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
            all = old.Pick([.. Enumerable.Range(0, old.RowCount).Where(row => !names.Contains(matrices[row] ?? ""))]).Append(all);
        }

        results.Write(new Analysis.AnalysisOutput(
            ActivationSpectrum.ComponentsName,
            all,
            new { Method = "Rows minus their mean, projected on the first three principal components.", Rows = all.RowCount }));
    }

    private static void Print(Terminal terminal, List<Spectrum> spectra, int? rank)
    {
        var summaries = SpectraTables.SummariesOf(spectra);
        terminal.Write(TableView.Of(new Formats.Tables.Table(
            [.. summaries.Columns.Where(column => column.Name != "precision" && (column.Name != "formula" || spectra.Exists(s => s.Formula is not null)))])));
        foreach (var spectrum in spectra.Count == 1 || rank is not null ? spectra : [])
        {
            if (rank is { } k)
            {
                terminal.Write(new Text(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{HostileText.OneLine(spectrum.Name)}: rank {k} keeps {Kept(spectrum, k):P3} of the squared norm; relative error {RelativeError(spectrum, k):G3}\n")));
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
        spectrum.Values.Length == 0 ? double.NaN : spectrum.CumulativeVariance()[Math.Min(rank, spectrum.Values.Length) - 1];

    // ‖A − A_k‖_F / ‖A‖_F.
    private static double RelativeError(Spectrum spectrum, int rank) => Math.Sqrt(Math.Max(0, 1 - Kept(spectrum, rank)));

    // W_Q[0] belongs to W_Q.
    private static string Base(string name) =>
        name.EndsWith(']') && name.LastIndexOf('[') is > 0 and var at && int.TryParse(name.AsSpan(at + 1, name.Length - at - 2), NumberStyles.None, CultureInfo.InvariantCulture, out _)
            ? name[..at]
            : name;
}
