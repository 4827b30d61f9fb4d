using LoginEtl.Keysets;
using LoginEtl.Protecting;
using LoginEtl.Records;
using LoginEtl.Rotation;

namespace LoginEtl.Run;

/// <summary>
/// What becomes of a batch that was masked under a key that is not primary any more: whoever masked it is told, and its
/// records get tokens under the key that is, in memory, where what they say is in them.
/// </summary>
internal static class KeyFollowing
{
    /// <summary>Whether all who masked the batch mask under keys that the database takes, from now on.</summary>
    /// <exception cref="Faults.LoginEtlException">The keys cannot be read any more.</exception>
    public static bool TryTell(IReadOnlyList<ProtectedLogin> batch, IReadOnlyList<StoredKey> known) =>
        Sources(batch).All(s => s.Key?.TryFollow(known) == true);

    /// <summary>Whether all who masked the batch have been told of a database's keys.</summary>
    public static bool WereTold(IReadOnlyList<ProtectedLogin> batch) =>
        batch.All(l => l is not LoginRecord record || record.Maker()?.Source is not { WasTold: false });

    /// <summary>
    /// Whether all records have tokens under the present keys now; when not, all are as they were. A mac token cannot be made
    /// anew, nor one whose key is not at hand any more.
    /// </summary>
    public static bool TryMaskAgain(IReadOnlyList<ProtectedLogin> batch)
    {
        var masked = new List<(LoginRecord Record, string? Ip, string? DeviceId, Protector By)>();
        if (!Sources(batch).All(s => s.Key?.Use((keyring, current) => TryMaskAgain(keyring, current, [.. s], masked)) == true))
        {
            return false;
        }

        masked.ForEach(m => m.Record.MaskAgain(m.Ip, m.DeviceId, m.By));
        return true;
    }

    /// <summary>What is to be said of the keys that the batch was masked under, and was not said before.</summary>
    public static IReadOnlyList<string> Notices(IReadOnlyList<ProtectedLogin> batch)
    {
        var notices = new List<string>();
        ProtectorSource? last = null;
        // Every batch is asked, and nearly all are of one source: no groups are made.
        foreach (var login in batch)
        {
            if (login is LoginRecord record && record.Maker()?.Source is { } source && source != last)
            {
                notices.AddRange(source.TakeNotices());
                last = source;
            }
        }

        return notices;
    }

    private static IEnumerable<IGrouping<ProtectorSource?, LoginRecord>> Sources(IReadOnlyList<ProtectedLogin> batch) =>
        batch.OfType<LoginRecord>().GroupBy(r => r.Maker()?.Source);

    private static bool TryMaskAgain(
        Keyring keyring, Protector current, IReadOnlyList<LoginRecord> records, List<(LoginRecord, string?, string?, Protector)> masked)
    {
        using var ips = new TokenRotator(keyring, LoginFields.Ip);
        using var devices = new TokenRotator(keyring, LoginFields.DeviceId);
        var newIps = ips.Map(records.Select(r => r.MaskedIp));
        var newDevices = devices.Map(records.Select(r => r.MaskedDeviceId));
        foreach (var record in records)
        {
            var (ip, device) = (New(newIps, record.MaskedIp), New(newDevices, record.MaskedDeviceId));
            if (!IsOf(current, LoginFields.Ip, ip) || !IsOf(current, LoginFields.DeviceId, device))
            {
                return false;
            }

            masked.Add((record, ip, device, current));
        }

        return true;

        static string? New(Dictionary<string, string> map, string? old) => old is null ? null : map.GetValueOrDefault(old, old);
    }

    private static bool IsOf(Protector protector, string attribute, string? token) =>
        token is null || protector.Keys.Any(k => k.Attribute == attribute && token.StartsWith(k.Prefix, StringComparison.Ordinal));
}
