using LoginEtl.Faults;

namespace LoginEtl.Keysets;

/// <summary>The method of each attribute.</summary>
public sealed record MaskMethods
{
    /// <summary><see cref="MaskMethod.Siv"/> for all.</summary>
    public static readonly MaskMethods Default = new();

    private MaskMethods()
    {
    }

    /// <summary>Every method of every attribute, as <see cref="Parse"/> takes it.</summary>
    public static IReadOnlyList<string> All { get; } =
    [
        .. Enum.GetValues<MaskMethod>().Select(m => $"{KeysetName.Ip}={Name(m)}"),
        .. Enum.GetValues<MaskMethod>().Where(m => m != MaskMethod.Pfx).Select(m => $"{KeysetName.DeviceId}={Name(m)}"),
    ];

    /// <summary>Method of the address.</summary>
    public MaskMethod OfIp { get; private init; }

    /// <summary>Method of the device; never <see cref="MaskMethod.Pfx"/>.</summary>
    public MaskMethod OfDeviceId { get; private init; }

    /// <summary>Whether originals go to the vault.</summary>
    public bool UseVault => OfIp == MaskMethod.Escrow || OfDeviceId == MaskMethod.Escrow;

    /// <summary>Reads <c>ip=pfx,device_id=mac</c>; an attribute that is left out has <see cref="MaskMethod.Siv"/>.</summary>
    /// <exception cref="LoginEtlException"><c>MethodInvalid</c>.</exception>
    public static MaskMethods Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return From(text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(pair =>
            pair.Split('=', 2, StringSplitOptions.TrimEntries) is [var attribute, var method]
                ? KeyValuePair.Create<string, string?>(attribute, method)
                : throw Invalid("A method is given without its attribute.")));
    }

    /// <summary>Attributes and methods by name, in any case; at most one method an attribute.</summary>
    /// <exception cref="LoginEtlException"><c>MethodInvalid</c>. The texts are not quoted: what stands in the wrong place may be anything.</exception>
    public static MaskMethods From(IEnumerable<KeyValuePair<string, string?>> methods)
    {
        ArgumentNullException.ThrowIfNull(methods);
        MaskMethod? ip = null, device = null;
        foreach (var (attribute, name) in methods)
        {
            var method = Method(name);
            if (string.Equals(attribute, KeysetName.Ip, StringComparison.OrdinalIgnoreCase) && ip is null)
            {
                ip = method;
            }
            else if (string.Equals(attribute, KeysetName.DeviceId, StringComparison.OrdinalIgnoreCase) && device is null)
            {
                device = method != MaskMethod.Pfx ? method : throw Invalid("The method pfx is for addresses, and device_id is none.");
            }
            else
            {
                throw Invalid("A method is given for an attribute that is not masked, or twice for one.");
            }
        }

        return new MaskMethods { OfIp = ip ?? MaskMethod.Siv, OfDeviceId = device ?? MaskMethod.Siv };
    }

    /// <summary>The keysets that masking so takes, besides those of every run.</summary>
    internal IReadOnlyList<string> Keysets =>
    [
        .. KeysetsOf(KeysetName.Ip, OfIp),
        .. KeysetsOf(KeysetName.DeviceId, OfDeviceId),
        .. UseVault ? [KeysetName.Escrow] : Array.Empty<string>(),
    ];

    /// <inheritdoc/>
    public override string ToString() => $"{KeysetName.Ip}={Name(OfIp)},{KeysetName.DeviceId}={Name(OfDeviceId)}";

    private static string[] KeysetsOf(string attribute, MaskMethod method) => method switch
    {
        MaskMethod.Siv => [attribute],
        MaskMethod.Pfx => [attribute, KeysetName.Pfx(attribute)],
        _ => [KeysetName.Mac(attribute)],
    };

    // Numbers would be taken by Enum.Parse too, and mean nothing to a reader.
    private static MaskMethod Method(string? name) =>
        Enum.GetValues<MaskMethod>().Cast<MaskMethod?>().FirstOrDefault(m => string.Equals(Name(m!.Value), name?.Trim(), StringComparison.OrdinalIgnoreCase))
            ?? throw Invalid("A method is not one that there is.");

    private static string Name(MaskMethod method) => Enum.GetName(method)!.ToLowerInvariant();

    private static LoginEtlException Invalid(string why) => new(
        ErrorId.MethodInvalid, $"The masking methods cannot be used: {why}",
        "ip takes siv, mac, escrow or pfx; device_id takes siv, mac or escrow: @{ ip = 'pfx'; device_id = 'mac' }, or ip=pfx,device_id=mac.");
}

/// <summary>How a personal value becomes a token. docs/tokens.md says what each gives away.</summary>
public enum MaskMethod
{
    /// <summary>AES-256-SIV: whoever holds the key gets the value back.</summary>
    Siv,

    /// <summary>HMAC-SHA-256: equal values stay equal, and nothing leads back.</summary>
    Mac,

    /// <summary>
    /// A <see cref="Mac"/> token, and the original sealed to a public key in a vault: the masking host cannot read it back.
    /// </summary>
    Escrow,

    /// <summary>ipcrypt-pfx, addresses only: neighbours stay neighbours. What is no address becomes a <see cref="Siv"/> token.</summary>
    Pfx,
}
