using System.Reflection;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;

namespace Toolkit.Viewer.Assets;

/// <summary>
/// Scripts and styles, served from inside the assembly under the names they were embedded with; no path ever reaches
/// the file system. Below <see cref="Versioned"/>, which changes with every build, the browser keeps them without
/// asking again (and keeps plotly.js compiled); elsewhere they are revalidated by content hash.
/// </summary>
internal sealed class EmbeddedAssets
{
    private const string Prefix = "wwwroot/";

    /// <summary>The path under which this build's assets never change, with slashes around it.</summary>
    public static readonly string Versioned = $"/assets/{typeof(EmbeddedAssets).Module.ModuleVersionId:N}/";

    private readonly Dictionary<string, Asset> _assets;

    /// <summary>Reads the names and hashes of all embedded files.</summary>
    public EmbeddedAssets()
    {
        var assembly = Assembly.GetExecutingAssembly();
        _assets = assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal))
            .ToDictionary(
                name => $"/{name[Prefix.Length..]}", name => new Asset(assembly, name), StringComparer.Ordinal);
    }

    /// <summary>Answers a request where it asks for an embedded file.</summary>
    /// <returns>False where there is no such file; nothing has been written then.</returns>
    public async Task<bool> TryServe(HttpContext context)
    {
        var path = context.Request.Path.Value ?? string.Empty;
        var isVersioned = path.StartsWith(Versioned, StringComparison.Ordinal);
        if (!_assets.TryGetValue(isVersioned ? path[(Versioned.Length - 1)..] : path, out var asset))
        {
            return false;
        }

        var headers = context.Response.Headers;
        headers.CacheControl = isVersioned ? "private, max-age=31536000, immutable" : "no-cache";
        headers.ETag = asset.Tag.Value;
        if (context.Request.Headers.IfNoneMatch == asset.Tag.Value)
        {
            context.Response.StatusCode = StatusCodes.Status304NotModified;
            return true;
        }

        context.Response.ContentType = asset.ContentType;
        await using var content = asset.Open();
        context.Response.ContentLength = asset.Head.Length + content.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await context.Response.Body.WriteAsync(asset.Head, context.RequestAborted);
            await content.CopyToAsync(context.Response.Body, context.RequestAborted);
        }

        return true;
    }

    private sealed class Asset(Assembly assembly, string name)
    {
        /// <summary>
        /// What is sent before the content. The hint has V8 compile all of plotly.js on a thread beside the page's, and
        /// not function by function when it runs.
        /// </summary>
        public byte[] Head { get; } = name == $"{Prefix}plotly.js" ? [.. "//# allFunctionsCalledOnLoad\n"u8] : [];

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
