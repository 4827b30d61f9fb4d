using LoginEtl.Faults;

namespace LoginEtl.Keysets;

/// <summary>The fault of a batch whose tokens were made with a key that was retired meanwhile.</summary>
public static class KeyRetired
{
    /// <summary>The fault's id.</summary>
    public const string Id = "KeyRetired";

    /// <param name="keys">Attribute and prefix of each.</param>
    public static LoginEtlException Of(IReadOnlyCollection<(string Attribute, string Prefix)> keys) => new(
        Id, FaultKind.Keys,
        $"Tokens were made with a key that has been retired since: {string.Join(", ", keys.Select(k => $"{k.Prefix} of {k.Attribute}"))}. Nothing of their batch was written.",
        "Give this host the keyset with the new primary key, then run again: nothing is lost.")
    {
        RetiredPrefixes = [.. keys.Select(k => k.Prefix)],
    };
}
