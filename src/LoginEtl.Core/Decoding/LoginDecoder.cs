using System.Text.Json;
using System.Text.Unicode;
using LoginEtl.Records;

namespace LoginEtl.Decoding;

/// <summary>
/// Decodes a body strictly, from its UTF-8 bytes and without an object graph in between. Whatever does not fit becomes
/// a <see cref="RejectedLogin"/> with a true reason; decoding never throws, and no text of a body is ever quoted.
/// </summary>
public static class LoginDecoder
{
    /// <summary>Largest body in bytes: what SQS carries (1 MiB since August 2025).</summary>
    public const int MaxBodyBytes = 1024 * 1024;

    private static ReadOnlySpan<byte> WhiteSpace => " \t\r\n"u8;

    /// <summary>Decodes one body.</summary>
    /// <param name="delivery">Where it came from.</param>
    /// <param name="body">UTF-8. Kept: a line's identity and a later reject need it.</param>
    /// <returns>A <see cref="LoginMessage"/> or a <see cref="RejectedLogin"/>.</returns>
    public static IncomingLogin Decode(Delivery delivery, byte[] body)
    {
        ArgumentNullException.ThrowIfNull(body);
        var values = new LoginValues();
        var rejection = CheckBytes(body) ?? ReadJson(body, ref values) ?? values.CheckRequired();
        return rejection is { } why
            ? new RejectedLogin(delivery, body, why)
            : new LoginMessage(delivery, body)
            {
                UserId = values.UserId!,
                AppVersion = values.AppVersion!,
                DeviceType = values.DeviceType,
                Locale = values.Locale,
                Ip = values.Ip is null ? null : new Plaintext(values.Ip),
                DeviceId = values.DeviceId is null ? null : new Plaintext(values.DeviceId),
            };
    }

    private static Rejection? CheckBytes(ReadOnlySpan<byte> body) =>
        body.Length > MaxBodyBytes ? new Rejection(RejectReason.BodyTooLarge)
        : body.TrimStart(WhiteSpace).IsEmpty ? new Rejection(RejectReason.EmptyBody)
        : !Utf8.IsValid(body) ? new Rejection(RejectReason.InvalidUtf8)
        : null;

    private static Rejection? ReadJson(ReadOnlySpan<byte> body, ref LoginValues values)
    {
        try
        {
            var reader = new LoginReader(body);
            var rejection = reader.Read(ref values);
            // Only what was read to its end has something behind it.
            return rejection is null or { Reason: RejectReason.NotAnObject } && !body[reader.BytesConsumed..].TrimStart(WhiteSpace).IsEmpty
                ? new Rejection(RejectReason.TrailingData)
                : rejection;
        }
        catch (JsonException)
        {
            // Its message quotes the body, so it goes no further.
            return new Rejection(RejectReason.InvalidJson);
        }
    }
}
