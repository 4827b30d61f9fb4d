using System.Text.Json;
using LoginEtl.Records;

namespace LoginEtl.Decoding;

/// <summary>Reads one JSON object into <see cref="LoginValues"/> and stops at the first thing that does not fit.</summary>
internal ref struct LoginReader(ReadOnlySpan<byte> body)
{
    /// <summary>Deepest nesting; the login itself is 1.</summary>
    internal const int MaxDepth = 64;

    // The reader's own limit stands out of the way, so that "too deep" can be told apart from "not JSON".
    private Utf8JsonReader _reader = new(body, new JsonReaderOptions { MaxDepth = LoginDecoder.MaxBodyBytes + 1 });
    private HashSet<string>? _unknownNames;

    /// <summary>Where the object ended.</summary>
    public readonly int BytesConsumed => (int)_reader.BytesConsumed;

    /// <exception cref="JsonException">It is not JSON.</exception>
    public Rejection? Read(ref LoginValues values)
    {
        _reader.Read();
        if (_reader.TokenType != JsonTokenType.StartObject)
        {
            return SkipValue() ?? new Rejection(RejectReason.NotAnObject);
        }

        while (_reader.Read() && _reader.TokenType != JsonTokenType.EndObject)
        {
            if (ReadMember(ref values) is { } rejection)
            {
                return rejection;
            }
        }

        return null;
    }

    private Rejection? ReadMember(ref LoginValues values)
    {
        int place;
        try
        {
            place = LoginValues.Find(ref _reader);
        }
        catch (InvalidOperationException)
        {
            // Comparing unescapes the name, which an escaped half of a surrogate pair does not survive.
            return new Rejection(RejectReason.LoneSurrogate);
        }

        if (place >= 0)
        {
            var field = LoginValues.NameOf(place);
            if (!values.MarkSeen(place))
            {
                return new Rejection(RejectReason.RepeatedField, field);
            }

            _reader.Read();
            return ReadText(field, out var text) ?? values.Set(place, text);
        }

        if (ReadText(field: null, out var name) is { } unreadable)
        {
            return unreadable;
        }

        // A name nobody knows may itself be personal data: the rejection does not carry it.
        if (!(_unknownNames ??= new HashSet<string>(StringComparer.Ordinal)).Add(name!))
        {
            return new Rejection(RejectReason.RepeatedField);
        }

        _reader.Read();
        return SkipValue();
    }

    private readonly Rejection? ReadText(string? field, out string? text)
    {
        text = null;
        if (_reader.TokenType == JsonTokenType.Null)
        {
            return null;
        }

        if (_reader.TokenType is not (JsonTokenType.String or JsonTokenType.PropertyName))
        {
            return new Rejection(RejectReason.WrongType, field);
        }

        try
        {
            text = _reader.GetString();
        }
        catch (InvalidOperationException)
        {
            // The bytes are valid UTF-8, so what cannot be decoded is an escaped half of a surrogate pair.
            return new Rejection(RejectReason.LoneSurrogate, field);
        }

        return field is not null && text!.Contains('\0') ? new Rejection(RejectReason.NulCharacter, field) : null;
    }

    private Rejection? SkipValue()
    {
        var start = _reader.CurrentDepth;
        if (_reader.TokenType is not (JsonTokenType.StartObject or JsonTokenType.StartArray))
        {
            return null;
        }

        while (_reader.Read() && _reader.CurrentDepth > start)
        {
            // An opening bracket counts from 0.
            if (_reader.CurrentDepth >= MaxDepth && _reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray)
            {
                return new Rejection(RejectReason.NestedTooDeep);
            }
        }

        return null;
    }
}
