using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using Toolkit.CommandLine;

namespace Toolkit.Inspect.Processes;

/// <summary>
/// Runs this program again as a child, so that a model that crashes the runtime ends the child alone. The child writes
/// to the same standard streams; it ends when its standard input does, which is when this process ends, however it
/// ends.
/// </summary>
internal sealed class ChildProgram(Terminal terminal)
{
    /// <summary>The hidden option by which the child knows that it is one.</summary>
    public const string InProcess = "--in-process";

    /// <summary>How long a child that is asked to stop may take; less than what the program's own end may.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    /// <summary>The same while it plans: it has written nothing, and the runtime does not let go of a load.</summary>
    private static readonly TimeSpan PlanningPatience = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan Pulse = TimeSpan.FromMilliseconds(100);

    /// <summary>Runs the child to its end.</summary>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="what">What it does, for the message where it crashes.</param>
    /// <param name="limits">When it is ended from outside.</param>
    /// <param name="advice">What to do where it crashes.</param>
    /// <param name="cancellation">Asks it to stop.</param>
    /// <param name="saved">Gives a sentence on what is left where it crashed or was ended, with a leading
    /// blank.</param>
    /// <param name="lessMemory">A sentence on how to need less memory, with a leading blank.</param>
    /// <param name="lessTime">A sentence on what to do where the time was too short, with a leading blank.</param>
    /// <param name="savesMemory">True where it shall give memory back to the system as soon as it can.</param>
    /// <returns>Its exit code, one of <see cref="ExitCode"/>.</returns>
    public async Task<int> RunAsync(IEnumerable<string> arguments, string what, ChildLimits limits, string advice, CancellationToken cancellation,
        Func<string>? saved = null, string lessMemory = "", string lessTime = "", bool savesMemory = false)
    {
        using var planning = new PlanningSignal();
        using var process = planning.Start(StartInfo(arguments, savesMemory))
            ?? throw new InvalidOperationException("The child process did not start.");
        string? ended = null;
        var clock = Stopwatch.StartNew();
        while (true)
        {
            // WaitForExit with a limit does not wait for redirected streams, and there are none to wait for.
            if (await WaitAsync(process, Pulse))
            {
                break;
            }

            if (cancellation.IsCancellationRequested)
            {
                process.StandardInput.Close();
                if (!await WaitAsync(process, planning.IsOver ? Patience : PlanningPatience))
                {
                    process.Kill(entireProcessTree: true);
                    await process.WaitForExitAsync(CancellationToken.None);
                }

                break;
            }

            ended = Exceeded(process, clock.Elapsed, limits, lessMemory, lessTime);
            if (ended is null && clock.Elapsed > limits.Planning && !planning.IsOver)
            {
                ended = $"planning took longer than {limits.Planning!.Value.TotalSeconds:0.###} s "
                    + $"(--planning-limit).{lessTime}";
            }

            if (ended is not null)
            {
                process.Kill(entireProcessTree: true);
                await process.WaitForExitAsync(CancellationToken.None);
                break;
            }
        }

        if (ended is not null)
        {
            terminal.Log($"error: {what}: {ended}{saved?.Invoke()}");
            return ExitCode.Failed;
        }

        if (process.ExitCode != ExitCode.Done
            && (cancellation.IsCancellationRequested || process.ExitCode == ExitCode.Cancelled))
        {
            terminal.Log($"cancelled: {what}.{saved?.Invoke()}");
            return ExitCode.Cancelled;
        }

        if (process.ExitCode is ExitCode.Done or ExitCode.WrongUsage or ExitCode.BadInput or ExitCode.Failed)
        {
            return process.ExitCode;
        }

        terminal.Log(
            $"error: {what}: the process that ran the model crashed ({Signal(process.ExitCode)})."
                + $"{saved?.Invoke()} {advice}");
        return ExitCode.Failed;
    }

