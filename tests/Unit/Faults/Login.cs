using System.Globalization;
using LoginEtl.Sandbox;
using LoginEtl.Versions;
using Xunit;

namespace LoginEtl.Unit.Faults;

/// <summary>A body to be sent.</summary>
internal sealed record Login(string Body, string? UserId, Fate Fate)
{
    /// <summary>The message group that it is sent in; null for a standard queue.</summary>
    public string? Group { get; init; }

    /// <summary>Its version, packed; null where the body has none.</summary>
    public int? Version { get; init; }

    /// <summary>The table of a scenario has a constraint against this locale.</summary>
    public const string RefusedLocale = "XX";

    /// <summary>Good ones, with the bad ones among them.</summary>
    public static IReadOnlyList<Login> Draw(SampleDraws draws, int count, int badBodies, int badRows)
    {
        var kinds = Enumerable.Range(0, count)
            .Select(i => i < badBodies ? (Func<SampleDraws, Login>)BadBody : i < badBodies + badRows ? BadRow : Good).ToArray();
        for (var i = count - 1; i > 0; i--)
        {
            var other = draws.Below(i + 1);
            (kinds[i], kinds[other]) = (kinds[other], kinds[i]);
        }

        return [.. kinds.Select(kind => kind(draws))];
    }

    private static Login Good(SampleDraws draws) => Of(draws, "DE", Fate.Row);

    private static Login BadRow(SampleDraws draws) => Of(draws, RefusedLocale, Fate.Quarantine);

    private static Login BadBody(SampleDraws draws) => new(
        draws.Below(4) switch
        {
            0 => """{"foo": "oops_wrong_msg_type", "bar": "123"}""",
            1 => """{"user_id": 17, "app_version": "2.3.0", "ip": "10.0.0.1", "device_id": "1-2-3"}""",
            2 => """{"user_id": "cut off in the mid""",
            _ => "not json at all",
        },
        null, Fate.Quarantine);

    private static Login Of(SampleDraws draws, string locale, Fate fate)
    {
        var (user, version) = (draws.UserId(), draws.Version());
        Assert.Null(AppVersionEncoding.TryEncode(AppVersionFormat.Packed, version, out int packed));
        return new Login(
            string.Create(CultureInfo.InvariantCulture,
                $$"""{"user_id": "{{user}}", "app_version": "{{version}}", "device_type": "ios", "ip": "{{draws.IpV4()}}", "locale": "{{locale}}", "device_id": "{{draws.DeviceId()}}"}"""),
            user, fate)
        {
            Version = packed,
        };
    }
}
