using Toolkit.Analysis.Charts.Runs;
using Toolkit.Formats;

namespace Toolkit.Viewer.Runs;

/// <summary>
/// The run directories that a viewer shows. Addresses name runs by id; an id is only ever looked up here, so that no
/// address can name a file or folder.
/// </summary>
internal sealed class RunCatalogue
{
    private static readonly string[] Signs =
    [
        "manifest.json", "tensors.parquet", "shards", "samples", "activations", "stats"
    ];

    private const int Depth = 3;

    private static readonly EnumerationOptions Readable = new() { IgnoreInaccessible = true };

    private readonly Dictionary<string, RunEntry> _byId;

    private RunCatalogue(IReadOnlyList<RunEntry> all)
    {
        All = all;
        _byId = all.ToDictionary(run => run.Id, StringComparer.Ordinal);
    }

    /// <summary>Every run, in the order given.</summary>
    public IReadOnlyList<RunEntry> All { get; }

    /// <summary>
    /// Finds the runs of paths: each is a run directory, or a folder with run directories up to three folders below it.
    /// </summary>
    /// <exception cref="BadInputException">A path is no folder, or there is no run in it.</exception>
    public static RunCatalogue Find(IReadOnlyList<string> paths, Func<string, CancellationToken, Task<IRunData>> open)
    {
        var folders = new List<string>();
        foreach (var path in paths)
        {
            if (!Directory.Exists(path))
            {
                throw new BadInputException(
                    $"{path}: there is no such folder. Give run directories, as `inspect capture --out RUN` makes them.");
            }

            var found = IsRun(path) ? [path] : Below(path, Depth).ToArray();
            if (found.Length == 0)
            {
                throw new BadInputException(
                    $"{path}: neither a run directory nor a folder of run directories (a run has "
                        + $"{string.Join(" or ", Signs.Take(3))}). "
                    + "Make one with `inspect capture MODEL.onnx --inputs SOURCE --out RUN`.");
            }

            folders.AddRange(found.Select(Resolve));
        }

        return new RunCatalogue([.. Named(folders.Distinct(StringComparer.Ordinal), open)]);
    }

    /// <summary>The run of an id.</summary>
    /// <exception cref="BadInputException">There is none.</exception>
    public RunEntry Get(string? id) => id is not null && _byId.TryGetValue(id, out var run)
        ? run
        : throw new BadInputException(
            $"There is no run '{id}' here. There are: {string.Join(", ", All.Take(20).Select(run => run.Id))}.");

    /// <summary>The run of an id, or null.</summary>
    public RunEntry? TryGet(string? id) => id is null ? null : _byId.GetValueOrDefault(id);

    // `train` and sweeps keep their networks, and captures stand beside those: runs/s4/S4_MLP_seed1.
    private static IEnumerable<string> Below(string folder, int depth) =>
        Directory.GetDirectories(folder, "*", Readable).Order(StringComparer.Ordinal)
            .SelectMany(inner => IsRun(inner) ? [inner]
                : depth > 1 && !new DirectoryInfo(inner).Attributes.HasFlag(FileAttributes.ReparsePoint)
                ? Below(inner, depth - 1)
                    : []);

    private static bool IsRun(string folder) => Signs.Any(sign => Path.Exists(Path.Combine(folder, sign)));

    private static string Resolve(string folder)
    {
        var full = Path.GetFullPath(folder);
        return new DirectoryInfo(full).ResolveLinkTarget(returnFinalTarget: true)?.FullName
            ?? full.TrimEnd(Path.DirectorySeparatorChar);
    }

    private static IEnumerable<RunEntry> Named(
        IEnumerable<string> folders, Func<string, CancellationToken, Task<IRunData>> open)
    {
        var taken = new HashSet<string>(StringComparer.Ordinal);
        foreach (var folder in folders)
        {
            var name = Path.GetFileName(folder) is { Length: > 0 } text ? text : "run";
            var id = name;
            for (var number = 2; !taken.Add(id); number++)
            {
                id = $"{name}-{number}";
            }

            yield return new RunEntry(id, folder, open);
        }
    }
}
