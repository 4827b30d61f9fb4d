using LoginEtl.Keysets;
using LoginEtl.Masking;

namespace LoginEtl.Rotation;

/// <summary>What a rotation can do with the tokens of a key.</summary>
public static class StoredKeys
{
    /// <summary>Whether tokens under another key can be made from its tokens: what a mac token says is not in it.</summary>
    public static bool CanBeMadeAnew(this StoredKey key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return key.Method != Method(TokenKind.Mac);
    }

    /// <summary>A method's name as the database has it.</summary>
    internal static string Method(TokenKind kind) => Enum.GetName(kind)!.ToLowerInvariant();
}
