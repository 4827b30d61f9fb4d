using LoginEtl.Faults;

namespace LoginEtl.Keysets;

/// <summary>
/// Every key is there once. Every keyset has keys of its own: with one for two columns a value that occurs in both would show, and with one for two
/// uses whoever may have it for the one has it for the other.
/// </summary>
internal static class DistinctKeys
{
    /// <param name="keysets">By name; destroyed keys are none, and what is no key at all is refused where it is used.</param>
    /// <param name="source">Where they are, for messages.</param>
    /// <exception cref="LoginEtlException"><c>KeyUnderTwoNames</c>.</exception>
    public static void Require(IReadOnlyDictionary<string, Keyset> keysets, string source)
    {
        var seen = new Dictionary<string, (string Name, uint Id)>();
        foreach (var (name, keyset) in keysets)
        {
            foreach (var key in keyset.Keys.Where(k => k.Status != KeyStatus.Destroyed))
            {
                if (Digest(keyset, key) is { } digest && !seen.TryAdd(digest, (name, key.Id)))
                {
                    var (other, id) = seen[digest];
                    throw new LoginEtlException(
                        ErrorId.KeyUnderTwoNames, $"In {source} key {id} of the keyset '{other}' and key {key.Id} of the keyset '{name}' are one and the same, so neither is used.",
                        "Bring the keyset that was written over back from its backup. On a new installation remove one of the two and run New-LoginKeyset -MissingOnly, which makes another. A key that was copied under a second id is no new one: Add-LoginKey makes one.");
                }
            }
        }
    }

    private static string? Digest(Keyset keyset, KeysetKey key)
    {
        try
        {
            return Convert.ToHexString(KeyListing.UseDigest(keyset, key));
        }
        catch (LoginEtlException)
        {
            return null;
        }
    }
}