    private static ProcessStartInfo StartInfo(IEnumerable<string> arguments, bool savesMemory)
    {
        var program = Environment.ProcessPath
            ?? throw new InvalidOperationException("The program does not know its own path.");
        var info = new ProcessStartInfo(program) { RedirectStandardInput = true, UseShellExecute = false };
        if (Path.GetFileNameWithoutExtension(program) == "dotnet")
        {
            info.ArgumentList.Add(Assembly.GetEntryAssembly()!.Location);
        }

        if (savesMemory)
        {
            // Fixed, for glibc raises the threshold to 32 MiB with use, and blocks below it stay in the heap when they
            // are free.
            info.Environment["MALLOC_MMAP_THRESHOLD_"] = "1048576";
        }

        foreach (var argument in arguments)
        {
            info.ArgumentList.Add(argument);
        }

        return info;
    }

    private static async Task<bool> WaitAsync(Process process, TimeSpan limit)
    {
        using var timeout = new CancellationTokenSource(limit);
        try
        {
            await process.WaitForExitAsync(timeout.Token);
            return true;
        }
        catch (OperationCanceledException)
        {
            return process.HasExited;
        }
    }

    private static string? Exceeded(
        Process process, TimeSpan elapsed, ChildLimits limits, string lessMemory, string lessTime)
    {
        if (elapsed > limits.Time)
        {
            return $"it took longer than {limits.Time!.Value.TotalSeconds:0.###} s (--time-limit).{lessTime}";
        }

        process.Refresh();
        return !process.HasExited && process.WorkingSet64 > limits.MemoryBytes
            ? $"it took more than {limits.MemoryBytes >> 20} MiB of memory ({limits.MemoryOption}).{lessMemory}"
            : null;
    }

    private static string Signal(int exitCode) => exitCode switch
    {
        139 or 11 => "segmentation fault",
        134 or 6 => "aborted",
        137 or 9 => "killed, probably out of memory",
        136 or 8 => "arithmetic fault",
        132 or 4 => "illegal instruction",
        _ => $"exit code {exitCode}",
    };
}

/// <summary>When a child is ended from outside.</summary>
/// <param name="Time">After how long; null for never.</param>
/// <param name="MemoryBytes">Above how much resident memory.</param>
internal sealed record ChildLimits(TimeSpan? Time, long MemoryBytes)
{
    /// <summary>The memory where nothing is said, for the options' descriptions.</summary>
    public const string DefaultMemory = "nine tenths of the machine's or container's";


    /// <summary>After how long of planning, which the child says the end of; null for never.</summary>
    public TimeSpan? Planning { get; init; }

    /// <summary>The option that sets the memory, and what it is where nothing is said, for messages.</summary>
    public string MemoryOption { get; init; } = "--memory-limit";

    private const double LongestSeconds = 1e9;
    private const long MostMebibytes = 1L << 40;

    /// <summary>Limits as options give them.</summary>
    /// <param name="seconds">The time; null for none.</param>
    /// <param name="mebibytes">The memory; null for <see cref="DefaultMemory"/>, above which the system would end
    /// some process of its choice.</param>
    /// <param name="planningSeconds">The time of planning; null for none.</param>
    /// <exception cref="UsageException">One of them is no limit.</exception>
    public static ChildLimits Of(double? seconds, long? mebibytes, double? planningSeconds = null)
    {
        var (time, planning) = (Limit(seconds, "--time-limit"), Limit(planningSeconds, "--planning-limit"));
        return mebibytes switch
        {
            null => new(time, GC.GetGCMemoryInfo().HighMemoryLoadThresholdBytes)
            {
                Planning = planning, MemoryOption = $"--memory-limit; by default {DefaultMemory}",
            },
            > 0 and <= MostMebibytes => new(time, mebibytes.Value << 20) { Planning = planning },
            _ => throw new UsageException(string.Create(
                CultureInfo.InvariantCulture,
                $"--memory-limit {mebibytes}: MiB were expected, from 1 to {MostMebibytes}.")),
        };
    }

    private static TimeSpan? Limit(double? seconds, string option) => seconds switch
    {
        null => null,
        > 0 and <= LongestSeconds => TimeSpan.FromSeconds(seconds.Value),
        _ => throw new UsageException(string.Create(
            CultureInfo.InvariantCulture,
            $"{option} {seconds}: seconds were expected, more than 0 and at most {LongestSeconds:0}.")),
    };
}
