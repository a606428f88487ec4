using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Toolkit.Analysis.Charts.Runs;
using Toolkit.Formats;
using Toolkit.Viewer.Charts;
using Toolkit.Viewer.Runs;

namespace Toolkit.Viewer;

/// <summary>
/// Does once, before anybody looks, what the first reader would have to wait for: the overview's rows, the first run's
/// descriptions, two pages over a connection as a browser's, and pictures. It compiles what they need; nothing of it can
/// fail a start.
/// </summary>
internal static class WarmUp
{
    private const int MostRuns = 25;

    private static readonly TimeSpan LongestPictures = TimeSpan.FromSeconds(1);

    /// <summary>Warms a server that listens.</summary>
    /// <param name="address">Where it listens.</param>
    /// <param name="services">Its services.</param>
    /// <param name="first">Done when the pages that are opened first are warm; the others follow while somebody looks at
    /// one of these.</param>
    /// <param name="cancellation">Ends it.</param>
    public static Task RunAsync(
        Uri address, IServiceProvider services, TaskCompletionSource first, CancellationToken cancellation) => Task.Run(
        async () =>
        {
            using var handler = new SocketsHttpHandler { UseProxy = false, CookieContainer = new CookieContainer() };
            using var client = new HttpClient(handler) { BaseAddress = address };
            // Where a token is asked for, the first answer is the cookie that the others need.
            await Quietly(async () => (await client.GetAsync(address, cancellation)).Dispose());
            var runs = services.GetRequiredService<RunCatalogue>();
            var summaries = Task.WhenAll(runs.All.Take(MostRuns).Select(run => run.SummaryAsync()));
            await Quietly(() => PageVisit.MakeAsync(client, "/", "captured (UTC)", cancellation));
            await Quietly(async () =>
            {
                var entry = runs.All[0];
                var first = await entry.OpenAsync(cancellation);
                var run = $"run={Uri.EscapeDataString(entry.Id)}";
                await PageVisit.MakeAsync(client, $"/tensor?{run}", "plot-height", cancellation);
                // Pictures of large runs take a while, and an address is waited for.
                using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
                limit.CancelAfter(LongestPictures);
                await Task.WhenAll(services.GetRequiredService<ChartDesk>().Charts
                    .Where(chart => chart.Page == ChartPage.Tensor && chart.WhyNot(first) is null)
                    .Select(async chart =>
                        (await client.GetAsync(new Uri($"/chart/{chart.Name}.bin?{run}", UriKind.Relative), limit.Token)).Dispose()));
            });
            await summaries.WaitAsync(cancellation);
            first.TrySetResult();
            foreach (var page in new[] { "training", "spectra", "representations" })
            {
                await Quietly(async () => (await client.GetAsync(
                    new Uri($"/{page}?run={Uri.EscapeDataString(runs.All[0].Id)}", UriKind.Relative), cancellation)).Dispose());
            }
        },
        CancellationToken.None).ContinueWith(_ => first.TrySetResult(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);

    private static async Task Quietly(Func<Task> act)
    {
        try
        {
            await act();
        }
        catch (Exception passed) when (passed is BadInputException or IOException or UnauthorizedAccessException or HttpRequestException
            or System.Net.WebSockets.WebSocketException or OperationCanceledException or ArgumentException)
        {
            // The page itself will say what is wrong.
        }
    }
}
