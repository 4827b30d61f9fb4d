using System.Globalization;
using LoginEtl.Sandbox;
using LoginEtl.Versions;
using Xunit;

namespace LoginEtl.Unit.Faults.Messages;

/// <summary>A body to be sent: a login, or what passes for one or does not.</summary>
internal sealed record Login(string Body, string? UserId, Fate Fate)
{
    /// <summary>The table of a scenario has a constraint against this locale.</summary>
    public const string RefusedLocale = "XX";

    /// <summary>The code of a row that the table refuses.</summary>
    public const string RefusedRow = "refused_by_database";

    /// <summary>The message group that it is sent in; null for a standard queue.</summary>
    public string? Group { get; init; }

    /// <summary>Its version, packed; null where the body has none.</summary>
    public int? Version { get; init; }

    /// <summary>Code of the reason why it goes to quarantine; null for a row.</summary>
    public string? Reason { get; init; }

    /// <summary>The id of its envelope, which all copies of it have in common; null without.</summary>
    public string? Envelope { get; init; }

    /// <summary>The body of its second copy; null where it comes once.</summary>
    public string? Again { get; init; }

    /// <summary>Whether a JSON object is all that it is.</summary>
    public bool IsObject => Reason is null or RefusedRow or "missing_field" or "wrong_type";

    /// <summary>Without its body, which may be large.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{UserId ?? Reason} of {Body.Length} characters");

    /// <summary>One that becomes a row.</summary>
    public static Login Good(SampleDraws draws) => Of(draws, "DE", Fate.Row, null);

    /// <summary>One whose row the table refuses.</summary>
    public static Login BadRow(SampleDraws draws) => Of(draws, RefusedLocale, Fate.Quarantine, RefusedRow);

    /// <summary>One that went wrong on its way.</summary>
    public static Login BadBody(SampleDraws draws) => draws.Below(4) switch
    {
        0 => Rejected("""{"foo": "oops_wrong_msg_type", "bar": "123"}""", "missing_field"),
        1 => Rejected("""{"user_id": 17, "app_version": "2.3.0", "ip": "10.0.0.1", "device_id": "1-2-3"}""", "wrong_type"),
        2 => Rejected("""{"user_id": "cut off in the mid""", "invalid_json"),
        _ => Rejected("not json at all", "invalid_json"),
    };

    /// <summary>A body that does not decode.</summary>
    public static Login Rejected(string body, string reason) => new(body, null, Fate.Quarantine) { Reason = reason };

    private static Login Of(SampleDraws draws, string locale, Fate fate, string? reason)
    {
        var (user, version) = (draws.UserId(), draws.Version());
        Assert.Null(AppVersionEncoding.TryEncode(AppVersionFormat.Packed, version, out int packed));
        return new Login(
            string.Create(CultureInfo.InvariantCulture,
                $$"""{"user_id": "{{user}}", "app_version": "{{version}}", "device_type": "ios", "ip": "{{draws.IpV4()}}", "locale": "{{locale}}", "device_id": "{{draws.DeviceId()}}"}"""),
            user, fate)
        {
            Version = packed,
            Reason = reason,
        };
    }
}
