using System.Globalization;
using System.Net;

namespace LoginEtl.Sandbox;

/// <summary>
/// Made-up login messages, the same ones every time: in every hundred 99 logins and one message of another type, null
/// locales, versions of two and three parts, ips of every kind, and some ips and devices that log in more than once.
/// </summary>
public static class SampleMessages
{
    private const int BlockSize = 100;
    private const int WrongIndex = 57;
    private const ulong Seed = 20;

    private static readonly string[] Locales =
        ["ID", "CN", "RU", "FR", "PT", "PH", "BR", "US", "DE", "JP", "PL", "VN", "MX", "SE", "KE", "PE", "TH", "UA"];

    /// <summary>Ips that are legal here though no login comes from there: loopback, multicast, private, reserved.</summary>
    private static readonly Dictionary<int, string> UnusualIps = new()
    {
        [5] = "127.0.0.1",
        [16] = "224.0.0.251",
        [34] = "10.0.0.7",
        [68] = "255.255.255.255",
        [83] = "240.6.88.151",
    };

    private static readonly HashSet<int> IpV6 = [24, 45, 52];

    /// <summary>At an index, the earlier index whose ip comes again: six ips, one of them three times.</summary>
    private static readonly Dictionary<int, int> RepeatedIps = new()
    {
        [11] = 2,
        [26] = 8,
        [39] = 8,
        [48] = 17,
        [63] = 30,
        [77] = 41,
        [90] = 52,
    };

    /// <summary>At an index, the earlier index whose device comes again: five devices.</summary>
    private static readonly Dictionary<int, int> RepeatedDevices = new()
    {
        [11] = 2,
        [26] = 8,
        [54] = 19,
        [70] = 35,
        [95] = 60,
    };

    /// <summary>The first <paramref name="count"/> bodies; a longer list begins with the shorter one.</summary>
    public static IReadOnlyList<string> Create(int count)
    {
        var draws = new SampleDraws(Seed);
        var bodies = new List<string>(count);
        while (bodies.Count < count) bodies.AddRange(CreateBlock(draws).Take(count - bodies.Count));
        return bodies;
    }

    private static List<string> CreateBlock(SampleDraws draws)
    {
        var ips = new string[BlockSize];
        var devices = new string[BlockSize];
        var bodies = new List<string>(BlockSize);
        for (int index = 0; index < BlockSize; index++)
        {
            // Drawn for the wrong message as well, so that all the others stay what they are.
            string user = draws.UserId();
            string version = draws.Version();
            string device = draws.Chance(0.5) ? "android" : "ios";
            string? locale = draws.Chance(0.3) ? null : Locales[draws.Below(Locales.Length)];
            string ip = IpV6.Contains(index) ? draws.IpV6() : draws.IpV4();
            ips[index] = RepeatedIps.TryGetValue(index, out int first) ? InFull(ips[first])
                : UnusualIps.GetValueOrDefault(index, ip);
            string deviceId = draws.DeviceId();
            devices[index] = RepeatedDevices.TryGetValue(index, out first) ? devices[first] : deviceId;
            bodies.Add(index == WrongIndex
                ? "{" + Field("event", "device_heartbeat") + ", " + Field("battery", "83") + "}"
                : "{" + string.Join(", ", Field("user_id", user), Field("app_version", version),
                    Field("device_type", device), Field("ip", ips[index]), Field("locale", locale),
                    Field("device_id", devices[index])) + "}");
        }
        return bodies;
    }

    private static string Field(string name, string? value) => $"\"{name}\": {(value is null ? "null" : $"\"{value}\"")}";

    /// <summary>An IPv6 address in its longest spelling: one address, whose token must not depend on the spelling.</summary>
    private static string InFull(string ip)
    {
        byte[] bytes = IPAddress.Parse(ip).GetAddressBytes();
        return bytes.Length == 4 ? ip : string.Join(':', bytes.Chunk(2).Select(pair =>
            string.Create(CultureInfo.InvariantCulture, $"{pair[0]:X2}{pair[1]:X2}")));
    }
}
