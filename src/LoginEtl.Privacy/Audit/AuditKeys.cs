using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using LoginEtl.Keysets;

namespace LoginEtl.Audit;

/// <summary>The keys that audit lines are chained under.</summary>
internal sealed class AuditKeys : IDisposable
{
    private const int FingerprintBytes = 9;
    private readonly Dictionary<uint, KeyBytes> _keys = [];

    /// <exception cref="Faults.LoginEtlException"><c>KeysetNotFound</c>, <c>KeysetInvalid</c>.</exception>
    public AuditKeys(Keyring keyring)
    {
        var keyset = keyring.Get(KeyAttribute.Audit);
        Primary = keyset.Primary.Id;
        foreach (var key in keyset.Keys.Where(k => k.Status != KeyStatus.Destroyed))
        {
            _keys.Add(key.Id, KeyMaterial.ReadHmac(keyset, key));
        }
    }

    /// <summary>The key that new lines are made with.</summary>
    public uint Primary { get; }

    /// <summary>Lower-case hexadecimal; null when there is no such key.</summary>
    public string? Mac(uint keyId, ReadOnlySpan<byte> content) =>
        _keys.TryGetValue(keyId, out var key) ? Convert.ToHexStringLower(HMACSHA256.HashData(key.Span, content)) : null;

    /// <summary>Says nothing of a token to whoever has not both the key and the token.</summary>
    public string? Fingerprint(uint keyId, string token) => _keys.TryGetValue(keyId, out var key)
        ? Base64Url.EncodeToString(HMACSHA256.HashData(key.Span, Encoding.UTF8.GetBytes($"login-etl/audit/token\0{token}")).AsSpan(0, FingerprintBytes))
        : null;

    public void Dispose()
    {
        foreach (var key in _keys.Values)
        {
            key.Dispose();
        }
    }
}
