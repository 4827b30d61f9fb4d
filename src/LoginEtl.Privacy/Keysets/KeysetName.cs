using LoginEtl.Faults;

namespace LoginEtl.Keysets;

/// <summary>The keysets of a keyring by name: <c>NAME.json</c> in a folder, a member in a document of all.</summary>
internal static class KeysetName
{
    /// <summary>AES-SIV key of the address.</summary>
    public const string Ip = "ip";

    /// <summary>AES-SIV key of the device.</summary>
    public const string DeviceId = "device_id";

    /// <summary>HMAC key of the identities of lines of text. Never rotated: a new key would load old files again.</summary>
    public const string LineId = "line_id";

    /// <summary>Public key that rejected bodies are sealed to.</summary>
    public const string Quarantine = "quarantine";

    /// <summary>Public key that originals are sealed to.</summary>
    public const string Escrow = "escrow";

    /// <summary>HMAC key that the audit of recoveries is chained under. Masking does without it.</summary>
    public const string Audit = "audit";

    /// <summary>Attributes that columns of the table are masked with, ip first.</summary>
    public static readonly IReadOnlyList<string> Masked = [Ip, DeviceId];

    /// <summary>All that there are.</summary>
    public static readonly IReadOnlyList<string> All =
        [Ip, DeviceId, Mac(Ip), Mac(DeviceId), Pfx(Ip), LineId, Quarantine, Escrow, Audit];

    /// <summary>HMAC key of an attribute, for the methods mac and escrow.</summary>
    public static string Mac(string attribute) => $"{attribute}.mac";

    /// <summary>Key of the method pfx.</summary>
    public static string Pfx(string attribute) => $"{attribute}.pfx";

    /// <summary>The attribute that a keyset's keys are for: <see cref="Mac"/> and <see cref="Pfx"/> the other way round.</summary>
    public static string Of(string name) => name.Split('.')[0];

    /// <summary>The keysets whose keys make an attribute's tokens.</summary>
    public static IEnumerable<string> TokensOf(string attribute) => All.Where(n => KeyTemplate.Of(n).Tokens is not null && Of(n) == attribute);

    /// <summary>A name that is one of <see cref="All"/>.</summary>
    /// <exception cref="LoginEtlException"><c>KeysetNameInvalid</c>.</exception>
    public static string Require(string name) => All.Contains(name) ? name : throw new LoginEtlException(
        ErrorId.KeysetNameInvalid, "There is no keyset of that name.", $"The names are {string.Join(", ", All)}.");

    /// <summary>Whether it holds public keys, whose private halves have files of their own.</summary>
    public static bool IsPublic(string name) => name is Quarantine or Escrow;
}
