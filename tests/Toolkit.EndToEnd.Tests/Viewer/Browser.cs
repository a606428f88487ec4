using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.Playwright;

[assembly: AssemblyFixture(typeof(Toolkit.EndToEnd.Tests.Viewer.Browser))]

namespace Toolkit.EndToEnd.Tests.Viewer;

/// <summary>
/// One headless Chromium for all tests of the assembly: the system's own, never a downloaded one. Where it is missing
/// and may be installed (apt, root), it is; else the tests that need it skip with the reason.
/// </summary>
public sealed class Browser : IAsyncLifetime
{
    private const string Executable = "/usr/bin/chromium";

    // Not what a page may take, but what a machine may that does ten other things.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(45);

    private static readonly string[] Arguments =
        ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"];

    private readonly SemaphoreSlim _starting = new(1, 1);
    private IPlaywright? _playwright;
    private IBrowser? _browser;
    private string? _reason;

    /// <summary>Where pictures of the pages are kept.</summary>
    public static string Screenshots { get; } = Directory.CreateDirectory(Path.Combine(
        Toolkit.Testing.SharedData.RepositoryRoot, "TestResults", "screenshots")).FullName;

    /// <summary>
    /// Opens an empty page with everything it complains about recorded; skips the running test where there is no
    /// browser.
    /// </summary>
    public async Task<BrowserPage> NewPage(ColorScheme scheme = ColorScheme.Light, int width = 1440, int height = 1000)
    {
        await _starting.WaitAsync(TestContext.Current.CancellationToken);
        try
        {
            if (_browser is null && _reason is null)
            {
                await Start();
            }
        }
        finally
        {
            _starting.Release();
        }

        Assert.SkipUnless(_browser is not null, _reason ?? string.Empty);
        var context = await _browser.NewContextAsync(new BrowserNewContextOptions
        {
            ViewportSize = new ViewportSize { Width = width, Height = height },
            ColorScheme = scheme,
            AcceptDownloads = true,
        });
        context.SetDefaultTimeout((float)Patience.TotalMilliseconds);
        Assertions.SetDefaultExpectTimeout((float)Patience.TotalMilliseconds);
        return await BrowserPage.Open(context);
    }

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null)
        {
            await _browser.DisposeAsync();
        }

        _playwright?.Dispose();
        _starting.Dispose();
    }

    private async Task Start()
    {
        if (!File.Exists(Executable) && Environment.UserName == "root" && File.Exists("/usr/bin/apt-get"))
        {
            using var install = Process.Start(new ProcessStartInfo(
                "/bin/sh",
                ["-c", "apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium"])
            {
                RedirectStandardOutput = true, RedirectStandardError = true,
            })!;
            await Task.WhenAll(install.StandardOutput.ReadToEndAsync(), install.StandardError.ReadToEndAsync());
            await install.WaitForExitAsync();
        }

        if (!File.Exists(Executable))
        {
            _reason = $"{Executable} is not installed and could not be installed with apt-get.";
            return;
        }

        try
        {
            _playwright = await Playwright.CreateAsync();
            _browser = await _playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
            {
                ExecutablePath = Executable, Args = Arguments, Headless = true,
            });
        }
        catch (PlaywrightException failure)
        {
            _reason = $"Chromium does not start here: {failure.Message.Split('\n')[0]}";
        }
    }
}
