using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace LoginEtl.Sqs.Client.Wire;

/// <summary>The checksum that SQS gives with a body.</summary>
internal static class BodyChecksum
{
    /// <summary>Whether a body's bytes are those that SQS took it of.</summary>
    /// <param name="body">The body.</param>
    /// <param name="md5">Hexadecimal, as MD5OfBody gives it.</param>
    [SuppressMessage("Security", "CA5351:Do Not Use Broken Cryptographic Algorithms",
        Justification = "SQS's own checksum against damage on the way, not against people.")]
    public static bool Matches(ReadOnlySpan<byte> body, string md5)
    {
        Span<byte> digest = stackalloc byte[MD5.HashSizeInBytes];
        MD5.HashData(body, digest);
        return string.Equals(Convert.ToHexStringLower(digest), md5, StringComparison.OrdinalIgnoreCase);
    }
}
