using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Routing;
using Toolkit.Analysis.Charts.Runs;
using Toolkit.Formats;
using Toolkit.Viewer.Runs;

namespace Toolkit.Viewer.Components;

/// <summary>
/// What the pages about one run share: which run the address names, and the reason where it cannot be opened.
/// </summary>
public abstract class RunPage : ComponentBase, IDisposable
{
    private string? _opened;

    [Inject]
    internal RunCatalogue Runs { get; set; } = null!;

    [Inject]
    internal QueryState Query { get; set; } = null!;

    [Inject]
    private NavigationManager Navigation { get; set; } = null!;

    /// <summary>The run that the address names, or the first.</summary>
    internal RunEntry? Entry => Query["run"] is { } id ? Runs.TryGet(id) : Runs.All.Count > 0 ? Runs.All[0] : null;

    /// <summary>The run's descriptions and data; null until it is open, and where it cannot be opened.</summary>
    private protected IRunData? Run { get; private set; }

    /// <summary>Why the run cannot be shown; null where it can.</summary>
    protected string? Fault { get; private set; }

    /// <inheritdoc/>
    public void Dispose()
    {
        Navigation.LocationChanged -= Moved;
        GC.SuppressFinalize(this);
    }

    /// <inheritdoc/>
    protected override async Task OnInitializedAsync()
    {
        Navigation.LocationChanged += Moved;
        await RendererInfo.Await(Open());
    }

    /// <summary>Called when another run is open, before it is shown.</summary>
    private protected virtual Task Opened(RunEntry entry) => Task.CompletedTask;

    /// <summary>Called when the address has changed and before anything is shown: the place to follow it.</summary>
    protected virtual void Arrange()
    {
    }

    private void Moved(object? sender, LocationChangedEventArgs e) => _ = InvokeAsync(async () =>
    {
        try
        {
            await Open();
            StateHasChanged();
        }
#pragma warning disable CA1031 // Nobody awaits this: the error boundary around the page shows whatever failed.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            await DispatchExceptionAsync(failure);
        }
    });

    private async Task Open()
    {
        if (Entry is not { } entry)
        {
            Fault = $"There is no run '{Query["run"]}' here.";
            return;
        }

        if (_opened == entry.Id)
        {
            Arrange();
            return;
        }

        _opened = entry.Id;
        (Run, Fault) = (null, null);
        try
        {
            Run = await entry.OpenAsync(CancellationToken.None);
            await Opened(entry);
            Arrange();
        }
        catch (Exception bad) when (bad is BadInputException or IOException or UnauthorizedAccessException)
        {
            (Run, Fault) = (null, bad.Message);
        }
    }
}
