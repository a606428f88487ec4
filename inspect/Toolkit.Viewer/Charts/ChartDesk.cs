using System.Collections.Concurrent;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Primitives;
using Toolkit.Analysis.Charts;
using Toolkit.Analysis.Charts.Runs;
using Toolkit.Formats;
using Toolkit.Viewer.Queries;
using Toolkit.Viewer.Runs;

namespace Toolkit.Viewer.Charts;

/// <summary>Draws what addresses ask for: any chart of one run, or of several runs beside or over each other.</summary>
/// <remarks>A few at a time, so that many open pages cannot make the server hold many matrices at once.</remarks>
internal sealed class ChartDesk(RunCatalogue runs, RunCharts charts, QueryDesk queries) : IDisposable
{
    /// <summary>The query parameter that names a run; several make a comparison.</summary>
    public const string Run = "run";

    /// <summary>
    /// The query parameter that says how several runs are shown: <see cref="Beside"/> or <see cref="Over"/>.
    /// </summary>
    public const string Mode = "mode";

    /// <summary>
    /// The query parameter that says which part of the chart a picture shows: see <see cref="ChartZoom"/>.
    /// </summary>
    public const string View = "view";

    /// <summary>Each run in its own panel, and the difference of matrices.</summary>
    public const string Beside = "beside";

    /// <summary>The lines of all runs in one panel.</summary>
    public const string Over = "over";

    private static readonly TimeSpan PreparationLimit = TimeSpan.FromSeconds(1.5);
    private static readonly Uri Somewhere = new("http://viewer");

    private readonly ConcurrentDictionary<string, ChartRoom> _rooms = new(StringComparer.Ordinal);
    private readonly ChartShelf _kept = new();
    private readonly SemaphoreSlim _seats = new(2);

    /// <summary>Every chart there is.</summary>
    public IReadOnlyList<IRunChart> Charts => charts.All;

    /// <summary>How much room a chart takes, as far as it is known from the last time it was drawn.</summary>
    public ChartRoom RoomOf(IRunChart chart) => _rooms.GetValueOrDefault(chart.Name) ?? ChartRoom.Unknown;

    /// <summary>
    /// Draws charts that were never drawn before, so that the page can keep the right room free; what was drawn is kept
    /// for the page's own request, which follows at once. Gives up after a moment: a page that jumps is better than one
    /// that waits.
    /// </summary>
    public async Task Prepare(IEnumerable<ChartAddress> addresses)
    {
        var unknown = addresses.Where(address => !_rooms.ContainsKey(address.Kind)).ToList();
        if (unknown.Count > 0)
        {
            await Task.WhenAny(Task.WhenAll(unknown.Select(Try)), Task.Delay(PreparationLimit));
        }

        async Task Try(ChartAddress address)
        {
            try
            {
                await DrawAsync(
                    address.Kind,
                    new QueryCollection(QueryHelpers.ParseQuery(new Uri(Somewhere, address.ToUri("bin")).Query)),
                    CancellationToken.None);
            }
#pragma warning disable CA1031 // The page's own request will say what is wrong.
            catch (Exception)
#pragma warning restore CA1031
            {
                _rooms.TryAdd(address.Kind, ChartRoom.Unknown);
            }
        }
    }

    /// <summary>Draws the chart of an address.</summary>
    /// <exception cref="BadInputException">A run, chart, option or value does not exist, or the data are
    /// damaged.</exception>
    public async Task<ChartSpec> DrawAsync(string name, IQueryCollection query, CancellationToken cancellation)
    {
        var entries = query[Run].Distinct().Select(runs.Get).ToList();
        if (entries.Count == 0)
        {
            throw new BadInputException($"The address names no run: add `{Run}=` and the run's name.");
        }

        var options = query.Where(pair => pair.Key is not (Run or Mode or View)).ToDictionary(
            pair => pair.Key, Single, StringComparer.Ordinal);
        var key = string.Join('\n', [
            name, query[Mode].ToString(), .. entries.Select(entry => $"{entry.Id} {entry.Stamp:O}"),
            .. options.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => $"{pair.Key}={pair.Value}")]);
        if (_kept.TryGet(key) is { } kept)
        {
            return kept;
        }

        if (name == QueryChart.Name)
        {
            // Queries wait for each other, never pictures for queries.
            return _kept.Put(key, await DrawQuery(entries[0].Id, options, cancellation));
        }

        await _seats.WaitAsync(cancellation);
        try
        {
            var chart = _kept.TryGet(key) ?? await Task.Run(
                () => Draw(new ChartRequest(name, options), entries, query[Mode], cancellation), cancellation);
            _kept.Put(key, chart);
            if (entries.Count == 1)
            {
                _rooms[name] = ChartRoom.Of(chart);
            }

            return chart;
        }
        finally
        {
            LargeGarbage.Collect(giveBack: true);
            _seats.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _seats.Dispose();

    private async Task<ChartSpec> Draw(
        ChartRequest request, List<RunEntry> entries, string? mode, CancellationToken cancellation)
    {
        var drawn = new List<ChartSpec>();
        var names = new List<string>();
        var lacking = new List<string>();
        var final = new List<string>();
        foreach (var entry in entries)
        {
            var run = await entry.OpenAsync(cancellation);
            // Where all lack it, the last says why.
            if (mode == Over
                && lacking.Count < entries.Count - 1
                && charts.Find(request.Chart).WhyNot(run) is not null)
            {
                lacking.Add(entry.Id);
                continue;
            }

            var asked = request;
            if (entry != entries[0]
                && request.Options.TryGetValue(RunCharts.Checkpoint, out var epoch)
                && !run.Checkpoints.Any(known => $"{known}" == epoch))
            {
                asked = request with { Options = request.Options
                    .Where(option => option.Key != RunCharts.Checkpoint)
                    .ToDictionary(StringComparer.Ordinal) };
                final.Add(entry.Id);
            }

            drawn.Add(await charts.DrawAsync(run, asked, cancellation));
            names.Add(entry.Id);
        }

        var chart = drawn.Count == 1 ? drawn[0]
            : mode == Over ? ChartCombination.Over(drawn, names)
            : ChartCombination.Beside(drawn, names);
        string[] notes =
        [
            chart.Caption,
            .. lacking.Count > 0 ? [$"Not in {string.Join(", ", lacking)}."] : Array.Empty<string>(),
            .. final.Count > 0
                ? [$"No such checkpoint in {string.Join(", ", final)}, whose final model is shown."]
                : Array.Empty<string>(),
        ];
        return chart with { Caption = string.Join(' ', notes.Where(note => note.Length > 0)) };
    }

    private async Task<ChartSpec> DrawQuery(
        string run, IReadOnlyDictionary<string, string> options, CancellationToken cancellation)
    {
        var result = await queries.AskAsync(run, Given("sql"), cancellation);
        var chart = QueryChart.Draw(
            result.Table, run, Given("kind"), Given("x"), Given("y"), options.GetValueOrDefault("colour"));
        return result.IsTruncated ? chart with { Caption = "The query gave more rows than are shown." } : chart;

        string Given(string name) =>
            options.GetValueOrDefault(name) ?? throw new BadInputException($"The address lacks `{name}=`.");
    }

    private static string Single(KeyValuePair<string, StringValues> pair) => pair.Value is [{ } value]
        ? value
        : throw new BadInputException($"The address gives '{pair.Key}' {pair.Value.Count} times; once is enough.");
}
