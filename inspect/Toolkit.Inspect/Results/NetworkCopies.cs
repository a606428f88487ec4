using Toolkit.Analysis.Universality;
using Toolkit.Formats;

namespace Toolkit.Inspect.Results;

/// <summary>Networks of the same group, architecture and seed: one of them counts for all its copies.</summary>
internal static class NetworkCopies
{
    /// <summary>
    /// Where no model lies beside the measurements, these tell two networks apart, to the precision of float32 sums in
    /// another order.
    /// </summary>
    private const double Tolerance = 1e-4;

    private static readonly string[] Fingerprint = ["train_loss", "test_loss", "sum_of_squared_weights"];

    /// <summary>Leaves copies out, and says so; says too where two that differ remain.</summary>
    /// <param name="runs">The networks.</param>
    /// <param name="log">Takes each message.</param>
    /// <returns>The networks without copies.</returns>
    public static List<MeasuredRun> CountOnce(IReadOnlyList<MeasuredRun> runs, Action<string> log)
    {
        var kept = new List<MeasuredRun>();
        foreach (var group in runs.GroupBy(run => (run.Group, run.IsTransformer, run.Seed, run.IsLegacy)))
        {
            var different = new List<MeasuredRun>();
            foreach (var run in group)
            {
                if (different.Find(other => IsCopy(run, other)) is { } first)
                {
                    log($"{run.Folder}: the same network as {first.Folder}; it is counted once.");
                }
                else
                {
                    different.Add(run);
                }
            }

            if (different.Count > 1)
            {
                log($"{string.Join(", ", different.Select(run => run.Folder))}: {different.Count} different networks of "
                    + $"{group.Key.Group}, {different[0].Architecture}, seed {group.Key.Seed}; each is counted. Leave "
                    + "out those that are not meant.");
            }

            kept.AddRange(different);
        }

        return kept;
    }

    private static bool IsCopy(MeasuredRun one, MeasuredRun other)
    {
        foreach (var name in (string[])["model.onnx", "model.pt"])
        {
            var (left, right) = (Path.Combine(one.Folder, name), Path.Combine(other.Folder, name));
            if (File.Exists(left) && File.Exists(right))
            {
                return FileHash.Sha256(left) == FileHash.Sha256(right);
            }
        }

        return Fingerprint.All(key => one.Metrics.TryGetValue(key, out var left)
            ? other.Metrics.TryGetValue(key, out var right) && Math.Abs(left - right) <= Tolerance * Math.Abs(left)
            : !other.Metrics.ContainsKey(key));
    }
}
