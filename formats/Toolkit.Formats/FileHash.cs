using System.Security.Cryptography;

namespace Toolkit.Formats;

/// <summary>The content of a file, by its hash.</summary>
public static class FileHash
{
    /// <summary>Reads a file once, in the memory of a buffer.</summary>
    /// <param name="path">The file.</param>
    /// <returns>SHA-256 of all its bytes, lower-case hexadecimal.</returns>
    /// <exception cref="IOException">It is not there, or cannot be read.</exception>
    public static string Sha256(string path)
    {
        using var stream = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }
}
