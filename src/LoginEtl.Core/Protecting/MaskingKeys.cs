using LoginEtl.Keysets;
using LoginEtl.Records;

namespace LoginEtl.Protecting;

/// <summary>What records were masked by. A record holds it without knowing what it is.</summary>
public static class MaskingKeys
{
    /// <summary>The keys that whatever masked it makes tokens with; empty of a record that was stored before.</summary>
    public static IReadOnlyList<StoredKey> GetMaskingKeys(this LoginRecord record) => record.Maker()?.Keys ?? [];

    /// <summary>What made its tokens; null of a record that was stored before.</summary>
    internal static Protector? Maker(this LoginRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        return (Protector?)record.MaskedBy;
    }
}
