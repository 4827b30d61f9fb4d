using System.Text;
using LoginEtl.Crypto;
using LoginEtl.Decoding;
using LoginEtl.Keysets;
using LoginEtl.Masking;
using LoginEtl.Postgres.Catalog;
using LoginEtl.Postgres.Targets;
using LoginEtl.Postgres.Writing;
using LoginEtl.Protecting;
using LoginEtl.Records;
using LoginEtl.Settings;
using LoginEtl.Tokens;
using LoginEtl.Unit.Core;
using LoginEtl.Unit.Fixtures;
using LoginEtl.Versions;

namespace LoginEtl.Unit.Fuzzing.Targets;

/// <summary>
/// A body goes all the way to the values of a row or to a sealed reject: nothing about it makes masking or encoding
/// throw, its tokens hold its canonical values, a row's text fits its column, and a sealed body opens again.
/// </summary>
internal sealed class ProtectTarget : FuzzTarget
{
    private const int Longest = 12;

    private readonly TestKeys _keys = new();
    private readonly Keyset _private;
    private readonly Protector _protector;
    private readonly AesSiv _ip;
    private readonly AesSiv _device;
    private readonly RowEncoder[] _encoders = [new(Table(), TooLongAction.Quarantine), new(Table(), TooLongAction.Truncate)];
    private readonly Delivery _delivery = Deliveries.New("00000000-0000-0000-0000-000000000001");

    public ProtectTarget()
    {
        _private = _keys.Private();
        _protector = _keys.Protector(new ProtectOptions { AllowNullPii = true });
        _ip = Opener(KeysetName.Ip);
        _device = Opener(KeysetName.DeviceId);
    }

    public override string Name => "protect";

    // A reject is sealed and opened: elliptic curves.
    public override int Share => 2;

    public override (long Own, long PerByte) Allocation => (128 * 1024, 128);

    public override IReadOnlyList<byte[]> Pieces { get; } =
        [.. FuzzPieces.Utf8, .. FuzzPieces.Numbers, .. FuzzPieces.Texts("\\u0000", "\\uFFFE", "\\uFFFF", "\\u0301", "e\u0301", "::1", "::ffff:1.2.3.4", "1.2.3.4", "😀", "null", "\"", ":", ",", "2.3.0")];

    public override IReadOnlyList<string> MustReach { get; } = ["sealed", "row", "refused", "sealed: too_long"];

    public override string Run(ReadOnlySpan<byte> input)
    {
        var body = input.ToArray();
        var login = LoginDecoder.Decode(_delivery, body);
        switch (_protector.Protect(login))
        {
            case SealedReject reject:
                Finding.IfQuoted(reject.ToString(), "the reject");
                var opened = BodySealer.Open(_private, reject.Body.AsMemory().Span, _delivery.Id!.Value);
                Finding.Unless(opened is not null && opened.AsSpan().SequenceEqual(input), "the sealed body does not open to what it was");
                return login is LoginMessage ? $"sealed: {reject.Reason}" : "sealed";
            case LoginRecord record when login is LoginMessage message:
                Finding.IfQuoted(record.ToString(), "the record");
                Finding.Unless(Opened(_ip, KeysetName.Ip, record.MaskedIp) == Canonical(message.Ip, CanonicalForm.OfIp), "the token of the ip holds another value");
                Finding.Unless(Opened(_device, KeysetName.DeviceId, record.MaskedDeviceId) == Canonical(message.DeviceId, CanonicalForm.OfDeviceId), "the token of the device holds another value");
                return _encoders.Select(e => Encode(e, record)).ToList().TrueForAll(fits => fits) ? "row" : "refused";
            default:
                throw new Finding("neither a record nor a reject");
        }
    }

    protected override void Close()
    {
        _ip.Dispose();
        _device.Dispose();
        _protector.Dispose();
        _private.Dispose();
        _keys.Dispose();
    }

    private static TargetTable Table()
    {
        var columns = new (RecordField Field, string Name, ColumnType Type, int? Length)[]
        {
            (RecordField.UserId, "user_id", ColumnType.Text, Longest), (RecordField.DeviceType, "device_type", ColumnType.Text, Longest),
            (RecordField.MaskedIp, "masked_ip", ColumnType.Text, 256), (RecordField.MaskedDeviceId, "masked_device_id", ColumnType.Text, 256),
            (RecordField.Locale, "locale", ColumnType.Text, Longest), (RecordField.AppVersion, "app_version", ColumnType.Int4, null),
            (RecordField.CreateDate, "create_date", ColumnType.Date, null),
        };
        var live = columns.Select(c => new LiveColumn(c.Name, c.Type, "text", "pg_catalog.text", c.Length, false, false, true, true, true)).ToList();
        return new TargetTable(
            new LiveTable(1, new QualifiedName("public", "user_logins"), 'r', true, false, live, [], []),
            [.. columns.Zip(live, (c, l) => new TargetColumn(c.Field, l))], AppVersionFormat.Packed, Conflict: null);
    }

    private static bool Encode(RowEncoder encoder, LoginRecord record)
    {
        if (encoder.TryEncode(record, out var row) is { } refusal)
        {
            Finding.Unless(Enum.IsDefined(refusal.Reason), "there is no reason");
            Finding.IfQuoted(refusal.Field, "the field");
            return false;
        }

        foreach (var text in row.OfType<string>())
        {
            Finding.Unless(text.EnumerateRunes().All(r => r != Rune.ReplacementChar) || text.Contains('\uFFFD', StringComparison.Ordinal), "a row holds half of a pair");
            Finding.Unless(text.StartsWith(SivToken.Prefix, StringComparison.Ordinal) || text.EnumerateRunes().Count() <= Longest, "a text is longer than its column");
            Finding.Unless(!text.Contains('\0', StringComparison.Ordinal), "a row holds a NUL");
        }

        return true;
    }

    private static string? Canonical(Plaintext? value, Func<string, string> form) => value is null ? null : form(value.Reveal());

    private static string? Opened(AesSiv siv, string attribute, string? token)
    {
        if (token is null)
        {
            return null;
        }

        Finding.Unless(SivToken.TryParse(token, out _, out var raw), "a token is none");
        var padded = siv.Decrypt(raw, AssociatedData.Of(attribute)) ?? throw new Finding("a token does not open");
        return Encoding.UTF8.GetString(padded, 0, Padding.UnpaddedLength(padded));
    }

    private AesSiv Opener(string attribute)
    {
        var keyset = _keys.Ring.Get(attribute);
        using var key = KeyMaterial.ReadAesSiv(keyset, keyset.Primary);
        return new AesSiv(key.Span);
    }
}
