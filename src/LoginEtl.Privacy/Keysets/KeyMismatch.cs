using LoginEtl.Faults;

namespace LoginEtl.Keysets;

/// <summary>The fault of two keys under one id: their tokens cannot be told apart, and each opens its own alone.</summary>
public static class KeyMismatch
{
    /// <summary>Compares keys with what the database was told of them; where one of the two check values is missing, nothing is said.</summary>
    /// <param name="keys">As they are here.</param>
    /// <param name="known">What the database says.</param>
    /// <exception cref="LoginEtlException"><c>KeyMismatch</c>.</exception>
    public static void Refuse(IEnumerable<StoredKey> keys, IReadOnlyList<StoredKey> known)
    {
        ArgumentNullException.ThrowIfNull(keys);
        ArgumentNullException.ThrowIfNull(known);
        var others = keys.Select(k => (Here: k, There: known.FirstOrDefault(k.IsOf)))
            .Where(k => k.There is not null && !k.Here.IsSameAs(k.There)).ToList();
        if (others.Count > 0)
        {
            throw new LoginEtlException(
                ErrorId.KeyMismatch,
                $"The database knows another key under the same id: {string.Join(", ", others.Select(k => $"{k.Here.Prefix} of {k.Here.Attribute} has the check value {k.Here.CheckValue} here and {k.There!.CheckValue} there"))}. Nothing was changed.",
                "Bring the keyset whose check value is the database's (Get-LoginKeyset shows them). A new key of yours has that id by chance or by a copy: add another with Add-LoginKey.");
        }
    }
}
