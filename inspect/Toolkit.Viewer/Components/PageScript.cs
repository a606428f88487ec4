using Microsoft.AspNetCore.Components;
using Microsoft.JSInterop;
using Toolkit.Viewer.Assets;

namespace Toolkit.Viewer.Components;

/// <summary>The page's script module, loaded once per open page.</summary>
internal sealed class PageScript(IJSRuntime browser) : IAsyncDisposable
{
    private Task<IJSObjectReference>? _module;

    /// <summary>Has the chart in a figure element tell its owner what is done with it.</summary>
    public async Task Connect<T>(ElementReference figure, DotNetObjectReference<T> owner)
        where T : class => await (await Module()).InvokeVoidAsync("connect", figure, owner);

    /// <summary>Loads the module, whose keys work on every page, also where there is no chart.</summary>
    public async Task Load() => await Module();

    /// <summary>Turns the page light or dark.</summary>
    public async Task ToggleTheme() => await (await Module()).InvokeVoidAsync("toggleTheme");

    /// <summary>Scrolls the list at the page's side to what is chosen there.</summary>
    public async Task Reveal() => await (await Module()).InvokeVoidAsync("reveal");

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        try
        {
            if (_module is { IsCompletedSuccessfully: true })
            {
                await _module.Result.DisposeAsync();
            }
        }
        catch (JSDisconnectedException)
        {
            // The page is closed.
        }
    }

    private Task<IJSObjectReference> Module() =>
        _module ??= browser.InvokeAsync<IJSObjectReference>("import", $"{EmbeddedAssets.Versioned}page.js").AsTask();
}
