using LoginEtl.Tokens;

namespace LoginEtl.Keysets;

/// <summary>What a rotation can do with the tokens of a key.</summary>
public static class StoredKeys
{
    /// <summary>Whether tokens under another key can be made from its tokens: what a mac token says is not in it.</summary>
    public static bool CanBeMadeAnew(this StoredKey key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return key.Method != Method(TokenKind.Mac);
    }

    /// <summary>What a key's place in its keyset means for those who write.</summary>
    internal static StoredKeyState StateOf(bool isPrimary, KeyStatus status) =>
        isPrimary ? StoredKeyState.Primary
        : status == KeyStatus.Enabled ? StoredKeyState.Retired
        : status == KeyStatus.Disabled ? StoredKeyState.Disabled
        : StoredKeyState.Removed;

    /// <summary>A state's name, in the database and in texts.</summary>
    public static string Text(StoredKeyState state) => state.ToString().ToLowerInvariant();

    /// <summary>A method's name as the database has it.</summary>
    internal static string Method(TokenKind kind) => Enum.GetName(kind)!.ToLowerInvariant();
}
