using System.CommandLine;
using Spectre.Console;
using Toolkit.Analysis.LinearAlgebra;
using Toolkit.Analysis.Similarity;
using Toolkit.CommandLine;
using Toolkit.Formats;
using Toolkit.Formats.Runs;
using Toolkit.Inspect.Results;

namespace Toolkit.Inspect.Commands;

/// <summary><c>inspect compare</c>: how alike the features are that two networks give the same samples.</summary>
internal static class CompareCommand
{
    private const int DefaultSamples = 5000;
    private const long MaximumFeatures = 8192;

    public static Command Create(Terminal terminal)
    {
        var runA = new Argument<string>("RUN_A")
        {
            Description = "A run directory; the result is stored in its results.",
        };
        var runB = new Argument<string>("RUN_B")
        {
            Description = "Another run directory, captured on the same samples.",
        };
        var tensors = new Option<string[]>("--tensor")
        {
            Description =
                "A value of both runs, or A:B for value A of the first and B of the second. May be repeated. "
                    + "Default: every stored value of "
                    + "floating-point numbers that both runs have.",
        };
        var cross = new Option<bool>("--cross")
        {
            Description = "Compare every chosen value of the first run with every one of the second.",
        };
        var samples = new Option<int>("--samples")
        {
            Description = "Compare at most so many samples, 4 or more; of more, a random sample. Default: "
                + $"{DefaultSamples}.",
            DefaultValueFactory = _ => DefaultSamples,
        };
        var seed = new Option<int>("--seed")
        {
            Description = "The seed of the sample and of the shuffles that chance is measured by. Default: 0.",
        };
        var output = new Option<string>("--out")
        {
            Description = "The folder that compare.parquet and compare.json go to. Default: RUN_A/results.",
        };
        var json = new Option<bool>("--json") { Description = "One JSON document instead of a table." };
        var command = new Command(
            "compare",
            "Similarity of two runs on the same samples: linear CKA (plain, debiased, by chance), SVCCA, PWCCA, "
                + "Procrustes, RSA. No measure sees a "
            + "rotation, a permutation or a common scale of features.")
        {
            runA, runB, tensors, cross, samples, seed, output, json,
        };
        command.SetAction((parsed, cancellation) =>
        {
            if (parsed.GetValue(samples) < 4)
            {
                throw new UsageException("--samples is 4 or more.");
            }

            var first = RunReader.Open(parsed.GetValue(runA)!);
            var second = RunReader.Open(parsed.GetValue(runB)!);
            RequireSameSamples(first, second);
            var pairs = Choose(first, second, parsed.GetValue(tensors) ?? [], parsed.GetValue(cross));
            var chosen = Sample(first.Samples, parsed.GetValue(samples), parsed.GetValue(seed));
            var compared = Compare(terminal, first, second, pairs, chosen, parsed.GetValue(seed), cancellation);
            var results = parsed.GetValue(output) is { } folder
                ? new ResultStore(folder)
                : ResultStore.OfRun(first.Folder);
            Store(results, compared);
            terminal.Log($"wrote {RepresentationComparison.Name} to {results.Folder}");
            if (parsed.GetValue(json))
            {
                terminal.WriteJson(RepresentationComparison.Output(compared).Summary);
            }
            else
            {
                terminal.Write(TableView.Of(RepresentationComparison.Output(compared).Table));
            }

            return Task.FromResult(ExitCode.Done);
        });
        return command;
    }

    private static void RequireSameSamples(RunReader first, RunReader second)
    {
        if (first.Samples != second.Samples)
        {
            throw new BadInputException(
                $"{first.Folder} has {first.Samples} samples, {second.Folder} {second.Samples}; only runs on the "
                    + "same samples can be compared. "
                + "Capture both with the same --inputs.");
        }

        var a = first.Manifest.Plan.Inputs;
        var b = second.Manifest.Plan.Inputs;
        if (a.Sha256 is not null && b.Sha256 is not null ? a.Sha256 != b.Sha256 : a.Source != b.Source)
        {
            throw new BadInputException(
                $"{first.Folder} was captured on {HostileText.Quote(a.Source)}, {second.Folder} on "
                    + $"{HostileText.Quote(b.Source)}, and the inputs differ; only "
                + "runs on the same samples can be compared. Capture both with the same --inputs.");
        }
    }

