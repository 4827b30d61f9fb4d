using System.Globalization;

namespace LoginEtl.Keysets;

/// <summary>What may be known of a key by everybody: never its bytes.</summary>
/// <param name="Name">Its keyset: <c>ip</c>, <c>device_id.mac</c>, …</param>
/// <param name="KeyId">Id within the keyset.</param>
/// <param name="Status">Tink's status.</param>
/// <param name="IsPrimary">New tokens are made with it.</param>
/// <param name="Method"><c>siv</c>, <c>mac</c>, <c>pfx</c>, <c>line</c>, <c>audit</c>, <c>public</c> for keys that are sealed to, or <c>private</c> for those that open.</param>
/// <param name="TokenPrefix">What all its tokens begin with; null where it makes none.</param>
/// <param name="CheckValue">
/// 32 hexadecimal digits that equal keys share and others do not, to compare copies by; null of a destroyed key. Both
/// halves of a pair share theirs.
/// </param>
public sealed record LoginKey(string Name, uint KeyId, KeyStatus Status, bool IsPrimary, string Method, string? TokenPrefix, string? CheckValue)
{
    /// <summary>Where it was read: the file of its keyset, or the variable or secret that holds it.</summary>
    public string? Source { get; init; }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Name} {KeyId}");
}
