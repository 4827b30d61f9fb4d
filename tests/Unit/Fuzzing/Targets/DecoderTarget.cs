using System.Text.Json;
using System.Text.Unicode;
using LoginEtl.Decoding;
using LoginEtl.Records;
using LoginEtl.Unit.Core;

namespace LoginEtl.Unit.Fuzzing.Targets;

/// <summary>
/// A body is a login or a reject with a true reason and a field of the schema; what is a login says the same to
/// another reader of JSON, taken out of its envelopes by that reader; no text of either quotes it.
/// </summary>
internal sealed class DecoderTarget : FuzzTarget
{
    private static readonly string[] Fields =
        [LoginFields.UserId, LoginFields.AppVersion, LoginFields.DeviceType, LoginFields.Ip, LoginFields.Locale, LoginFields.DeviceId];

    private static readonly JsonDocumentOptions Lenient = new() { MaxDepth = LoginDecoder.MaxBodyBytes };

    private readonly Delivery _delivery = Deliveries.New("00000000-0000-0000-0000-000000000001");

    public override string Name => "decoder";

    public override int Share => 20;

    public override IReadOnlyList<byte[]> Pieces { get; } =
    [
        .. FuzzPieces.Json, .. FuzzPieces.Texts(
            "\"user_id\":", "\"app_version\":", "\"device_type\":", "\"ip\":", "\"locale\":", "\"device_id\":", "\"\\u0069p\":", "\"IP\":", "\"x\":", "2.3.0",
            "\"Type\":\"Notification\",", "\"TopicArn\":\"t\",", "\"Message\":", "\"MessageId\":", "\"Timestamp\":\"2026-01-02T03:04:05Z\"", "\"{}\"",
            "\"{\\\"user_id\\\":\\\"u\\\"}\"", "\"detail-type\":\"d\",", "\"source\":\"s\",", "\"detail\":{", "\"id\":\"i\",", "\uFEFF"),
    ];

    public override IReadOnlyList<string> MustReach { get; } =
    [
        "login", "login in an envelope", .. new[]
        {
            RejectReason.EmptyBody, RejectReason.InvalidUtf8, RejectReason.InvalidJson, RejectReason.TrailingData, RejectReason.NestedTooDeep,
            RejectReason.NotAnObject, RejectReason.RepeatedField, RejectReason.MissingField, RejectReason.NullField, RejectReason.EmptyField,
            RejectReason.WrongType, RejectReason.NulCharacter, RejectReason.LoneSurrogate,
        }.Select(r => r.Code()),
    ];

    public override string Run(ReadOnlySpan<byte> input)
    {
        var body = input.ToArray();
        switch (LoginDecoder.Decode(_delivery, body))
        {
            case RejectedLogin reject:
                Check(reject, body);
                return reject.Reason;
            case LoginMessage login:
                var asItIs = LoginDecoder.Decode(_delivery, body, new DecodeOptions { Envelope = Envelope.None });
                using (var json = Inside(body, out var layers))
                {
                    Finding.Unless(layers == 0 == asItIs is LoginMessage, "an envelope is one for one reader only");
                    Check(login, json.RootElement);
                    return layers == 0 ? "login" : "login in an envelope";
                }

            default:
                throw new Finding("neither a login nor a reject");
        }
    }

    private static void Check(RejectedLogin reject, byte[] body)
    {
        Finding.Unless(Enum.IsDefined(reject.GetRejection().Reason), "the reason is none");
        Finding.Unless(reject.Field is null || Fields.Contains(reject.Field), "the field is none of the schema's");
        Finding.IfQuoted(reject.ToString(), "the reject");
        var (invalid, json) = (!Utf8.IsValid(body), reject.GetRejection().Reason is RejectReason.InvalidJson or RejectReason.TrailingData);
        Finding.Unless(reject.GetRejection().Reason != RejectReason.InvalidUtf8 || invalid, "it is UTF-8");
        Finding.Unless(!json || !Parses(body) || IsEnvelope(body), "it is JSON");
    }

    // The login, by a reader of its own: two layers at most, and only where no login's field stands.
    private static JsonDocument Inside(byte[] body, out int layers)
    {
        var json = JsonDocument.Parse(body.AsMemory(body.AsSpan().StartsWith("\uFEFF"u8) ? 3 : 0), Lenient);
        for (layers = 0; layers < 2 && Content(json.RootElement) is { } content; layers++)
        {
            json.Dispose();
            json = JsonDocument.Parse(content.TrimStart('\uFEFF'), Lenient);
        }

        return json;
    }

    private static string? Content(JsonElement json)
    {
        if (json.ValueKind == JsonValueKind.String)
        {
            return json.GetString();
        }

        if (json.ValueKind != JsonValueKind.Object || Fields.Any(f => json.TryGetProperty(f, out _)))
        {
            return null;
        }

        var notification = Text(json, "Type") == "Notification" && Text(json, "TopicArn") is not null ? Text(json, "Message") : null;
        var detail = Text(json, "detail-type") is not null && Text(json, "source") is not null
            && json.TryGetProperty("detail", out var inside) && inside.ValueKind == JsonValueKind.Object ? inside.GetRawText() : null;
        return notification is null || detail is null ? notification ?? detail : null;
    }

    private static string? Text(JsonElement json, string name)
    {
        try
        {
            return json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            // Half of a pair.
            return null;
        }
    }

    // What is no JSON may stand inside of an envelope that is.
    private static bool IsEnvelope(byte[] body)
    {
        using var json = JsonDocument.Parse(body.AsMemory(body.AsSpan().StartsWith("\uFEFF"u8) ? 3 : 0), Lenient);
        return Content(json.RootElement) is not null;
    }

    private static void Check(LoginMessage login, JsonElement json)
    {
        var values = new[] { login.UserId, login.AppVersion, login.DeviceType, login.Ip?.Reveal(), login.Locale, login.DeviceId?.Reveal() };
        for (var i = 0; i < Fields.Length; i++)
        {
            var there = json.TryGetProperty(Fields[i], out var value);
            Finding.Unless(values[i] == (there ? value.GetString() : null), $"{Fields[i]} is not what stands there");
            Finding.Unless(values[i]?.Contains('\0', StringComparison.Ordinal) != true, $"{Fields[i]} holds a NUL");
        }

        Finding.Unless(login.UserId.Length > 0, "the user id is empty");
        Finding.IfQuoted(login.ToString(), "the login");
    }

    private static bool Parses(byte[] body)
    {
        try
        {
            using var json = JsonDocument.Parse(body.AsMemory(body.AsSpan().StartsWith("\uFEFF"u8) ? 3 : 0), Lenient);
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
