using System.Net;
using Microsoft.AspNetCore.Http;

namespace Toolkit.Viewer.Safety;

/// <summary>
/// The first thing every request meets. Refuses foreign Host headers (DNS rebinding), foreign origins (another site's
/// page that calls this port), methods that the viewer does not have, and, where a token is asked for, whoever lacks
/// it.
/// </summary>
/// <remarks>
/// A browser always sends Host; it sends Origin with every cross-site request that could read or change something and
/// with every WebSocket; Sec-Fetch-Site tells the rest (images, scripts) apart. A cross-site link to a page stays
/// allowed.
/// </remarks>
internal sealed class RequestGuard(RequestDelegate next, AccessToken? token, IPAddress? host)
{
    private readonly HashSet<string> _names = new(
        ["localhost", "127.0.0.1", .. Names(host)], StringComparer.OrdinalIgnoreCase);

    /// <summary>Passes a request on or answers it with the reason of its refusal.</summary>
    public Task Invoke(HttpContext context)
    {
        var request = context.Request;
        SecurityHeaders.Set(context.Response.Headers);
        if (!IsOurs(context))
        {
            return Refuse(
                context, StatusCodes.Status421MisdirectedRequest, "This viewer does not answer under that host name.");
        }

        if (IsCrossSite(request))
        {
            return Refuse(context, StatusCodes.Status403Forbidden, "Requests of other sites are refused.");
        }

        if (request.Method is not ("GET" or "HEAD" or "POST" or "CONNECT")
            || (request.Method == "POST" && !request.Path.StartsWithSegments("/_blazor", StringComparison.Ordinal)))
        {
            return Refuse(context, StatusCodes.Status405MethodNotAllowed, "The viewer only shows things.");
        }

        return token is null || HasToken(context, token) ? next(context) : Task.CompletedTask;
    }

    private static IEnumerable<string> Names(IPAddress? host) => host switch
    {
        null => [],
        _ when host.Equals(IPAddress.Any) || host.Equals(IPAddress.IPv6Any) => [Dns.GetHostName()],
        { AddressFamily: System.Net.Sockets.AddressFamily.InterNetworkV6 } => [$"[{host}]"],
        _ => [host.ToString()],
    };

    private static bool HasToken(HttpContext context, AccessToken token)
    {
        if (token.Matches(context.Request.Cookies[AccessToken.Name]))
        {
            return true;
        }

        if (!token.Matches(context.Request.Query[AccessToken.Name]))
        {
            _ = Refuse(
                context,
                StatusCodes.Status401Unauthorized,
                "Open the address that `inspect view` printed; it carries the token.");
            return false;
        }

        // The address with the token would stay in the history and in copied links: keep it as a cookie instead.
        context.Response.Cookies.Append(
            AccessToken.Name,
            token.Text,
            new CookieOptions { HttpOnly = true, SameSite = SameSiteMode.Strict, Path = "/" });
        var rest = QueryString.Create(context.Request.Query.Where(pair => pair.Key != AccessToken.Name));
        // One leading slash only: "//name/" would be another host.
        var path = "/" + context.Request.Path.ToUriComponent().TrimStart('/', '\\');
        context.Response.Redirect(path + rest.ToUriComponent());
        return false;
    }

    private static bool IsCrossSite(HttpRequest request)
    {
        var origin = request.Headers.Origin;
        if (origin.Count > 0)
        {
            return !string.Equals(origin, $"{request.Scheme}://{request.Host}", StringComparison.OrdinalIgnoreCase);
        }

        return request.Headers["Sec-Fetch-Site"] is ["cross-site" or "same-site"]
            && request.Headers["Sec-Fetch-Mode"] is not ["navigate"];
    }

    private static Task Refuse(HttpContext context, int status, string reason)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync(reason);
    }

    private bool IsOurs(HttpContext context)
    {
        var header = context.Request.Headers.Host;
        if (header.Count != 1 || !context.Request.Host.HasValue)
        {
            return false;
        }

        var (name, port) = (context.Request.Host.Host, context.Request.Host.Port ?? 80);

        // Listening on every address, the name may be any address that the request really came in on.
        return port == context.Connection.LocalPort
            && (_names.Contains(name)
                || (host is not null && IPAddress.TryParse(name.Trim('[', ']'), out var address)
                    && context.Connection.LocalIpAddress is { } local
                    && local.MapToIPv6().Equals(address.MapToIPv6())));
    }
}
