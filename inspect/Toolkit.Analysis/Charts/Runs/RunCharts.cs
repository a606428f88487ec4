using System.Reflection;
using Toolkit.Formats;

namespace Toolkit.Analysis.Charts.Runs;

/// <summary>All charts that can be drawn for runs, found by looking for classes that implement <see cref="IRunChart"/>.</summary>
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
            .Where(type => type is { IsClass: true, IsAbstract: false } && type.IsAssignableTo(typeof(IRunChart)) && type.GetConstructor(Type.EmptyTypes) is not null)
            .Select(type => (IRunChart)Activator.CreateInstance(type)!)
            .OrderBy(chart => chart.Page).ThenBy(chart => chart.Order).ThenBy(chart => chart.Name, StringComparer.Ordinal)];
        _byName = new Dictionary<string, IRunChart>(StringComparer.Ordinal);
        foreach (var chart in All)
        {
            if (!_byName.TryAdd(chart.Name, chart))
            {
                throw new InvalidOperationException($"{chart.GetType()} and {_byName[chart.Name].GetType()} are both named '{chart.Name}'.");
            }
        }
    }

    /// <summary>Every chart, by page, order and name.</summary>
    public IReadOnlyList<IRunChart> All { get; }

    /// <summary>The chart of a name.</summary>
    /// <param name="name">The name, kebab-case.</param>
    /// <returns>The chart.</returns>
    /// <exception cref="BadInputException">There is none; the message lists the names.</exception>
    public IRunChart Find(string name) => _byName.TryGetValue(name, out var chart)
        ? chart
        : throw new BadInputException($"There is no chart '{name}'. There are: {string.Join(", ", All.Select(c => c.Name))}.");

    /// <summary>Draws what is asked for.</summary>
    /// <param name="run">The run.</param>
    /// <param name="request">Which chart, with which choices.</param>
    /// <param name="cancellation">Stops the work.</param>
    /// <returns>The chart, with provenance.</returns>
    /// <exception cref="BadInputException">The chart, an option or a value does not exist, the run lacks what the chart needs,
    /// or its data are damaged.</exception>
    public async Task<ChartSpec> DrawAsync(IRunData run, ChartRequest request, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(run);
        ArgumentNullException.ThrowIfNull(request);
        var chart = Find(request.Chart);
        if (chart.WhyNot(run) is { } reason)
        {
            throw new BadInputException($"{run.Name}: '{chart.Name}' cannot be drawn: {reason}");
        }

        return await chart.DrawAsync(run, ChartChoices.Check(chart.OptionsFor(run, request.Options), request.Options), cancellation);
    }
}
