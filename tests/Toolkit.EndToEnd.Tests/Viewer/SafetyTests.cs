using System.Net;
using System.Net.Sockets;
using System.Text;
using Toolkit.Analysis.Charts.Runs;
using Toolkit.Viewer;

namespace Toolkit.EndToEnd.Tests.Viewer;

/// <summary>What a hostile page, network or run directory must not achieve, tried with requests as bytes.</summary>
public sealed class SafetyTests : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly List<string> _log = [];

    public SafetyTests()
    {
        Directory.CreateDirectory(_folder["runs", "one", "shards"]);
        File.WriteAllText(_folder["secret.txt"], "the secret");
        File.WriteAllText(_folder["runs", "one", "manifest.json"], "the secret of the run");
        Directory.CreateSymbolicLink(_folder["runs", "one", "link"], _folder.FullPath);
    }

    public ValueTask DisposeAsync()
    {
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Viewer_listens_on_the_loopback_address_alone()
    {
        await using var server = await Start();
        server.Address.Host.ShouldBe("127.0.0.1");
        foreach (var address in (await Dns.GetHostAddressesAsync(
            Dns.GetHostName(), TestContext.Current.CancellationToken)).Where(a => !IPAddress.IsLoopback(a)))
        {
            using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            await Should.ThrowAsync<SocketException>(() => socket.ConnectAsync(address, server.Address.Port));
        }
    }

    [Theory]
    [InlineData("evil.example")]
    [InlineData("evil.example:{port}")]
    [InlineData("127.0.0.1.evil.example:{port}")]
    [InlineData("127.0.0.1:1")]
    [InlineData("127.0.0.1")]
    [InlineData("0.0.0.0:{port}")]
    [InlineData("")]
    public async Task Request_is_refused_when_its_host_is_not_the_viewers(string host)
    {
        await using var server = await Start();
        var answer = await Send(
            server,
            $"GET / HTTP/1.1\r\nHost: {host.Replace("{port}", $"{server.Address.Port}")}\r\nConnection: close\r\n\r\n");
        answer.ShouldMatch("^HTTP/1.1 4(21|00)");
        answer.ShouldNotContain("blazor");
    }

    [Theory]
    [InlineData("Origin: http://evil.example")]
    [InlineData("Origin: null")]
    [InlineData("Origin: https://127.0.0.1:{port}")]
    [InlineData("Origin: http://127.0.0.1:1")]
    [InlineData("Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: no-cors")]
    [InlineData("Sec-Fetch-Site: same-site\r\nSec-Fetch-Mode: cors")]
    public async Task Request_of_another_site_is_refused(string header)
    {
        await using var server = await Start();
        foreach (var path
            in new[] { "/chart/map.csv?run=one", "/_blazor/negotiate?negotiateVersion=1", "/_blazor?id=x" })
        {
            (await Get(server, path, header.Replace("{port}", $"{server.Address.Port}"))).ShouldStartWith(
                "HTTP/1.1 403");
        }
    }

    [Theory]
    [InlineData("http://evil.example", "403")]
    [InlineData("http://127.0.0.1:{port}", "101")]
    public async Task Web_socket_is_open_to_the_viewers_own_page_alone(string origin, string status)
    {
        await using var server = await Start();
        (await Get(server, "/_blazor", "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            + "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nOrigin: "
            + $"{origin.Replace("{port}", $"{server.Address.Port}")}"))
            .ShouldStartWith($"HTTP/1.1 {status}");
    }

    [Theory]
    [InlineData("/../secret.txt")]
    [InlineData("/../../../../../../etc/passwd")]
    [InlineData("/%2e%2e/secret.txt")]
    [InlineData("/%2e%2e%2fsecret.txt")]
    [InlineData("/..%5c..%5csecret.txt")]
    [InlineData("/%252e%252e/secret.txt")]
    [InlineData("/runs/one/manifest.json")]
    [InlineData("/one/manifest.json")]
    [InlineData("/one/link/secret.txt")]
    [InlineData("/chart/..%2f..%2fsecret.txt?run=one")]
    [InlineData("/chart/map.bin?run=../one")]
    [InlineData("/chart/map.bin?run=..%2f..%2fetc")]
    [InlineData("/chart/map.bin?run=one/link")]
    [InlineData("/chart/map.bin?run=%2fetc")]
    [InlineData("/chart/map.bin?run=one%00")]
    [InlineData("/page.js/../../secret.txt")]
    [InlineData("//etc/passwd")]
    [InlineData("/wwwroot/page.js")]
    [InlineData("/appsettings.json")]
    [InlineData("/Toolkit.Viewer.dll")]
    public async Task Path_never_reaches_a_file(string path)
    {
        await using var server = await Start();
        var answer = await Get(server, path);
        answer.ShouldNotContain("the secret");
        answer.ShouldNotContain("root:");
        answer.ShouldNotContain("HTTP/1.1 500");
    }

    [Theory]
    [InlineData("POST", "/")]
    [InlineData("PUT", "/page.js")]
    [InlineData("DELETE", "/chart/map.bin")]
    [InlineData("TRACE", "/")]
    [InlineData("OPTIONS", "/")]
    public async Task Method_that_could_change_something_is_refused(string method, string path)
    {
        await using var server = await Start();
        (await Send(
            server,
            $"{method} {path} HTTP/1.1\r\nHost: {server.Address.Authority}\r\nContent-Length: 0\r\nConnection: "
                + "close\r\n\r\n")).ShouldStartWith(
            "HTTP/1.1 405");
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/page.js")]
    [InlineData("/chart/map.csv?run=one")]
    [InlineData("/chart/map.csv?run=none")]
    public async Task Answer_carries_the_headers_that_keep_it_to_itself(string path)
    {
        await using var server = await Start();
        var answer = await Get(server, path);
        var policy = answer
            .Split("\r\n")
            .Where(line => line.StartsWith("Content-Security-Policy:", StringComparison.OrdinalIgnoreCase))
            .ShouldHaveSingleItem();
        policy.ShouldContain("default-src 'none'");
        policy.ShouldContain("script-src 'self';");
        policy.ShouldNotContain("http");
        policy.ShouldNotContain("unsafe-eval");
        answer.ShouldContain("X-Content-Type-Options: nosniff");
        answer.ShouldContain("Cross-Origin-Resource-Policy: same-origin");
        answer.ShouldNotContain("Access-Control-Allow");
        answer.ShouldNotContain("Server: ");
    }

    [Fact]
    public async Task Token_is_asked_for_when_a_host_is_given()
    {
        await using var server = await Start(IPAddress.Loopback);
        var token = server.Address.Query[1..];
        token.ShouldMatch("^token=[0-9a-f]{64}$");
        foreach (var path
            in new[] { "/", "/page.js", "/chart/map.csv?run=one", "/?token=", "/?token=0", "/?token="
                + new string('0', 64), "/_blazor" })
        {
            (await Get(server, path)).ShouldStartWith("HTTP/1.1 401");
            (await Get(server, path, $"Cookie: token={new string('0', 64)}")).ShouldStartWith("HTTP/1.1 401");
        }

        var welcome = await Get(server, $"/training?run=one&{token}");
        welcome.ShouldStartWith("HTTP/1.1 302");
        welcome.ShouldContain("Location: /training?run=one\r\n");
        welcome.ShouldContain("httponly", Case.Insensitive);
        welcome.ShouldContain("samesite=strict", Case.Insensitive);
        (await Get(server, "/", $"Cookie: {token}")).ShouldStartWith("HTTP/1.1 200");
    }

    [Fact]
    public async Task Two_viewers_have_different_tokens()
    {
        await using var one = await Start(IPAddress.Loopback);
        await using var two = await Start(IPAddress.Loopback);
        one.Address.Query.ShouldNotBe(two.Address.Query);
    }

    [Fact]
    public async Task Redirect_after_the_token_stays_on_this_host()
    {
        await using var server = await Start(IPAddress.Loopback);
        var answer = await Get(server, $"//evil.example/{server.Address.Query}");
        answer.ShouldNotMatch("Location: //");
    }

    [Fact]
    public async Task Huge_or_broken_requests_do_not_end_the_viewer()
    {
        await using var server = await Start();
        await Send(server, "GET /" + new string('a', 100_000) + " HTTP/1.1\r\n\r\n");
        await Send(server, "\0\0\0\0\r\n\r\n");
        await Get(server, "/chart/map.bin?run=one&size=" + new string('9', 5000));
        await Get(server, "/chart/map.bin?" + string.Join('&', Enumerable.Repeat("run=one", 500)));
        (await Get(server, "/")).ShouldStartWith("HTTP/1.1 200");
    }

    private static async Task<string> Get(ViewerServer server, string path, string? header = null) =>
        await Send(
            server,
            $"GET {path} HTTP/1.1\r\nHost: "
                + $"{server.Address.Authority}\r\n{(header is null ? string.Empty : header + "\r\n")}"
                + (header?.Contains("Upgrade", StringComparison.Ordinal) == true
                    ? "\r\n"
                    : "Connection: close\r\n\r\n"));

    private static async Task<string> Send(ViewerServer server, string request)
    {
        using var client = new TcpClient();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(20));
        await client.ConnectAsync(IPAddress.Loopback, server.Address.Port, limit.Token);
        await using var stream = client.GetStream();
        using var answer = new MemoryStream();
        try
        {
            await stream.WriteAsync(Encoding.Latin1.GetBytes(request), limit.Token);
            if (request.Contains("Upgrade: websocket", StringComparison.Ordinal))
            {
                // The connection stays open: the first packet says whether it was let through.
                var first = new byte[4096];
                answer.Write(first, 0, await stream.ReadAsync(first, limit.Token));
            }
            else
            {
                await stream.CopyToAsync(answer, limit.Token);
            }
        }
        catch (Exception closed) when (closed is IOException or SocketException)
        {
            // The server may close at once; what it said until then counts.
        }

        return Encoding.Latin1.GetString(answer.GetBuffer(), 0, (int)Math.Min(answer.Length, 100_000));
    }

    private Task<ViewerServer> Start(IPAddress? host = null) =>
        FakeRun.Serve(_folder["runs"], new RunCharts(typeof(GalleryChart).Assembly), _log.Add, host);
}
