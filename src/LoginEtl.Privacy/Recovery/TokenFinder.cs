using LoginEtl.Keysets;
using LoginEtl.Masking;
using LoginEtl.Tokens;

namespace LoginEtl.Recovery;

/// <summary>Makes all tokens that a value may have in a table: under every enabled key of every method.</summary>
public static class TokenFinder
{
    /// <summary>The tokens; empty when the value is too long to have been masked.</summary>
    /// <param name="keyring">Stays the caller's.</param>
    /// <param name="attribute"><c>ip</c> or <c>device_id</c>.</param>
    /// <param name="value">In any form; its canonical one is masked.</param>
    /// <param name="form">What of an ip was masked.</param>
    /// <exception cref="Faults.LoginEtlException"><c>KeysetNotFound</c>: there is no keyset for the attribute; <c>KeysetInvalid</c>.</exception>
    public static IReadOnlyList<string> TokensOf(Keyring keyring, string attribute, Plaintext value, IpForm form = IpForm.Strict)
    {
        ArgumentNullException.ThrowIfNull(keyring);
        CanonicalForm.RequireNormalisation();
        var keysets = AttributeKeys.Keysets(keyring, attribute).ToList();
        if (keysets.Count == 0)
        {
            keyring.Get(attribute);
        }

        var tokens = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (kind, keyset) in keysets)
        {
            foreach (var key in keyset.Keys.Where(k => k.Status == KeyStatus.Enabled))
            {
                using var masker = AttributeKeys.Masker(kind, keyset, key, attribute, keyring, form);
                var made = new Token?[1];
                masker.Mask([value], made, new bool[1]);
                if (made[0] is { } token)
                {
                    tokens.Add(token.Text);
                }
            }
        }

        return [.. tokens];
    }
}
