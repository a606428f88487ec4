using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Primitives;
using Toolkit.Analysis.Charts;
using Toolkit.Formats;
using Toolkit.Viewer.Charts;
using Toolkit.Viewer.Runs;

namespace Toolkit.Viewer;

/// <summary>
/// Does once, while the reader's browser is still opening, what the first page would have to wait for: the server's first
/// answer, the overview's rows, the first run's descriptions and one picture. Nothing of it can fail a start.
/// </summary>
internal static class WarmUp
{
    private const int MostRuns = 25;

    /// <summary>Warms a server that listens.</summary>
    public static Task RunAsync(Uri address, IServiceProvider services, CancellationToken cancellation) => Task.Run(
        async () =>
        {
            await Quietly(() => FirstAnswer(address, cancellation));
            var runs = services.GetRequiredService<RunCatalogue>();
            foreach (var run in runs.All.Take(MostRuns))
            {
                await run.SummaryAsync().WaitAsync(cancellation);
            }

            var desk = services.GetRequiredService<ChartDesk>();
            await Quietly(async () =>
            {
                var first = await runs.All[0].OpenAsync(cancellation);
                if (desk.Charts.FirstOrDefault(chart => chart.WhyNot(first) is null && chart.Page == Analysis.Charts.Runs.ChartPage.Tensor) is { } chart)
                {
                    var drawn = await desk.DrawAsync(
                        chart.Name, new QueryCollection(new Dictionary<string, StringValues> { [ChartDesk.Run] = runs.All[0].Id }), cancellation);
                    _ = new ChartPayload().Write(drawn);
                }
            });
        },
        CancellationToken.None).ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);

    private static async Task FirstAnswer(Uri address, CancellationToken cancellation)
    {
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        (await client.GetAsync(address, cancellation)).Dispose();
    }

    private static async Task Quietly(Func<Task> act)
    {
        try
        {
            await act();
        }
        catch (Exception passed) when (passed is BadInputException or IOException or UnauthorizedAccessException or HttpRequestException or OperationCanceledException or ArgumentException)
        {
            // The page itself will say what is wrong.
        }
    }
}
