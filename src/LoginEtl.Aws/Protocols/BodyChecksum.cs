using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace LoginEtl.Aws.Protocols;

/// <summary>The checksum that SQS gives with a body.</summary>
internal static class BodyChecksum
{
    /// <summary>Computes an MD5: source, then destination.</summary>
    internal delegate void Hash(ReadOnlySpan<byte> source, Span<byte> destination);

    /// <summary>
    /// Whether a body's bytes are those that SQS took it of; null where nobody can say, because emulators may leave it out
    /// and machines in FIPS mode do not compute it.
    /// </summary>
    /// <param name="body">The body.</param>
    /// <param name="md5">Hexadecimal, as MD5OfBody gives it.</param>
    public static bool? Matches(ReadOnlySpan<byte> body, string? md5) => Matches(body, md5, Md5);

    internal static bool? Matches(ReadOnlySpan<byte> body, string? md5, Hash hash)
    {
        if (md5 is null)
        {
            return null;
        }

        Span<byte> digest = stackalloc byte[MD5.HashSizeInBytes];
        try
        {
            hash(body, digest);
        }
        catch (Exception e) when (e is CryptographicException or PlatformNotSupportedException)
        {
            return null;
        }

        return string.Equals(Convert.ToHexStringLower(digest), md5, StringComparison.OrdinalIgnoreCase);
    }

    [SuppressMessage("Security", "CA5351:Do Not Use Broken Cryptographic Algorithms",
        Justification = "SQS's own checksum against damage on the way, not against people.")]
    private static void Md5(ReadOnlySpan<byte> source, Span<byte> destination) => MD5.HashData(source, destination);
}
