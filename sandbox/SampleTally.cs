using System.Net;
using System.Text.Json;

namespace LoginEtl.Sandbox;

/// <summary>What a run over sample messages must find.</summary>
/// <param name="Logins">Messages that become rows.</param>
/// <param name="Wrong">Messages that go to quarantine.</param>
/// <param name="SharedIps">Addresses, however spelled, with more than one login.</param>
/// <param name="SharedDevices">Devices with more than one login.</param>
public sealed record SampleTally(int Logins, int Wrong, int SharedIps, int SharedDevices)
{
    /// <summary>Messages in all.</summary>
    public int Messages => Logins + Wrong;

    /// <summary>Counts bodies made by <see cref="SampleMessages"/>.</summary>
    public static SampleTally Of(IReadOnlyList<string> bodies)
    {
        var ips = new Dictionary<IPAddress, int>();
        var devices = new Dictionary<string, int>();
        int logins = 0;
        foreach (string body in bodies)
        {
            using JsonDocument message = JsonDocument.Parse(body);
            if (!message.RootElement.TryGetProperty("user_id", out _)) continue;
            logins++;
            Count(ips, IPAddress.Parse(message.RootElement.GetProperty("ip").GetString()!));
            Count(devices, message.RootElement.GetProperty("device_id").GetString()!);
        }
        return new SampleTally(logins, bodies.Count - logins,
            ips.Values.Count(times => times > 1), devices.Values.Count(times => times > 1));
    }

    private static void Count<T>(Dictionary<T, int> counts, T value) where T : notnull =>
        counts[value] = counts.GetValueOrDefault(value) + 1;
}
