using System.Collections.Concurrent;
using Microsoft.Playwright;

namespace Toolkit.EndToEnd.Tests.Viewer;

/// <summary>
/// A page of the browser and everything that its console, its scripts and its network complained about.
/// </summary>
public sealed class BrowserPage : IAsyncDisposable
{
    private readonly IBrowserContext _context;

    private BrowserPage(IBrowserContext context, IPage page)
    {
        _context = context;
        Page = page;
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning")
            {
                Complaints.Enqueue($"{message.Type}: {message.Text} ({message.Location})");
            }
        };
        page.PageError += (_, error) => Complaints.Enqueue($"page error: {error}");
        page.RequestFailed += (_, request) =>
        {
            if (request.Failure != "net::ERR_ABORTED")
            {
                Complaints.Enqueue($"request failed: {request.Url}: {request.Failure}");
            }
        };
        page.Request += (_, request) => Requests.Enqueue(request.Url);
    }

    public IPage Page { get; }

    public ConcurrentQueue<string> Complaints { get; } = new();

    public ConcurrentQueue<string> Requests { get; } = new();

    /// <summary>
    /// How much of the page has jumped since it was opened, as the browser counts it: 0 is none, 0.1 the usual limit.
    /// </summary>
    public Task<double> LayoutShift => Page.EvaluateAsync<double>("() => window.layoutShift");

    /// <summary>What jumped, and from where to where.</summary>
    public Task<string> LayoutShifts => Page.EvaluateAsync<string>("() => window.layoutShifts.join('\\n')");

    public static async Task<BrowserPage> Open(IBrowserContext context)
    {
        await context.AddInitScriptAsync("""
            window.layoutShift = 0;
            window.layoutShifts = [];
            new PerformanceObserver(list => list.getEntries().forEach(e => {
              if (e.hadRecentInput) return;
              window.layoutShift += e.value;
              window.layoutShifts.push(`${e.value.toFixed(3)}: ${e.sources.map(s => `${s.node?.nodeName} ${s.node?.className ?? ''} ${s.node?.id ?? ''} ${JSON.stringify(s.previousRect)} > ${JSON.stringify(s.currentRect)}`).join(' | ')}`);
            }))
              .observe({ type: 'layout-shift', buffered: true });
            """);
        return new(context, await context.NewPageAsync());
    }

    /// <summary>Waits until the page answers: what came with the document does not yet.</summary>
    public Task Answers() => Page.Locator("main:not([inert])").WaitForAsync();

    /// <summary>
    /// Waits until every chart near the visible part of the page is drawn (or says why not) and the page answers.
    /// </summary>
    public async Task ChartsDrawn()
    {
        await Answers();
        await Drawn();
    }

    /// <summary>Waits until every chart near the visible part of the page is drawn (or says why not).</summary>
    /// <param name="below">How far below the visible part is near, in pixels.</param>
    public async Task Drawn(int below = 300)
    {
        await Page.Locator("figure.chart").First.WaitForAsync();
        await Page.WaitForFunctionAsync("""
            below => [...document.querySelectorAll('figure.chart')].every(f => {
              const box = f.getBoundingClientRect();
              return box.top > innerHeight + below || (['ready', 'error'].includes(f.dataset.state) && !f.hasAttribute('aria-busy'));
            })
            """, below);
    }

    /// <summary>
    /// Waits until the page has its content: charts that are drawn, or the reason why there are none.
    /// </summary>
    public async Task Settled()
    {
        await Answers();
        await Page.Locator("figure.chart, details.faint, p.faint, p.card, .failure").First.WaitForAsync();
        if (await Page.Locator("figure.chart").CountAsync() > 0)
        {
            await ChartsDrawn();
        }
    }

    /// <summary>Keeps a picture of the whole page.</summary>
    public Task Screenshot(string name, bool fullPage = true) => Page.ScreenshotAsync(new PageScreenshotOptions
    {
        Path = Path.Combine(Browser.Screenshots, $"{name}.png"), FullPage = fullPage,
    });

    public async ValueTask DisposeAsync() => await _context.DisposeAsync();
}
