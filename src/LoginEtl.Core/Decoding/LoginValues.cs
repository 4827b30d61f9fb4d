using System.Text.Json;
using LoginEtl.Records;

namespace LoginEtl.Decoding;

/// <summary>The values of one body while it is read, and the rules of the fields.</summary>
internal struct LoginValues
{
    // The order in which fields are asked for is the order in which missing ones are named.
    private static readonly (string Name, byte[] Utf8, bool Required, bool NullAllowed)[] Fields =
    [
        Field(LoginFields.UserId, required: true, nullAllowed: false),
        Field(LoginFields.AppVersion, required: true, nullAllowed: false),
        Field(LoginFields.DeviceType, required: false, nullAllowed: true),
        // Whether a null stays NULL is the masking's decision.
        Field(LoginFields.Ip, required: true, nullAllowed: true),
        Field(LoginFields.Locale, required: false, nullAllowed: true),
        Field(LoginFields.DeviceId, required: true, nullAllowed: true),
    ];

    private int _seen;

    /// <summary>Whether none of the schema's fields was there.</summary>
    public readonly bool SawNone => _seen == 0;

    public string? UserId { get; private set; }

    public string? AppVersion { get; private set; }

    public string? DeviceType { get; private set; }

    public string? Ip { get; private set; }

    public string? Locale { get; private set; }

    public string? DeviceId { get; private set; }

    /// <summary>The place in the schema of the property the reader stands on; -1 when the schema does not know it.</summary>
    public static int Find(ref Utf8JsonReader reader)
    {
        for (var i = 0; i < Fields.Length; i++)
        {
            if (reader.ValueTextEquals(Fields[i].Utf8))
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>The name of the field at a place.</summary>
    public static string NameOf(int place) => Fields[place].Name;

    /// <summary>False when the field was seen before.</summary>
    public bool MarkSeen(int place)
    {
        var bit = 1 << place;
        var first = (_seen & bit) == 0;
        _seen |= bit;
        return first;
    }

    public Rejection? Set(int place, string? value)
    {
        var field = Fields[place].Name;
        if (value is null && !Fields[place].NullAllowed)
        {
            return new Rejection(RejectReason.NullField, field);
        }

        switch (field)
        {
            case LoginFields.UserId when value!.Length == 0:
                return new Rejection(RejectReason.EmptyField, field);
            case LoginFields.UserId:
                UserId = value;
                break;
            case LoginFields.AppVersion:
                AppVersion = value;
                break;
            case LoginFields.DeviceType:
                DeviceType = value;
                break;
            case LoginFields.Ip:
                Ip = value;
                break;
            case LoginFields.Locale:
                Locale = value;
                break;
            case LoginFields.DeviceId:
                DeviceId = value;
                break;
        }

        return null;
    }

    public readonly Rejection? CheckRequired()
    {
        for (var i = 0; i < Fields.Length; i++)
        {
            if (Fields[i].Required && (_seen & (1 << i)) == 0)
            {
                return new Rejection(RejectReason.MissingField, Fields[i].Name);
            }
        }

        return null;
    }

    private static (string, byte[], bool, bool) Field(string name, bool required, bool nullAllowed) =>
        (name, System.Text.Encoding.UTF8.GetBytes(name), required, nullAllowed);
}
