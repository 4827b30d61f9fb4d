using System.Net;
using System.Text;
using LoginEtl.Masking;
using LoginEtl.Tokens;

namespace LoginEtl.Unit.Fuzzing.Targets;

/// <summary>
/// Canonical form is idempotent, changes an address to no other, and takes every text: what is not one stays as it is.
/// </summary>
internal sealed class CanonicalTarget : FuzzTarget
{
    public override string Name => "canonical";

    public override int Share => 20;

    public override (long Own, long PerByte) Allocation => (64 * 1024, 256);

    public override IReadOnlyList<byte[]> Pieces { get; } =
    [
        .. FuzzPieces.Texts(
            ":", "::", ".", "0", "00", "0000", "ffff", "FFFF", "10000", "%eth0", "%25", "/64", "[", "]", "0x", "255", "256", "::ffff:", "::ffff:1.2.3.4",
            "1:2:3:4:5:6:7:8", "e\u0301", "\u00E9", "\u1100\u1161", "\u212B", ", ", ":80", "]:443", "\uFB01", "\u0344", "\uD7A3"),
        .. FuzzPieces.Numbers, .. FuzzPieces.Utf8,
    ];

    public override IReadOnlyList<string> MustReach { get; } = ["same", "address", "device", "long"];

    public override string Run(ReadOnlySpan<byte> input)
    {
        var text = Encoding.UTF8.GetString(input);
        if (text.Length > MaskableText.LongestNormalised)
        {
            // The masker asks for none: what becomes of these is for the target that masks.
            return "long";
        }

        var forwarded = CanonicalForm.OfForwardedIp(text);
        Finding.Unless(CanonicalForm.OfForwardedIp(forwarded) == forwarded, "the form of a list has another");
        Finding.Unless(AddressText.IsAddress(forwarded) || forwarded == text, "what begins with no address has another form");
        Finding.Unless(AddressText.IsAddress(text) == AddressText.Parse(text) is not null, "an address is one for one reader only");
        var ip = CanonicalForm.OfIp(text);
        var device = CanonicalForm.OfDeviceId(text);
        Finding.Unless(CanonicalForm.OfIp(ip) == ip, $"the canonical form {ip} has another, {CanonicalForm.OfIp(ip)}");
        Finding.Unless(CanonicalForm.OfDeviceId(device) == device, "the canonical form of the device has another");
        if (ip != text)
        {
            Finding.Unless(Same(IPAddress.Parse(text), IPAddress.Parse(ip)), $"{text} became {ip}");
            return "address";
        }

        return device == text ? "same" : "device";
    }

    private static bool Same(IPAddress one, IPAddress other) => one.MapToIPv6().Equals(other.MapToIPv6());
}
