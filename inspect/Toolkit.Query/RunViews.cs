using System.Globalization;
using Toolkit.Formats;
using Toolkit.Formats.Runs;

namespace Toolkit.Query;

/// <summary>
/// The views over a run directory, or over the Parquet files of any other folder of ours (training output).
/// </summary>
internal static class RunViews
{
    private const int NamedFiles = 5;

    /// <summary>The views, and which files of the run they lack; null where none.</summary>
    public static (IReadOnlyList<ViewDefinition> Views, string? Absence) Of(string folder)
    {
        if (!Directory.Exists(folder))
        {
            throw new BadInputException($"{folder}: there is no such folder. A run is made by `inspect capture`.");
        }

        var files = new RunFiles(folder);
        var run = File.Exists(Path.Combine(folder, "plan.json")) ? RunReader.Open(folder) : null;
        List<ViewDefinition> views = run is not null
            ? [.. OfRun(run, files)]
            : [.. files.Under(".").Select(
                path => Plain(Path.GetFileNameWithoutExtension(path), "A table of this folder.", [path]))];
        views.AddRange(files.Under("results").Select(path =>
            Plain($"results_{Path.GetFileNameWithoutExtension(path)}", "What an analysis found.", [path])));
        return views.Count > 0 ? (views, run is null ? null : Absence(run, views)) : throw new BadInputException(
            $"{folder}: there is no Parquet file in it. A run is made by `inspect capture`.");
    }

    private static IEnumerable<ViewDefinition> OfRun(RunReader run, RunFiles files)
    {
        if (files.At("tensors.parquet") is { } tensors)
        {
            yield return Plain(
                "tensors",
                "One row per value of the graph: name, types, shape, rows, bytes, and why it was not stored.",
                [tensors]);
        }

        // What a capture left that was not finished lies beside what the manifest names, and is no part of the run.
        var named = run.Manifest.Shards.Files()
            .Select(file => Path.GetFullPath(file.Path, Path.GetFullPath(run.Folder)))
            .ToHashSet(StringComparer.Ordinal);
        List<string> samples = [.. files.Under("samples").Where(named.Contains)];
        if (samples.Count > 0)
        {
            yield return Plain("samples", "One row per input sample.", samples);
        }

        foreach (var (name, what) in new[]
        {
            ("stats", "Statistics, one row per value"),
            ("channels", "Statistics, one row per feature channel of a value"),
            ("effects", "What interventions did, one row per output of the model"),
        })
        {
            var parts = files.At($"{name}.parquet") is { } whole ? [whole] : files.Under(name);
            if (parts.Count > 0)
            {
                yield return Plain(
                    name, $"{what} (and shard, where the run was not merged).", parts);
            }
        }

        foreach (var view in Activations(run, files, named))
        {
            yield return view;
        }
    }

    // One branch per tensor, with its name as a constant: a condition on `tensor` then leaves all other files
    // untouched.
    private static IEnumerable<ViewDefinition> Activations(RunReader run, RunFiles files, HashSet<string> named)
    {
        var stored = run.Tensors.Where(tensor => tensor.IsStored)
            .Select(tensor => (Tensor: tensor, Files: files
                .Under($"activations/tensor={tensor.Id.ToString(CultureInfo.InvariantCulture)}")
                .Where(named.Contains)
                .ToList()))
            .Where(entry => entry.Files.Count > 0)
            .ToList();
        var numbers = stored.Where(entry => entry.Tensor.StoredType != "string").ToList();
        var texts = stored.Where(entry => entry.Tensor.StoredType == "string").ToList();
        if (numbers.Count > 0)
        {
            var type = numbers.TrueForAll(entry => entry.Tensor.StoredType == "float32") ? "FLOAT[]" : "DOUBLE[]";
            yield return Union(
                "activations",
                $"Captured numbers: tensor, tensor_id, sample_id, position, values ({type}).",
                type,
                numbers);
        }

        if (texts.Count > 0)
        {
            yield return Union(
                "activations_text",
                "Captured texts: tensor, tensor_id, sample_id, position, values.",
                "VARCHAR[]",
                texts);
        }
    }

    private static string? Absence(RunReader run, List<ViewDefinition> views)
    {
        var folder = Path.GetFullPath(run.Folder);
        var read = views.SelectMany(view => view.Files).ToHashSet(StringComparer.Ordinal);
        string[] absent = [.. run.Manifest.Shards.Files()
            .Where(file => file.Rows > 0)
            .Where(file => file.Tensor is not null || file.Path.StartsWith("samples/", StringComparison.Ordinal))
            .Select(file => file.Path)
            .Where(path => !read.Contains(Path.GetFullPath(path, folder)))];
        return absent.Length == 0 ? null
            : $"{run.Folder}: files that its manifest names are absent, and so are their rows: "
                + $"{HostileText.List(absent, NamedFiles)}. Check the run with `inspect verify`.";
    }

    private static ViewDefinition Union(
        string name,
        string description,
        string type,
        List<(TensorEntry Tensor, List<string> Files)> entries) => new(
        name,
        description,
        string.Join(" UNION ALL BY NAME ", entries.Select(entry =>
            $"SELECT {Sql.Literal(entry.Tensor.Name)} AS tensor, {entry.Tensor.Id} AS tensor_id, * REPLACE "
                + $"(values::{type} AS values) "
            + $"FROM {Read(entry.Files)}")),
        [.. entries.SelectMany(entry => entry.Files)]);

    private static ViewDefinition Plain(string name, string description, IReadOnlyList<string> files) =>
        new(name, description, $"SELECT * FROM {Read(files)}", files);

    // Folders above the run may be called seed=1: that is no column of ours.
    private static string Read(IReadOnlyList<string> files)
    {
        foreach (var file in files)
        {
            RunFiles.RequirePlain(file);
        }

        return $"read_parquet({Sql.List(files)}, hive_partitioning = false, union_by_name = {(files.Count > 1 ? "true" : "false")})";
    }
}
