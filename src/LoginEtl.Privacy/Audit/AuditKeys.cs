using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using LoginEtl.Keysets;
using LoginEtl.Tokens;

namespace LoginEtl.Audit;

/// <summary>The keys that audit lines are chained under.</summary>
internal sealed class AuditKeys : IDisposable
{
    private const int FingerprintBytes = 9;
    private const string TokenDomain = "login-etl/audit/token";
    private readonly Dictionary<uint, KeyBytes> _keys = [];

    /// <exception cref="Faults.LoginEtlException"><c>KeysetNotFound</c>, <c>KeysetInvalid</c>.</exception>
    public AuditKeys(Keyring keyring)
    {
        var keyset = keyring.Get(KeysetName.Audit);
        Current = keyset.Primary.Id;
        foreach (var key in keyset.Keys.Where(k => k.Status != KeyStatus.Destroyed))
        {
            _keys.Add(key.Id, KeyMaterial.ReadHmac(keyset, key));
        }
    }

    /// <summary>The key that new lines are made with: the primary one, until others were made under one of these before.</summary>
    public uint Current { get; private set; }

    /// <summary>From here on new lines are made with the key that those before them were.</summary>
    public void Follow(uint keyId) => Current = keyId;

    /// <summary>Lower-case hexadecimal; null when there is no such key.</summary>
    public string? Mac(uint keyId, ReadOnlySpan<byte> content) =>
        _keys.TryGetValue(keyId, out var key) ? Convert.ToHexStringLower(HMACSHA256.HashData(key.Span, content)) : null;

    /// <summary>
    /// Says nothing of a token to whoever has not both the key and the token. It is made from what the masking key made, without the
    /// id that names that key: who gives the key another id in a copy of the keyset opens the same token under another spelling.
    /// </summary>
    public string? Fingerprint(uint keyId, string token) => TokenParts.TryParse(token, out var parts)
        ? Fingerprint(keyId, [.. Encoding.ASCII.GetBytes($"{TokenDomain}/{StoredKeys.Method(parts.Kind)}\0"), .. parts.Body]) : FingerprintAsWritten(keyId, token);

    /// <summary>The one of earlier versions, and of what is no token: from the text as it was given.</summary>
    public string? FingerprintAsWritten(uint keyId, string token) => Fingerprint(keyId, Encoding.UTF8.GetBytes($"{TokenDomain}\0{token}"));

    public void Dispose()
    {
        foreach (var key in _keys.Values)
        {
            key.Dispose();
        }
    }

    private string? Fingerprint(uint keyId, byte[] content) => _keys.TryGetValue(keyId, out var key)
        ? Base64Url.EncodeToString(HMACSHA256.HashData(key.Span, content).AsSpan(0, FingerprintBytes)) : null;
}
