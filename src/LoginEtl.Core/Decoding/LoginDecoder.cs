using System.Text.Json;
using System.Text.Unicode;
using LoginEtl.Records;
using LoginEtl.Tokens;

namespace LoginEtl.Decoding;

/// <summary>
/// Decodes a body strictly, from its UTF-8 bytes and without an object graph in between. Whatever does not fit becomes
/// a <see cref="RejectedLogin"/> with a true reason; decoding never throws, and no text of a body is ever quoted.
/// </summary>
public static class LoginDecoder
{
    /// <summary>Largest body in bytes: what SQS carries (1 MiB since August 2025).</summary>
    public const int MaxBodyBytes = 1024 * 1024;

    // An event that reaches the queue by a topic has two.
    private const int MostEnvelopes = 2;

    /// <summary>What JSON allows around values (RFC 8259, section 2).</summary>
    internal static ReadOnlySpan<byte> WhiteSpace => " \t\r\n"u8;

    private static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    /// <summary>Decodes one body.</summary>
    /// <param name="delivery">Where it came from.</param>
    /// <param name="body">UTF-8. Kept: a line's identity and a later reject need it.</param>
    /// <param name="options">The defaults when null.</param>
    /// <param name="attribute">Value of the message attribute that the options name; null where the message has none.</param>
    /// <returns>A <see cref="LoginMessage"/> or a <see cref="RejectedLogin"/>.</returns>
    public static IncomingLogin Decode(Delivery delivery, byte[] body, DecodeOptions? options = null, Plaintext? attribute = null)
    {
        ArgumentNullException.ThrowIfNull(body);
        options ??= DecodeOptions.Default;
        var values = new LoginValues();
        ReadOnlyMemory<byte> text = body;
        SenderIdentity? sender = null;
        var rejection = Read(body, ref values);
        if (rejection is { } outer && options.Envelope == Envelope.Auto && IsNoLogin(outer, values))
        {
            rejection = Open(ref text, outer, ref values, ref sender);
        }

        if (delivery is not LineDelivery)
        {
            delivery.SenderIdentity = IdentityOf(options.Identity, attribute, rejection is null ? text : default, sender);
        }

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

    /// <summary>A text without the one byte order mark that it may begin with.</summary>
    internal static ReadOnlySpan<byte> WithoutMark(ReadOnlySpan<byte> text) => text.StartsWith(ByteOrderMark) ? text[ByteOrderMark.Length..] : text;

    // Envelopes are looked for only where no login stands: a login with an envelope's fields stays a login, and logins
    // pay nothing for envelopes. The whole was read as JSON by then, and its keys are not repeated.
    private static bool IsNoLogin(Rejection rejection, in LoginValues values) =>
        rejection.Reason == RejectReason.NotAnObject || (rejection.Reason == RejectReason.MissingField && values.SawNone);

    private static Rejection? Open(ref ReadOnlyMemory<byte> body, Rejection outer, ref LoginValues values, ref SenderIdentity? sender)
    {
        Rejection? rejection = outer;
        for (var opened = 0; opened < MostEnvelopes && rejection is { } why && IsNoLogin(why, values); opened++)
        {
            var text = body[^WithoutMark(body.Span).Length..];
            if (!new EnvelopeReader(text).TryOpen(out var inside))
            {
                break;
            }

            body = inside.Body;
            values = new LoginValues();
            // The innermost is nearest to the sender: what an outer service delivers twice has it in common.
            sender = inside.Identity ?? sender;
            rejection = inside.Rejection ?? Read(body.Span, ref values);
        }

        return rejection;
    }

    // An attribute or field that is not there must merge nothing, so the message stays what it is by itself. So does what
    // is no login: the same attribute on the mended one must not make it a duplicate of the bad one.
    private static SenderIdentity? IdentityOf(IdentityFrom from, Plaintext? attribute, ReadOnlyMemory<byte> login, SenderIdentity? envelope) =>
        from.Source switch
        {
            IdentitySource.Envelope => envelope,
            IdentitySource.MessageId => null,
            _ when login.IsEmpty => envelope,
            IdentitySource.Attribute => SenderIdentity.OfAttribute(from.Name!, attribute?.Reveal()) ?? envelope,
            _ => SenderIdentity.OfField(from.Name!, FieldReader.Find(WithoutMark(login.Span), from.Name!)) ?? envelope,
        };

    private static Rejection? Read(ReadOnlySpan<byte> body, ref LoginValues values)
    {
        if (body.Length > MaxBodyBytes)
        {
            return new Rejection(RejectReason.BodyTooLarge);
        }

        var text = WithoutMark(body);
        return CheckBytes(text) ?? ReadJson(text, ref values) ?? values.CheckRequired();
    }

    private static Rejection? CheckBytes(ReadOnlySpan<byte> body) =>
        body.TrimStart(WhiteSpace).IsEmpty ? new Rejection(RejectReason.EmptyBody)
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
