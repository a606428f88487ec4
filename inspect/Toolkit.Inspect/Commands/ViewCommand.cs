using System.CommandLine;
using System.Net;
using System.Net.Sockets;
using Toolkit.CommandLine;
using Toolkit.Viewer;

namespace Toolkit.Inspect.Commands;

/// <summary><c>inspect view</c>: a web page over run directories, until Ctrl-C.</summary>
internal static class ViewCommand
{
    // Reading large runs goes on while the browser opens.
    private static readonly TimeSpan LongestWarmUp = TimeSpan.FromSeconds(4);

    public static Command Create(Terminal terminal)
    {
        var defaults = new ViewerOptions { Runs = [] };
        var runs = new Argument<string[]>("RUN")
        {
            Description = "Run directories, or folders of run directories.", Arity = ArgumentArity.OneOrMore,
        };
        var port = new Option<int>("--port")
        {
            Description = "TCP port; 0 takes any free one.", DefaultValueFactory = _ => defaults.Port,
        };
        NumericOptions.Limit(port, 0, 65_535, "--port is 0 to 65535.");
        var host = new Option<string?>("--host")
        {
            Description = "Address to listen on instead of 127.0.0.1 (0.0.0.0: all). The page then needs the token "
                + "in the printed address.",
        };
        var command = new Command("view", "Shows runs in the browser: prints the address and serves it until Ctrl-C.")
        {
            runs,
            port,
            host,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            await using var server = await ViewerServer.StartAsync(
                new ViewerOptions
                {
                    Runs = parsed.GetRequiredValue(runs),
                    Port = parsed.GetValue(port),
                    Host = parsed.GetValue(host) is { } name ? await Resolve(name, cancellation) : null,
                },
                terminal.Log,
                cancellation);
            await server.WarmAsync(LongestWarmUp, cancellation);
            terminal.Output.WriteLine(server.Address);
            await terminal.Output.FlushAsync(cancellation);
            terminal.Log("Open this address in a browser. Ctrl-C ends the viewer.");
            try
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, cancellation);
            }
            catch (OperationCanceledException)
            {
                // Ctrl-C is how a viewer ends, not how it fails.
            }

            return ExitCode.Done;
        });
        return command;
    }

    private static async Task<IPAddress> Resolve(string name, CancellationToken cancellation)
    {
        if (IPAddress.TryParse(name, out var address))
        {
            return address;
        }

        try
        {
            var found = await Dns.GetHostAddressesAsync(name, AddressFamily.InterNetwork, cancellation);
            return found.Length > 0 ? found[0] : throw new UsageException($"--host {name} has no IPv4 address.");
        }
        catch (SocketException failure)
        {
            throw new UsageException($"--host {name} is not an address of this machine: {failure.Message}.");
        }
    }
}
