using LoginEtl.Keysets;
using LoginEtl.Records;
using LoginEtl.Rotation;
using LoginEtl.Tokens;
using LoginEtl.Unit.Privacy.Recovery;

namespace LoginEtl.Unit.Postgres;

/// <summary>Logins under the keys of a rotation, and what a table holds of each key.</summary>
internal static class RotatingLogins
{
    public static LoginRecord Record(RotatingKeys keys, int i, string? user = null)
    {
        var (ip, device) = keys.Mask($"10.1.{i / 250}.{i % 250}", $"device-{i}");
        return Of(ip, device, user ?? $"user-{i}");
    }

    public static LoginRecord Of(Token ip, Token device, string user) => new(Logins.Delivery(), ip, device)
    {
        UserId = user,
        DeviceType = "ios",
        Locale = "DE",
        AppVersion = "1.2.3",
        CreateDate = new DateOnly(2026, 11, 21),
    };

    /// <summary>Many under the present primary keys; a value repeats every 100 rows.</summary>
    public static ProtectedLogin[] Records(RotatingKeys keys, int count, string user = "user")
    {
        var tokens = Enumerable.Range(0, Math.Min(count, 100)).Select(i => keys.Mask($"10.1.2.{i}", $"device-{i}")).ToList();
        return [.. Enumerable.Range(0, count).Select(i => Of(tokens[i % tokens.Count].Ip, tokens[i % tokens.Count].DeviceId, $"{user}-{i}"))];
    }

    public static async Task WriteAsync(TestDatabase database, params IReadOnlyList<ProtectedLogin> logins)
    {
        await using var sink = await database.SinkAsync();
        foreach (var batch in logins.Chunk(5000))
        {
            await sink.WriteAsync(batch, TestDatabase.Token);
        }
    }

    /// <summary>Retires the old keys and makes the new ones primary, in the database alone; or the other way round.</summary>
    public static async Task RetireAsync(TestDatabase database, RotatingKeys keys, bool back = false)
    {
        await using var tokens = await database.TokensAsync();
        using var ring = keys.Open();
        var held = StoredKeys.Held(ring);
        await tokens.SetAsync(
            [.. new[] { "ip", "device_id" }.SelectMany(a => new[]
            {
                new StoredKey(a, "siv", keys.OldPrefix(a), back ? StoredKeyState.Primary : StoredKeyState.Retired),
                new StoredKey(a, "siv", keys.NewPrefix(a), back ? StoredKeyState.Retired : StoredKeyState.Primary),
            }).Select(k => k with { CheckValue = held.FirstOrDefault(k.IsOf)?.CheckValue })],
            TestDatabase.Token);
    }

    public static async Task<RotationReceipt> RotateAsync(TestDatabase database, RotatingKeys keys, int batchSize = 500, Action<RotationProgress>? report = null)
    {
        await using var tokens = await database.TokensAsync();
        using var ring = keys.Open();
        using var rotation = new TokenRotation(tokens, ring, new RotationOptions { BatchSize = batchSize });
        return await rotation.RunAsync(report, TestDatabase.Token);
    }

    public static Task<long> CountOldAsync(TestDatabase database, RotatingKeys keys) => database.CountAsync(
        $"user_logins WHERE masked_ip LIKE '{keys.OldPrefix("ip")}%' OR masked_device_id LIKE '{keys.OldPrefix("device_id")}%'");

    public static Task<long> CountNewAsync(TestDatabase database, RotatingKeys keys) => database.CountAsync(
        $"user_logins WHERE masked_ip LIKE '{keys.NewPrefix("ip")}%' AND masked_device_id LIKE '{keys.NewPrefix("device_id")}%'");
}
