using System.Globalization;
using System.Reflection;
using Toolkit.Formats;

namespace Toolkit.Analysis.Charts.Runs;

/// <summary>
/// All charts that can be drawn for runs, found by looking for classes that implement <see cref="IRunChart"/>.
/// </summary>
public sealed class RunCharts
{
    private readonly Dictionary<string, IRunChart> _byName;

    /// <summary>Finds the charts of assemblies.</summary>
    /// <param name="assemblies">Where to look; this assembly where none is given.</param>
    /// <exception cref="InvalidOperationException">Two charts have the same name.</exception>
    public RunCharts(params IReadOnlyList<Assembly> assemblies)
    {
        ArgumentNullException.ThrowIfNull(assemblies);
        All = [.. (assemblies.Count == 0 ? [typeof(RunCharts).Assembly] : assemblies)
            .SelectMany(assembly => assembly.GetTypes())
            .Where(type => type is { IsClass: true, IsAbstract: false }
                && type.IsAssignableTo(typeof(IRunChart))
                && type.GetConstructor(Type.EmptyTypes) is not null)
            .Select(type => (IRunChart)Activator.CreateInstance(type)!)
            .OrderBy(chart => chart.Page).ThenBy(chart => chart.Order).ThenBy(
                chart => chart.Name, StringComparer.Ordinal)];
        _byName = new Dictionary<string, IRunChart>(StringComparer.Ordinal);
        foreach (var chart in All)
        {
            if (!_byName.TryAdd(chart.Name, chart))
            {
                throw new InvalidOperationException(
                    $"{chart.GetType()} and {_byName[chart.Name].GetType()} are both named '{chart.Name}'.");
            }
        }
    }

    /// <summary>
    /// An option that every chart knows: the epoch of a checkpoint, whose weights take the place of the final ones.
    /// </summary>
    public const string Checkpoint = "checkpoint";

    /// <summary>Every chart, by page, order and name.</summary>
    public IReadOnlyList<IRunChart> All { get; }

    /// <summary>The chart of a name.</summary>
    /// <param name="name">The name, kebab-case.</param>
    /// <returns>The chart.</returns>
    /// <exception cref="BadInputException">There is none; the message lists the names.</exception>
    public IRunChart Find(string name) => _byName.TryGetValue(name, out var chart)
        ? chart
        : throw new BadInputException(
            $"There is no chart '{name}'. There are: {string.Join(", ", All.Select(c => c.Name))}.");

    /// <summary>Draws what is asked for.</summary>
    /// <param name="run">The run.</param>
    /// <param name="request">Which chart, with which choices.</param>
    /// <param name="cancellation">Stops the work.</param>
    /// <returns>The chart, with provenance.</returns>
    /// <exception cref="BadInputException">The chart, an option or a value does not exist, the run lacks what the chart
    /// needs, or its data are damaged.</exception>
    public async Task<ChartSpec> DrawAsync(IRunData run, ChartRequest request, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(run);
        ArgumentNullException.ThrowIfNull(request);
        var chart = Find(request.Chart);
        return request.Options.TryGetValue(Checkpoint, out var epoch)
            ? await AtCheckpointAsync(chart, run, request.Options, epoch, cancellation)
            : await DrawAsync(chart, run, request.Options, cancellation);
    }

    private static async Task<ChartSpec> DrawAsync(
        IRunChart chart, IRunData run, IReadOnlyDictionary<string, string> options, CancellationToken cancellation)
    {
        if (chart.WhyNot(run) is { } reason)
        {
            throw new BadInputException($"{run.Name}: '{chart.Name}' cannot be drawn: {reason}");
        }

        var choices = ChartChoices.Check(chart.OptionsFor(run, options), options);
        try
        {
            return await chart.DrawAsync(run, choices, cancellation);
        }
        catch (Exception e) when (e is KeyNotFoundException or InvalidOperationException)
        {
            // A table of results is a file: another version, or another program, may have written it with other
            // columns.
            throw new BadInputException(
                $"{run.Name}: '{chart.Name}' cannot be drawn: its results are not as this version writes them. "
                    + $"{e.Message} Run the analysis again.", e);
        }
    }

    /// <summary>
    /// A chart over epochs marks the checkpoint; one of weights or values shows it; one of stored results says that it
    /// does not.
    /// </summary>
    private static async Task<ChartSpec> AtCheckpointAsync(
        IRunChart chart,
        IRunData run,
        IReadOnlyDictionary<string, string> options,
        string text,
        CancellationToken cancellation)
    {
        if (!long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var epoch)
            || !run.Checkpoints.Contains(epoch))
        {
            throw new BadInputException(run.Checkpoints.Count == 0
                ? $"{run.Name}: there are no checkpoints, so none of epoch {text}. Leave `{Checkpoint}` out, or "
                    + "capture a model in the folder that `train run` left."
                : $"{run.Name}: there is no checkpoint of epoch '{text}'. There are: "
                    + $"{ChartChoices.List([.. run.Checkpoints.Select(known => $"{known}")])}.");
        }

        var final = new SortedSet<string>(StringComparer.Ordinal);
        var drawn = await DrawAsync(
            chart,
            await run.AtCheckpointAsync(epoch, what => final.Add(what), cancellation),
            options.Where(option => option.Key != Checkpoint).ToDictionary(StringComparer.Ordinal),
            cancellation);
        if (chart.Page == ChartPage.Training)
        {
            return drawn with
            {
                Caption = $"{drawn.Caption} The dashed line is the checkpoint.".TrimStart(),
                Panels = [.. drawn.Panels.Select(panel => panel.X.Label == "epoch"
                    ? panel with { Marks = [.. panel.Marks, Marker(epoch)] }
                    : panel)],
            };
        }

        return final.Count == 0
            ? drawn with { Provenance = drawn.Provenance is { } known ? known with { Checkpoint = epoch } : null }
            : drawn with
            {
                Caption =
                    $"Shows the final model, not the checkpoint: {string.Join(", ", final)}. {drawn.Caption}".TrimEnd(),
            };
    }

    private static RuleMark Marker(long epoch) => new() { At = epoch, Vertical = true };
}
