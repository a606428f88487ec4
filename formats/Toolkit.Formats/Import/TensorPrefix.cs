using Toolkit.Formats.Checkpoints;

namespace Toolkit.Formats.Import;

/// <summary>
/// What a checkpoint has in front of the names that somebody looks for: <c>module.</c> of a parallel wrapper,
/// <c>state_dict.model.</c> of a training state.
/// </summary>
public static class TensorPrefix
{
    private static readonly char[] Separators = ['.', '/'];

    /// <summary>The prefix behind which most of the names are found, where the checkpoint has none of them as they
    /// are.</summary>
    /// <param name="checkpoint">The checkpoint.</param>
    /// <param name="names">The names that are looked for.</param>
    /// <returns>The prefix with its dot or slash; empty where a name is there as it is, or none behind any
    /// prefix.</returns>
    /// <exception cref="BadInputException">Several prefixes have equally many of the names.</exception>
    public static string Of(Checkpoint checkpoint, IReadOnlyCollection<string> names)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        ArgumentNullException.ThrowIfNull(names);
        return names.Any(name => checkpoint.TryFind(name, out _))
            ? string.Empty
            : Best(checkpoint.Name, names, checkpoint.Tensors);
    }

    /// <summary>A name as torch writes it: HDF5 and other programs part its steps by slashes.</summary>
    internal static string Dotted(string name) => name.Replace('/', '.');

    /// <summary>The prefix behind which most of some names are found among some tensors.</summary>
    internal static string Best(
        string checkpoint, IEnumerable<string> names, IEnumerable<CheckpointTensor> sources)
    {
        var wanted = names.Select(Dotted).ToHashSet(StringComparer.Ordinal);
        var counts = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var source in sources)
        {
            for (var at = source.Name.IndexOfAny(Separators); at >= 0; at = source.Name.IndexOfAny(Separators, at + 1))
            {
                if (wanted.Contains(Dotted(source.Name[(at + 1)..])))
                {
                    var prefix = source.Name[..(at + 1)];
                    counts[prefix] = counts.GetValueOrDefault(prefix) + 1;
                }
            }
        }

        var most = counts.Values.DefaultIfEmpty().Max();
        string[] best = [.. counts.Where(pair => pair.Value == most).Select(static pair => pair.Key)];
        return best.Length > 1
            ? throw new BadInputException(
                $"{checkpoint}: behind {HostileText.Quote(best[0])} and behind {HostileText.Quote(best[1])} are "
                    + "equally many of the names that are needed. Take one part: `inspect convert "
                    + $"{checkpoint} part.safetensors --tensors '{HostileText.OneLine(best[0])}*'`, and import that.")
            : best.FirstOrDefault(string.Empty);
    }
}
