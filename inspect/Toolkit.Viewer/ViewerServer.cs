using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Toolkit.Analysis.Charts.Runs;
using Toolkit.Charts.Runs;
using Toolkit.Formats;
using Toolkit.Viewer.Assets;
using Toolkit.Viewer.Charts;
using Toolkit.Viewer.Components;
using Toolkit.Viewer.Pages;
using Toolkit.Viewer.Queries;
using Toolkit.Viewer.Runs;
using Toolkit.Viewer.Safety;

namespace Toolkit.Viewer;

/// <summary>
/// A running viewer: a web server over run directories, for one person on this machine unless told otherwise.
/// </summary>
/// <remarks>
/// Built on an empty host: no environment variable, settings file or current directory can change the address it
/// listens on or the files it serves. It reads the given runs and the resources of its own assembly, nothing else.
/// </remarks>
public sealed class ViewerServer : IAsyncDisposable
{
    private readonly WebApplication _application;
    private readonly AccessToken? _token;
    private readonly CancellationTokenSource _stopping = new();
    private readonly TaskCompletionSource _warm = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _warming = Task.CompletedTask;

    private ViewerServer(WebApplication application, AccessToken? token)
    {
        _application = application;
        _token = token;
    }

    /// <summary>The address to open, with the token where one is asked for: <c>http://127.0.0.1:5280/</c>.</summary>
    public Uri Address
    {
        get
        {
            var bound = new UriBuilder(_application.Urls.First());
            bound.Host = bound.Host is "0.0.0.0" or "[::]" ? Dns.GetHostName() : bound.Host;
            bound.Query = _token is null ? string.Empty : $"{AccessToken.Name}={_token.Text}";
            return bound.Uri;
        }
    }

    /// <summary>Starts a viewer and returns when it answers requests.</summary>
    /// <param name="options">What to show and where to listen.</param>
    /// <param name="log">Takes warnings and errors, one line each.</param>
    /// <param name="cancellationToken">Ends the start.</param>
    /// <returns>The running viewer; dispose it to stop.</returns>
    /// <exception cref="BadInputException">A path is not a folder, or the port is taken.</exception>
    public static Task<ViewerServer> StartAsync(
        ViewerOptions options, Action<string> log, CancellationToken cancellationToken)
    {
        var shelf = new ChannelShelf();
        return StartAsync(options, Open, new RunCharts(), log, cancellationToken);

        Task<IRunData> Open(string folder, CancellationToken cancellation)
        {
            // A run that was replaced must not meet what was kept of the one before.
            var stamp = File.GetLastWriteTimeUtc(Path.Combine(folder, "manifest.json"));
            return Task.FromResult<IRunData>(
                new ShelvedRunData(RunDirectoryData.Open(folder), $"{folder} {stamp:O}", shelf));
        }
    }

    /// <summary>Starts a viewer over runs of any kind with any charts.</summary>
    internal static async Task<ViewerServer> StartAsync(
        ViewerOptions options,
        Func<string, CancellationToken, Task<IRunData>> open, RunCharts charts, Action<string> log,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        var runs = RunCatalogue.Find(options.Runs, open);
        var token = options.Host is null ? null : new AccessToken();
        var application = Build(options, runs, charts, token, log);
        try
        {
            await application.StartAsync(cancellationToken);
        }
        catch (Exception failure) when (failure is IOException or SocketException)
        {
            await application.DisposeAsync();
            throw new BadInputException(
                $"Port {options.Port} of {options.Host ?? IPAddress.Loopback} cannot be listened on: "
                    + $"{failure.GetBaseException().Message}. "
                + "Give another with `--port N`, or `--port 0` for any free one.", failure);
        }

        var server = new ViewerServer(application, token);
        server._warming = WarmUp.RunAsync(server.Address, application.Services, server._warm, server._stopping.Token);
        return server;
    }

    /// <summary>Waits until the first page and picture come as fast as any later one, but not for ever.</summary>
    /// <param name="limit">The longest wait.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>A task that ends when the server is warm or the limit is over.</returns>
    public async Task WarmAsync(TimeSpan limit, CancellationToken cancellationToken)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await Task.WhenAny(_warm.Task, Task.Delay(limit, over.Token));
        await over.CancelAsync();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _warming;
        _stopping.Dispose();

        // Open pages hold their connection for ever: do not wait for them.
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        await _application.StopAsync(limit.Token);
        await _application.DisposeAsync();
    }

    private static WebApplication Build(
        ViewerOptions options, RunCatalogue runs, RunCharts charts, AccessToken? token, Action<string> log)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions
        {
            ApplicationName = typeof(ViewerServer).Assembly.GetName().Name,
            ContentRootPath = AppContext.BaseDirectory,
            EnvironmentName = "Production",
        });
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = 64 * 1024;
            kestrel.Listen(options.Host ?? IPAddress.Loopback, options.Port);
        });
        // A start that fails is an exception of ours; the host would log it a second time.
        builder.Logging.AddProvider(new LineLoggerProvider(log)).SetMinimumLevel(LogLevel.Warning)
            .AddFilter("Microsoft.Extensions.Hosting", LogLevel.None)
            // Keys live in memory for this process alone: that they are not encrypted on disk is no warning.
            .AddFilter("Microsoft.AspNetCore.DataProtection", LogLevel.Error);
        builder.Services.AddRoutingCore();
        builder.Services.AddDataProtection().UseEphemeralDataProtectionProvider();
        builder.Services.AddRazorComponents().AddInteractiveServerComponents(circuit =>
        {
            circuit.DisconnectedCircuitMaxRetained = 4;
            circuit.DisconnectedCircuitRetentionPeriod = TimeSpan.FromMinutes(1);
        });
        builder.Services.AddSingleton(options).AddSingleton(runs).AddSingleton<EmbeddedAssets>()
            .AddSingleton(charts)
            .AddSingleton<QueryDesk>().AddSingleton<ChartDesk>().AddScoped<PageScript>().AddScoped<QueryState>();

        var application = builder.Build();
        application.Use(next => new RequestGuard(next, token, options.Host).Invoke);
        application.Use(
            (context, next) => ServeAsset(application.Services.GetRequiredService<EmbeddedAssets>(), context, next));
        application.UseStatusCodePagesWithReExecute("/not-found");
        application.UseRouting();
        application.UseAntiforgery();
        ChartEndpoints.Map(application);
        application.MapRazorComponents<App>().AddInteractiveServerRenderMode(
            render => render.ContentSecurityFrameAncestorsPolicy = null);
        return application;
    }

    private static async Task ServeAsset(EmbeddedAssets assets, HttpContext context, RequestDelegate next)
    {
        if (!await assets.TryServe(context))
        {
            await next(context);
        }
    }
}
