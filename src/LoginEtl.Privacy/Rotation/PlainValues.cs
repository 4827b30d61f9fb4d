using LoginEtl.Faults;
using LoginEtl.Keysets;
using LoginEtl.Masking;
using LoginEtl.Recovery;
using LoginEtl.Tokens;

namespace LoginEtl.Rotation;

/// <summary>How values that are no tokens become some: those of a table that something else has filled.</summary>
/// <param name="reveal">
/// What a stored value of an attribute says; null where nobody knows, as of a digest. Asked once for each value of a transaction.
/// What it throws ends the work.
/// </param>
public sealed class PlainValues(Func<string, string, Plaintext?> reveal)
{
    /// <summary>By which methods they are masked, as the runs have it.</summary>
    public MaskMethods Methods { get; init; } = MaskMethods.Default;

    /// <summary>What of an ip is masked.</summary>
    public IpForm IpForm { get; init; } = IpForm.Strict;

    /// <summary>What a stored value says.</summary>
    internal Plaintext? Reveal(string attribute, string value) => reveal(attribute, value);

    /// <summary>The keys that they come under.</summary>
    /// <exception cref="LoginEtlException"><c>MethodInvalid</c>: originals would have to go to the vault. <c>KeysetNotFound</c>.</exception>
    internal IReadOnlyList<StoredKey> Keys(Keyring keyring) => !Methods.UseVault ? PrimaryKeys.Of(keyring, Methods) : throw new LoginEtlException(
        ErrorId.MethodInvalid, "Values that are in the table already are not masked by escrow: their originals go to the vault with the messages of a run.",
        "Take mac, which gives the same tokens; or load the values as messages.");

    /// <summary>Masks an attribute's.</summary>
    internal IMasker Masker(Keyring keyring, string attribute)
    {
        var method = attribute == KeysetName.Ip ? Methods.OfIp : Methods.OfDeviceId;
        var kind = method switch
        {
            MaskMethod.Siv => TokenKind.Siv,
            MaskMethod.Pfx => TokenKind.Pfx,
            _ => TokenKind.Mac,
        };
        var keyset = AttributeKeys.Keysets(keyring, attribute).First(k => k.Kind == kind).Keyset;
        return AttributeKeys.Masker(kind, keyset, keyset.Primary, attribute, keyring, IpForm);
    }
}
