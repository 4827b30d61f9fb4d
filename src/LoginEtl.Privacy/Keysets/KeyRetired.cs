using LoginEtl.Faults;

namespace LoginEtl.Keysets;

/// <summary>The fault of tokens whose key is not primary in the database, and of which no others could be made.</summary>
public static class KeyRetired
{
    /// <param name="retired">The tokens' keys.</param>
    /// <param name="known">What the database says of its keys.</param>
    public static LoginEtlException Of(IReadOnlyCollection<StoredKey> retired, IReadOnlyList<StoredKey> known)
    {
        ArgumentNullException.ThrowIfNull(retired);
        ArgumentNullException.ThrowIfNull(known);
        var primaries = known.Where(k => k.State == StoredKeyState.Primary && retired.Any(r => (r.Attribute, r.Method) == (k.Attribute, k.Method))).ToList();
        return new LoginEtlException(
            ErrorId.KeyRetired,
            $"Tokens are made here with a key that is retired in the database: {List(retired)}. Nothing was written under it.",
            primaries.Count == 0
                ? "No key is primary there: Set-LoginPrimaryKey with -Database makes one so; then run again: nothing is lost."
                : $"Give this host a keyset that holds what is primary there, enabled: {List(primaries)}. Then run again, and protect again what was kept: nothing is lost.");
    }

    /// <summary>Keys as texts name them.</summary>
    public static string List(IEnumerable<StoredKey> keys) => string.Join(", ", keys.Select(k => $"{k.Prefix} of {k.Attribute}"));
}
