using System.Security.Cryptography;
using System.Text;
using LoginEtl.Keysets;
using LoginEtl.Tokens;

namespace LoginEtl.Masking;

/// <summary>
/// Seals originals for the vault. The context is attribute and token: an original that was moved to another token does
/// not open. Not thread-safe.
/// </summary>
/// <remarks>
/// A token that comes again soon carries the original that was sealed already. What is kept for that is sealed.
/// </remarks>
internal sealed class OriginalSealer(Keyset keyset) : IDisposable
{
    private const int MostKept = 4096;

    private readonly EciesSealer _sealer = new(keyset);
    private readonly Dictionary<(string Attribute, string Token), SealedOriginal> _sealed = [];
    private readonly byte[] _padded = new byte[Padding.PaddedLength(Padding.MaxPlaintext)];

    public SealedOriginal Seal(string attribute, string token, string canonical)
    {
        if (_sealed.TryGetValue((attribute, token), out var original))
        {
            return original;
        }

        if (_sealed.Count >= MostKept)
        {
            _sealed.Clear();
        }

        try
        {
            var length = Padding.Write(canonical, _padded);
            original = new SealedOriginal(attribute, token, _sealer.Seal(_padded.AsSpan(0, length), Context(attribute, token)));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(_padded);
        }

        _sealed.Add((attribute, token), original);
        return original;
    }

    /// <summary>The canonical form; null when it was not sealed to this key for this attribute and token.</summary>
    public static string? Open(Keyset privateKeyset, string attribute, string token, ReadOnlySpan<byte> sealedOriginal)
    {
        var padded = Ecies.Open(privateKeyset, sealedOriginal, Context(attribute, token));
        if (padded is null)
        {
            return null;
        }

        try
        {
            var length = Padding.UnpaddedLength(padded);
            return length < 0 ? null : Encoding.UTF8.GetString(padded, 0, length);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(padded);
        }
    }

    public void Dispose() => _sealer.Dispose();

    private static byte[] Context(string attribute, string token) => [.. AssociatedData.Of(attribute), 0, .. Encoding.ASCII.GetBytes(token)];
}
