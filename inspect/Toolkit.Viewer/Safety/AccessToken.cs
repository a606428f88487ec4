using System.Security.Cryptography;
using System.Text;

namespace Toolkit.Viewer.Safety;

/// <summary>
/// The secret that a viewer asks for when it listens on more than 127.0.0.1: 256 random bits, new at every start.
/// </summary>
internal sealed class AccessToken
{
    /// <summary>The query parameter and the cookie that carry it.</summary>
    public const string Name = "token";

    private readonly byte[] _hash;

    /// <summary>Creates a new secret.</summary>
    public AccessToken()
    {
        Text = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
        _hash = SHA256.HashData(Encoding.UTF8.GetBytes(Text));
    }

    /// <summary>The secret, 64 hexadecimal digits.</summary>
    public string Text { get; }

    /// <summary>Whether a text is the secret; takes the same time whatever the text is.</summary>
    public bool Matches(string? text) =>
        text is not null
            && CryptographicOperations.FixedTimeEquals(_hash, SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
