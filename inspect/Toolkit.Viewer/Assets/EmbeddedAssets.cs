using System.Reflection;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;

namespace Toolkit.Viewer.Assets;

/// <summary>
/// Scripts and styles, served from inside the assembly under the names they were embedded with; no path ever reaches the
/// file system. Revalidated by content hash, so that a new version of the program is seen at once.
/// </summary>
internal sealed class EmbeddedAssets
{
    private const string Prefix = "wwwroot/";

    private readonly Dictionary<string, Asset> _assets;

    /// <summary>Reads the names and hashes of all embedded files.</summary>
    public EmbeddedAssets()
    {
        var assembly = Assembly.GetExecutingAssembly();
        _assets = assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal))
            .ToDictionary(name => $"/{name[Prefix.Length..]}", name => new Asset(assembly, name), StringComparer.Ordinal);
    }

    /// <summary>Answers a request where it asks for an embedded file.</summary>
    /// <returns>False where there is no such file; nothing has been written then.</returns>
    public async Task<bool> TryServe(HttpContext context)
    {
        if (!_assets.TryGetValue(context.Request.Path.Value ?? string.Empty, out var asset))
        {
            return false;
        }

        var headers = context.Response.Headers;
        headers.CacheControl = "no-cache";
        headers.ETag = asset.Tag.Value;
        if (context.Request.Headers.IfNoneMatch == asset.Tag.Value)
        {
            context.Response.StatusCode = StatusCodes.Status304NotModified;
            return true;
        }

        context.Response.ContentType = asset.ContentType;
        await using var content = asset.Open();
        context.Response.ContentLength = content.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await content.CopyToAsync(context.Response.Body, context.RequestAborted);
        }

        return true;
    }

    private sealed class Asset(Assembly assembly, string name)
    {
        public Lazy<string> Tag { get; } = new(() =>
        {
            using var content = assembly.GetManifestResourceStream(name)!;
            return $"\"{Convert.ToHexStringLower(SHA256.HashData(content))[..32]}\"";
        });

        public string ContentType => Path.GetExtension(name) switch
        {
            ".js" => "text/javascript; charset=utf-8",
            ".css" => "text/css; charset=utf-8",
            ".svg" => "image/svg+xml",
            _ => "application/octet-stream",
        };

        public Stream Open() => assembly.GetManifestResourceStream(name)!;
    }
}
