using Microsoft.AspNetCore.Http;

namespace Toolkit.Viewer.Safety;

/// <summary>
/// The headers that keep a page to itself: nothing from other hosts, no foreign frame, no guessing of types.
/// </summary>
internal static class SecurityHeaders
{
    /// <summary>
    /// Scripts come from this server alone and never from text. Styles need 'unsafe-inline' because Plotly writes style
    /// attributes; pictures may be data: and blob: because Plotly and the canvases make them.
    /// </summary>
    public const string ContentSecurityPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
        + "connect-src 'self'; font-src 'self'; base-uri 'self'; form-action 'none'; frame-ancestors 'none'";

    /// <summary>Sets the headers of a response.</summary>
    public static void Set(IHeaderDictionary headers)
    {
        headers.ContentSecurityPolicy = ContentSecurityPolicy;
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers.CacheControl = "no-store";
    }
}
