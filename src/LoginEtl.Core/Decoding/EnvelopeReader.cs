using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using LoginEtl.Records;

namespace LoginEtl.Decoding;

/// <summary>
/// Opens one envelope: a JSON string that holds an object, an SNS notification (Amazon SNS developer guide, "HTTP/HTTPS
/// notification JSON format", which queues get too), or an EventBridge event (Amazon EventBridge user guide, "Events").
/// Reads only what was read as JSON before.
/// </summary>
internal ref struct EnvelopeReader(ReadOnlyMemory<byte> body)
{
    // ISO 8601, as SNS (milliseconds) and EventBridge (seconds) write it.
    private const string TimeForm = "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK";

    private readonly ReadOnlyMemory<byte> _body = body;
    private Utf8JsonReader _reader = new(body.Span, new JsonReaderOptions { MaxDepth = LoginReader.MaxDepth + 1 });
    private bool _isNotification;
    private string? _topic;
    private string? _messageId;
    private DateTimeOffset? _timestamp;
    private OpenedEnvelope? _message;
    private bool _hasDetailType;
    private string? _source;
    private string? _id;
    private DateTimeOffset? _time;
    private OpenedEnvelope? _detail;

    /// <summary>False when it is no envelope, or looks like two kinds at once: then nothing is guessed.</summary>
    public bool TryOpen(out OpenedEnvelope opened)
    {
        _reader.Read();
        if (_reader.TokenType == JsonTokenType.String)
        {
            opened = Unescape();
            return opened.Rejection is null && MayHoldObject(opened.Body.Span);
        }

        opened = default;
        if (_reader.TokenType != JsonTokenType.StartObject)
        {
            return false;
        }

        while (_reader.Read() && _reader.TokenType == JsonTokenType.PropertyName)
        {
            ReadMember();
        }

        var notification = _isNotification && _topic is not null ? _message : null;
        var @event = _hasDetailType && _source is not null ? _detail : null;
        if (notification is null == @event is null)
        {
            return false;
        }

        opened = notification is { } message
            ? message with { Identity = IdentityOf("sns", _topic!, _messageId, _timestamp, message.Body.Span) }
            : @event!.Value with { Identity = IdentityOf("event", _source!, _id, _time, @event.Value.Body.Span) };
        return true;
    }

    private static SenderIdentity? IdentityOf(string kind, string issuer, string? id, DateTimeOffset? time, ReadOnlySpan<byte> content) =>
        string.IsNullOrEmpty(id) ? null : SenderIdentity.OfEnvelope(kind, issuer, id, SHA256.HashData(content), time);

    // An object, or a string that holds one.
    private static bool MayHoldObject(ReadOnlySpan<byte> text) => LoginDecoder.WithoutMark(text).TrimStart(LoginDecoder.WhiteSpace) is [(byte)'{' or (byte)'"', ..];

    private void ReadMember()
    {
        if (_reader.ValueTextEquals("Type"u8))
        {
            _isNotification = NextText() == "Notification";
        }
        else if (_reader.ValueTextEquals("TopicArn"u8))
        {
            _topic = NextText();
        }
        else if (_reader.ValueTextEquals("MessageId"u8))
        {
            _messageId = NextText();
        }
        else if (_reader.ValueTextEquals("Timestamp"u8))
        {
            _timestamp = NextTime();
        }
        else if (_reader.ValueTextEquals("Message"u8))
        {
            _message = NextIsText() ? Unescape() : null;
        }
        else if (_reader.ValueTextEquals("detail-type"u8))
        {
            _hasDetailType = NextText() is not null;
        }
        else if (_reader.ValueTextEquals("source"u8))
        {
            _source = NextText();
        }
        else if (_reader.ValueTextEquals("id"u8))
        {
            _id = NextText();
        }
        else if (_reader.ValueTextEquals("time"u8))
        {
            _time = NextTime();
        }
        else if (_reader.ValueTextEquals("detail"u8))
        {
            _reader.Read();
            _detail = _reader.TokenType == JsonTokenType.StartObject ? Slice() : null;
        }
        else
        {
            _reader.Skip();
        }
    }

    // What is no text may be an object or an array: it is passed over.
    private bool NextIsText()
    {
        _reader.Read();
        _reader.Skip();
        return _reader.TokenType == JsonTokenType.String;
    }

    private string? NextText()
    {
        try
        {
            return NextIsText() ? _reader.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            // An escaped half of a surrogate pair.
            return null;
        }
    }

    // The same for every copy and on every machine: no local time zone, no culture. What is before 1970 has no place in a key.
    private DateTimeOffset? NextTime() =>
        NextText() is { } text
        && DateTimeOffset.TryParseExact(text, TimeForm, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
        && time >= DateTimeOffset.UnixEpoch
            ? time
            : null;

    private OpenedEnvelope Slice()
    {
        var start = (int)_reader.TokenStartIndex;
        _reader.Skip();
        return new OpenedEnvelope(_body[start..(int)_reader.BytesConsumed]);
    }

    private readonly OpenedEnvelope Unescape()
    {
        // Unescaping never makes text longer.
        var text = new byte[_reader.ValueSpan.Length];
        try
        {
            return new OpenedEnvelope(text.AsMemory(0, _reader.CopyString(text)));
        }
        catch (InvalidOperationException)
        {
            // The bytes are valid UTF-8, so what cannot be decoded is an escaped half of a surrogate pair.
            return new OpenedEnvelope(default, new Rejection(RejectReason.LoneSurrogate));
        }
    }
}
