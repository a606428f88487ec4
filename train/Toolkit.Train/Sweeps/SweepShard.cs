using System.Globalization;
using Toolkit.CommandLine;

namespace Toolkit.Train.Sweeps;

/// <summary>One part of a sweep, for several machines: run k belongs to part k mod n.</summary>
/// <param name="Index">i, from 0.</param>
/// <param name="Count">n.</param>
internal sealed record SweepShard(int Index, int Count)
{
    /// <summary>Reads <c>i/n</c>.</summary>
    /// <param name="text">The option; null: everything.</param>
    /// <exception cref="UsageException">It is not i/n with i from 0 to n − 1.</exception>
    public static SweepShard Parse(string? text)
    {
        if (text is null)
        {
            return new SweepShard(0, 1);
        }

        return text.Split('/') is [var left, var right]
            && int.TryParse(left, NumberStyles.None, CultureInfo.InvariantCulture, out var index)
            && int.TryParse(right, NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            && index < count
            ? new SweepShard(index, count)
            : throw new UsageException(
                $"--shard {text}: i/n with i from 0 to n − 1 was expected, such as --shard 0/4.");
    }

    /// <summary>The part's items.</summary>
    public IReadOnlyList<T> Of<T>(IReadOnlyList<T> items) => [.. items.Where((_, k) => k % Count == Index)];
}
