using System.Globalization;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.WebUtilities;
using Toolkit.Analysis.Charts.Runs;
using Toolkit.Viewer.Runs;

namespace Toolkit.Viewer.Components;

/// <summary>
/// The choices made on a page, which live in its address and nowhere else: copying the address copies the page, and the
/// browser's back button undoes the last choice.
/// </summary>
internal sealed class QueryState
{
    // What the browser was asked to go to and has not said yet that it is there: a page that waited for that would take
    // back what is typed or dragged meanwhile.
    private readonly Queue<string> _ahead = new();
    private readonly NavigationManager _navigation;
    private string? _parsed;
    private Dictionary<string, string> _values = [];

    public QueryState(NavigationManager navigation)
    {
        _navigation = navigation;
        navigation.LocationChanged += (_, change) => Arrived(change.Location);
    }

    /// <summary>The value of a parameter; null where the address has none.</summary>
    public string? this[string name] => Values.GetValueOrDefault(name);

    /// <summary>All parameters.</summary>
    public IReadOnlyDictionary<string, string> Values
    {
        get
        {
            if (_parsed != Address)
            {
                _parsed = Address;
                _values = QueryHelpers.ParseQuery(new Uri(_parsed).Query)
                    .ToDictionary(pair => pair.Key, pair => pair.Value[^1] ?? string.Empty, StringComparer.Ordinal);
            }

            return _values;
        }
    }

    /// <summary>
    /// What is searched for; null for everything. Fields bind it, for Blazor writes back what is not bound, which is by
    /// then what was typed a moment ago.
    /// </summary>
    public string? Search
    {
        get => this["search"];
        set => Set("search", value is { Length: > 0 } ? value : null);
    }

    private string Address => _ahead.LastOrDefault(_navigation.Uri);

    /// <summary>What the address gives for a choice about a chart; null where it gives nothing that fits.</summary>
    public string? Of(ChartOption option) => this[option.Name] is { } value && (option.Choices is { } choices
        ? choices.Contains(value)
        : int.TryParse(value, out var number) && number >= option.Minimum && number <= option.Maximum) ? value : null;

    /// <summary>Every value of a parameter that the address gives several times.</summary>
    public IReadOnlyList<string> All(string name) =>
        [.. QueryHelpers.ParseQuery(new Uri(Address).Query).GetValueOrDefault(name).OfType<string>().Distinct()];

    /// <summary>The further runs that the address names, of those there are.</summary>
    public IReadOnlyList<string> Others(RunCatalogue runs, string? first) =>
        [.. All("with").Where(id => id != first && runs.TryGet(id) is not null)];

    /// <summary>Gives a parameter several times, or not at all; the back button undoes it.</summary>
    public void Go(string name, IReadOnlyList<string> values) => GoTo(_navigation.GetUriWithQueryParameters(
        Address, new Dictionary<string, object?> { [name] = values.Count == 0 ? null : values.ToArray() }));

    /// <summary>The checkpoint that the address names, where a run keeps it; else null, its final model.</summary>
    public long? CheckpointOf(IRunData run) =>
        long.TryParse(this[RunCharts.Checkpoint], NumberStyles.None, CultureInfo.InvariantCulture, out var epoch)
            && run.Checkpoints.Contains(epoch) ? epoch : null;

    /// <summary>A whole number of the address, or a default where it has none that fits.</summary>
    public int Integer(string name, int initial, int minimum, int maximum) =>
        int.TryParse(this[name], out var value) && value >= minimum && value <= maximum ? value : initial;

    /// <summary>The present address with one parameter changed; null removes it.</summary>
    public string With(string name, string? value) => With((name, value));

    /// <summary>The present address with several parameters changed; null removes one.</summary>
    public string With(params (string Name, string? Value)[] changes) =>
        _navigation.GetUriWithQueryParameters(
            Address, changes.ToDictionary(change => change.Name, change => (object?)change.Value));

    /// <summary>Changes several parameters of the present address; the back button undoes it.</summary>
    public void Go(params (string Name, string? Value)[] changes) => GoTo(With(changes));

    /// <summary>
    /// Makes a choice about a chart: the back button undoes what was picked from a list, but not each step of a slider.
    /// </summary>
    public void Choose(ChartOption option, string value) =>
        GoTo(With(option.Name, value), replace: option.Choices is null);

    /// <summary>Changes one parameter of the present address; the back button does not undo it.</summary>
    public void Set(string name, string? value) => GoTo(With(name, value), replace: true);

    private void GoTo(string address, bool replace = false)
    {
        _ahead.Enqueue(address);
        _navigation.NavigateTo(address, replace: replace);
    }

    // The browser may write an address with other escapes than it was given. It may also have gone elsewhere: what it
    // says then counts.
    private void Arrived(string address)
    {
        while (_ahead.TryDequeue(out var asked) && Uri.UnescapeDataString(asked) != Uri.UnescapeDataString(address))
        {
        }
    }
}