    private static List<(TensorEntry First, TensorEntry Second)> Choose(
        RunReader first, RunReader second, string[] names, bool cross)
    {
        var others = second.Tensors.Where(IsComparable).ToDictionary(tensor => tensor.Name, StringComparer.Ordinal);
        List<(TensorEntry First, TensorEntry Second)> pairs = names.Length == 0
            ? [.. first.Tensors
                .Where(tensor => IsComparable(tensor) && others.ContainsKey(tensor.Name))
                .Select(tensor => (tensor, others[tensor.Name]))]
            : [.. names.Select(name => Pair(first, second, name))];
        if (pairs.Count == 0)
        {
            throw new BadInputException(
                $"{first.Folder} and {second.Folder} have no stored value in common that can be compared "
                    + "(floating-point numbers, one shape for all "
                + $"samples, up to {MaximumFeatures} features). Name values with --tensor A:B.");
        }

        return cross ? [.. from pair in pairs from other in pairs select (pair.First, other.Second)] : pairs;
    }

    private static (TensorEntry First, TensorEntry Second) Pair(RunReader first, RunReader second, string name)
    {
        // A name may hold colons itself: what is a value of both runs as it stands is one name.
        var at = first.Tensors.Any(tensor => tensor.Name == name) ? -1 : name.IndexOf(':', StringComparison.Ordinal);
        var (left, right) = at > 0 ? (name[..at], name[(at + 1)..]) : (name, name);
        return (Require(first, left), Require(second, right));
    }

    private static TensorEntry Require(RunReader run, string name)
    {
        var tensor = run.Find(name);
        return IsComparable(tensor) ? tensor : throw new BadInputException(
            $"{run.Folder}: {HostileText.Quote(name)} cannot be compared: "
                + $"{tensor.Reason ?? $"it is {tensor.OriginalType} [{tensor.Dims}]"}; floating-point numbers "
            + $"of one shape for all samples, up to {MaximumFeatures} features, were expected.");
    }

    private static bool IsComparable(TensorEntry tensor) =>
        tensor is { IsStored: true, Granularity: RowGranularity.Sample, SampleShape: not null }
            && tensor.StoredType is "float32" or "float64"
            && Features(tensor) is > 0 and <= MaximumFeatures;

    private static long Features(TensorEntry tensor) => (tensor.RowsPerSample ?? 1) * (tensor.Channels ?? 1);

    private static long[] Sample(long count, int maximum, int seed)
    {
        if (count <= maximum)
        {
            return [.. Enumerable.Range(0, (int)count).Select(index => (long)index)];
        }

        // Floyd's sampling: maximum draws, however many samples there are.
        var random = new Random(seed);
        var chosen = new HashSet<long>();
        for (var top = count - maximum; top < count; top++)
        {
            var draw = random.NextInt64(top + 1);
            if (!chosen.Add(draw))
            {
                chosen.Add(top);
            }
        }

        return [.. chosen.Order()];
    }

    private static List<ComparedPair> Compare(
        Terminal terminal, RunReader first,
        RunReader second, List<(TensorEntry First, TensorEntry Second)> pairs, long[] samples, int seed,
        CancellationToken cancellation)
    {
        var features = new Dictionary<(RunReader, int), HostMatrix>();
        var other = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(second.Folder)));
        var compared = new List<ComparedPair>();
        foreach (var (a, b) in pairs)
        {
            cancellation.ThrowIfCancellationRequested();
            terminal.Log($"{HostileText.OneLine(a.Name)} / {HostileText.OneLine(b.Name)}");
            var x = Read(first, a);
            var y = Read(second, b);
            x.RequireFinite($"{first.Folder}: {HostileText.Quote(a.Name)}");
            y.RequireFinite($"{second.Folder}: {HostileText.Quote(b.Name)}");
            compared.Add(new ComparedPair(
                other, a.Name, b.Name, x.Columns, y.Columns, RepresentationComparison.Run(x, y, seed)));
        }

        return compared;

        HostMatrix Read(RunReader run, TensorEntry tensor)
        {
            if (!features.TryGetValue((run, tensor.Id), out var matrix))
            {
                features[(run, tensor.Id)] = matrix = RunBlocks.Samples(run, tensor, samples);
            }

            return matrix;
        }
    }

    // Comparisons with other runs, made earlier, stay.
    private static void Store(ResultStore results, List<ComparedPair> compared)
    {
        var output = RepresentationComparison.Output(compared);
        if (results.TryRead(output.Name) is { } earlier && earlier.Contains("other_run"))
        {
            var others = earlier.Values<string?>("other_run").ToArray();
            var kept = earlier.Pick(
                [.. Enumerable.Range(0, earlier.RowCount).Where(row => others[row] != compared[0].OtherRun)]);
            output = output with { Table = kept.Append(output.Table) };
        }

        results.Write(output);
    }
}
