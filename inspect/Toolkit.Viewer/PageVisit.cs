using System.Buffers.Binary;
using System.Net.WebSockets;
using System.Text;
using System.Text.RegularExpressions;

namespace Toolkit.Viewer;

/// <summary>
/// Opens a page of the viewer as a browser does, without one: the document, then a circuit over a WebSocket, until a
/// text comes by that the page sends when it is shown. What a circuit needs is compiled then; on two cores that is half
/// of a first page's time.
/// </summary>
/// <remarks>
/// It speaks as much of the protocol of blazor.web.js as that takes (SignalR's handshake, then one MessagePack
/// invocation of
/// <c>StartCircuit</c>). Should a later version speak otherwise, a visit ends without effect.
/// Source: https://github.com/dotnet/aspnetcore/blob/main/src/SignalR/docs/specs/HubProtocol.md.
/// </remarks>
internal static partial class PageVisit
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>Visits a page and leaves.</summary>
    /// <param name="client">Has the server as its base address, and its cookie.</param>
    /// <param name="page">The page: path and query.</param>
    /// <param name="until">The text that ends the visit.</param>
    /// <param name="cancellation">Ends the visit.</param>
    public static async Task MakeAsync(HttpClient client, string page, string until, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(Patience);
        var address = new Uri(new Uri(client.BaseAddress!.GetLeftPart(UriPartial.Authority)), page);
        var components = Marker()
            .Matches(await client.GetStringAsync(address, limit.Token))
            .Select(match => match.Groups["component"].Value);

        using var socket = new ClientWebSocket();
        await socket.ConnectAsync(
            new UriBuilder(address) { Scheme = "ws", Path = "/_blazor", Query = string.Empty }.Uri,
            client,
            limit.Token);
        await socket.SendAsync(
            "{\"protocol\":\"blazorpack\",\"version\":1}\u001e"u8.ToArray(),
            WebSocketMessageType.Text,
            endOfMessage: true,
            limit.Token);
        await socket.SendAsync(
            Invocation(
                "StartCircuit",
                new Uri(address, "/").ToString(),
                address.ToString(),
                $"[{string.Join(',', components)}]",
                string.Empty),
            WebSocketMessageType.Binary, endOfMessage: true, limit.Token);
        var received = new StringBuilder();
        var buffer = new byte[1 << 16];
        try
        {
            WebSocketReceiveResult part;
            do
            {
                part = await socket.ReceiveAsync(buffer, limit.Token);
                received.Append(Encoding.Latin1.GetString(buffer, 0, part.Count));
            }
            while (part.MessageType != WebSocketMessageType.Close
                && !(part.EndOfMessage && IsShown(received.ToString())));
        }
        finally
        {
            // The server would keep the circuit for a reader who may come back.
            if (Secret().Match(received.ToString()) is { Success: true } circuit)
            {
                using var content = new FormUrlEncodedContent([new("circuitId", circuit.Value)]);
                (await client.PostAsync(new Uri(address, "/_blazor/disconnect"), content, cancellation)).Dispose();
            }
        }

        // The circuit's secret is the answer to the invocation, and comes after the page's first rendering.
        bool IsShown(string text) => text.Contains(until, StringComparison.Ordinal) && Secret().IsMatch(text);
    }

    // [1, {}, "0", method, [arguments]], its length before it, seven bits a byte.
    private static byte[] Invocation(string method, params ReadOnlySpan<string> arguments)
    {
        List<byte> message = [0x95, 0x01, 0x80, .. Text("0"), .. Text(method), (byte)(0x90 | arguments.Length)];
        foreach (var argument in arguments)
        {
            message.AddRange(Text(argument));
        }

        var length = new List<byte>();
        for (var rest = message.Count; rest > 0 || length.Count == 0; rest >>= 7)
        {
            length.Add((byte)((rest & 0x7F) | (rest > 0x7F ? 0x80 : 0)));
        }

        return [.. length, .. message];
    }

    private static byte[] Text(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        var length = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(length, (uint)bytes.Length);
        return [0xDB, .. length, .. bytes];
    }

    [GeneratedRegex(
        "<!--Blazor:(?<component>\\{[^<]*?\"descriptor\"[^<]*?\\})-->",
        RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex Marker();

    // Data protection's magic number, in Base64Url.
    [GeneratedRegex("CfDJ8[A-Za-z0-9_-]+", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Secret();
}
