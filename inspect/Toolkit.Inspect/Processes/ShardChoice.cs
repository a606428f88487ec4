using System.Globalization;
using Toolkit.CommandLine;

namespace Toolkit.Inspect.Processes;

/// <summary>
/// Which part of a capture this process makes: by option, by Slurm's array variables, or by Kubernetes' completion
/// index.
/// </summary>
/// <param name="Index">From 0.</param>
/// <param name="Count">At least 1.</param>
/// <param name="Origin">What said so; null where nothing did.</param>
internal sealed record ShardChoice(int Index, int Count, string? Origin)
{
    /// <summary>Decides.</summary>
    /// <param name="shard">The option <c>--shard i/n</c>; null where not given.</param>
    /// <param name="shards">The option <c>--shards n</c>; null where not given.</param>
    /// <param name="variable">Reads an environment variable.</param>
    /// <exception cref="UsageException">They contradict each other or themselves.</exception>
    public static ShardChoice Of(string? shard, int? shards, Func<string, string?> variable)
    {
        if (shard is not null)
        {
            var parts = shard.Split('/');
            return parts.Length == 2 && Number(parts[0]) is { } i && Number(parts[1]) is { } n && i < n
                ? Checked(i, n, null, shards)
                : throw new UsageException(
                    $"--shard {shard}: i/n with i from 0 to n − 1 was expected, such as --shard 0/4.");
        }

        if (Part(variable, "SLURM_ARRAY_TASK_ID") is { } task)
        {
            var tasks = Number(variable("SLURM_ARRAY_TASK_COUNT"))
                ?? shards
                ?? throw Uncounted("SLURM_ARRAY_TASK_ID", task, ", for there is no SLURM_ARRAY_TASK_COUNT");
            var step = Math.Max(1, Number(variable("SLURM_ARRAY_TASK_STEP")) ?? 1);
            var from = task - (Number(variable("SLURM_ARRAY_TASK_MIN")) ?? 0);
            return from % step == 0
                ? Checked(from / step, tasks, "SLURM_ARRAY_TASK_ID", shards)
                : throw new UsageException(
                    $"SLURM_ARRAY_TASK_ID {task} is no step of an even array. Submit one as 0-15 or 0-30:2, or give "
                        + "--shard i/n.");
        }

        if (Part(variable, "JOB_COMPLETION_INDEX") is { } index)
        {
            return Checked(
                index, shards ?? throw Uncounted("JOB_COMPLETION_INDEX", index, ""), "JOB_COMPLETION_INDEX", shards);
        }

        return shards is null or 1
            ? new ShardChoice(0, 1, null)
            : throw new UsageException(
                $"--shards {shards} needs --shard i/{shards}, or JOB_COMPLETION_INDEX in the environment.");
    }

    private static ShardChoice Checked(int index, int count, string? origin, int? shards) =>
        index < 0 || index >= count || (shards is { } given && given != count)
            ? throw new UsageException(
                $"{origin ?? "--shard"}: {index} of {count} does not "
                    + $"fit{(shards is null ? "" : $" --shards {shards}")}.")
            : new ShardChoice(index, count, origin);

    /// <summary>Which part a scheduler says this is; null where it says nothing.</summary>
    private static int? Part(Func<string, string?> variable, string name) => variable(name) switch
    {
        null or "" => null,
        var text => Number(text)
            ?? throw new UsageException(
                $"{name} {text}: the number of a part was expected there. Give --shard i/n, or unset it."),
    };

    private static UsageException Uncounted(string name, int index, string reason) => new(
        $"{name} says that this is part {index}, and nothing says of how many{reason}. Give --shards n, or --shard "
            + "0/1 to capture everything here.");

    private static int? Number(string? text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
