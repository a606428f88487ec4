using System.Net;

namespace Toolkit.Viewer;

/// <summary>What a viewer shows and where it listens.</summary>
public sealed record ViewerOptions
{
    /// <summary>The run directories to show, at least one. A folder that holds runs stands for all of them.</summary>
    public required IReadOnlyList<string> Runs { get; init; }

    /// <summary>The TCP port, 0 to 65,535; 0 lets the system choose a free one.</summary>
    public int Port { get; init; } = 5280;

    /// <summary>
    /// The address to listen on, null for 127.0.0.1. Where one is given, whoever opens the page needs the token that is
    /// part of the printed address.
    /// </summary>
    public IPAddress? Host { get; init; }

    /// <summary>How long one SQL query may run; 20 seconds by default.</summary>
    public TimeSpan SqlTimeLimit { get; init; } = TimeSpan.FromSeconds(20);
}
