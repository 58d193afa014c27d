using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace VServerPanel.Core.Tenants;

/// <summary>The secret of a link: 256 random bits, as 43 characters safe in a URL.</summary>
internal static class SecretToken
{
    public const int Length = 43;

    public static string New() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));

    /// <summary>What is stored and looked up.</summary>
    public static string Hash(string token) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(token)));
}
