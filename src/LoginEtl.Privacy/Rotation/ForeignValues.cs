using System.Globalization;

namespace LoginEtl.Rotation;

/// <summary>Values of a masked column that are no tokens, told by their shape and never quoted.</summary>
/// <param name="Attribute"><c>ip</c> or <c>device_id</c>.</param>
/// <param name="Shape">What they look like.</param>
/// <param name="Rows">How many were met.</param>
public sealed record ForeignValues(string Attribute, ForeignShape Shape, long Rows)
{
    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Rows} of {Attribute} like {Shape.Text}");
}

/// <summary>What a value looks like that is no token: what people put there who mask by a script of their own.</summary>
/// <param name="Name">Of the shape.</param>
/// <param name="Pattern">POSIX regular expression of all of the value; empty for what is left.</param>
/// <param name="Text">In a sentence, behind "like".</param>
public sealed record ForeignShape(string Name, string Pattern, string Text)
{
    private const string Hex = "[0-9a-fA-F]";

    /// <summary>The first that fits is meant.</summary>
    public static readonly IReadOnlyList<ForeignShape> All =
    [
        new("sha256", $"{Hex}{{64}}", "SHA-256"),
        new("md5", $"{Hex}{{32}}", "MD5, or a block of AES, in hexadecimal"),
        new("sha1", $"{Hex}{{40}}", "SHA-1"),
        new("sha512", $"{Hex}{{128}}", "SHA-512"),
        new("address", "([0-9]{1,3}[.]){3}[0-9]{1,3}|[0-9a-fA-F:]*:[0-9a-fA-F:.]*", "plain addresses"),
        new("fernet", "gAAAA[A-Za-z0-9_-]+=*", "Fernet tokens"),
        new("base64", "([A-Za-z0-9+/]{4}){5,}([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?", "ciphertext in Base64, as of AES"),
        new("other", "", "none of these, as plain device ids are"),
    ];
}
