using LoginEtl.Keysets;
using LoginEtl.Postgres;
using LoginEtl.Protecting;
using LoginEtl.Quarantine;
using LoginEtl.Records;
using LoginEtl.Settings;
using LoginEtl.Unit.Fixtures;
using LoginEtl.Unit.Privacy.Recovery;
using Xunit;

namespace LoginEtl.Unit.Postgres;

/// <summary>Entries of the quarantine whose tokens are under a key that was retired while they waited.</summary>
public sealed class RetiredEntryTests(ServersFixture servers) : IDisposable
{
    private const string Mac = "mac1.AQQQQQ";
    private static readonly string MacToken = $"{Mac}Q{new string('A', 43)}";

    private readonly RotatingKeys _keys = new();

    public void Dispose() => _keys.Dispose();

    [Fact]
    public async Task Record_out_of_quarantine_is_not_restored_under_a_retired_key_and_says_what_to_do()
    {
        var database = await QuarantinedAsync(RotatingLogins.Record(_keys, 1));
        await RotatingLogins.RetireAsync(database, _keys);
        var result = Assert.Single(await RestoreAsync(database));
        Assert.Equal((RestoreOutcome.Refused, RejectReason.RetiredKey.Code(), "ip"), (result.Outcome, result.Reason, result.Field));
        Assert.Contains("Update-LoginToken", result.Remedy, StringComparison.Ordinal);
        Assert.Equal((0, 0), (await database.CountAsync(), await database.CountAsync("login_etl_ledger WHERE outcome = 3")));

        // The remedy is one.
        _keys.Promote();
        await RotatingLogins.RotateAsync(database, _keys);
        Assert.Equal(RestoreOutcome.Restored, Assert.Single(await RestoreAsync(database)).Outcome);
        Assert.Equal((0, 1), (await RotatingLogins.CountOldAsync(database, _keys), await RotatingLogins.CountNewAsync(database, _keys)));
    }

    [Fact]
    public async Task Neighbours_of_an_entry_under_a_retired_key_are_restored_and_what_was_restored_before_is_not_refused()
    {
        var before = RotatingLogins.Record(_keys, 1, "before");
        var database = await QuarantinedAsync(before);
        Assert.Equal(RestoreOutcome.Restored, Assert.Single(await RestoreAsync(database)).Outcome);
        await QuarantineAsync(database, RotatingLogins.Record(_keys, 2, "old"), Logins.Record(user: "other"));
        await RotatingLogins.RetireAsync(database, _keys);
        var results = await RestoreAsync(database);
        Assert.Equal(
            [RestoreOutcome.AlreadyRestored, RestoreOutcome.Refused, RestoreOutcome.Restored], results.Select(r => r.Outcome));
        Assert.Equal([null, RejectReason.RetiredKey.Code(), null], results.Select(r => r.Reason));
        Assert.Equal("before,other", await database.ReadAsync<string>("SELECT string_agg(user_id, ',' ORDER BY user_id) FROM user_logins"));
        Assert.Equal(2, await database.CountAsync("login_etl_ledger WHERE outcome = 3"));
        Assert.Equal(1, await database.CountAsync("login_etl_quarantine WHERE restored_at IS NULL"));
    }

    [Theory]
    [InlineData(StoredKeyState.Retired, RestoreOutcome.Restored, null)]
    [InlineData(StoredKeyState.Disabled, RestoreOutcome.Refused, "Enable-LoginKey")]
    [InlineData(StoredKeyState.Removed, RestoreOutcome.Refused, "Enable-LoginKey")]
    public async Task Record_whose_token_cannot_be_made_anew_is_restored_as_its_rows_were_left_while_its_key_is_enabled(
        StoredKeyState state, RestoreOutcome expected, string? remedy)
    {
        var database = await QuarantinedAsync(Logins.Record(ip: MacToken));
        await using (var tokens = await database.TokensAsync())
        {
            await tokens.SetAsync([new StoredKey("ip", "mac", Mac, state)], TestDatabase.Token);
        }

        var result = Assert.Single(await RestoreAsync(database));
        Assert.Equal(expected, result.Outcome);
        Assert.Contains(remedy ?? "", result.Remedy ?? "", StringComparison.Ordinal);
        Assert.Equal(expected == RestoreOutcome.Restored ? 1 : 0, await database.CountAsync($"user_logins WHERE masked_ip = '{MacToken}'"));
    }

    [Fact]
    public async Task Body_is_restored_under_the_databases_primary_key_where_the_host_holds_it()
    {
        var database = await RetiredBodyAsync();
        _keys.Add();
        Assert.Equal([RestoreOutcome.Restored, RestoreOutcome.Restored], (await RestoreAsync(database)).Select(r => r.Outcome));
        Assert.Equal(1, await database.CountAsync($"user_logins WHERE masked_device_id LIKE '{_keys.NewPrefix("device_id")}%'"));
    }

    [Fact]
    public async Task Body_that_this_host_has_masked_under_a_retired_key_is_refused_alone_and_asks_for_the_keyset()
    {
        var database = await RetiredBodyAsync();
        var results = await RestoreAsync(database);
        Assert.Equal([RestoreOutcome.Refused, RestoreOutcome.Restored], results.Select(r => r.Outcome));
        Assert.Equal((RejectReason.RetiredKey.Code(), "device_id"), (results[0].Reason, results[0].Field));
        Assert.Contains("keyset", results[0].Remedy, StringComparison.Ordinal);
    }

    /// <summary>A sealed body and another's record in quarantine, and then the keys are retired.</summary>
    private async Task<TestDatabase> RetiredBodyAsync()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        using (var ring = _keys.Open())
        using (var protector = new Protector(ring))
        {
            var body = """{"user_id":"u1","app_version":"2.3.0","ip":null,"device_id":"593-47-5928","locale":"RU","device_type":"android"}"""u8.ToArray();
            await RotatingLogins.WriteAsync(database, protector.Protect(LoginEtl.Decoding.LoginDecoder.Decode(Logins.Delivery(), body)));
        }

        await QuarantineAsync(database, Logins.Record(user: "other"));
        await RotatingLogins.RetireAsync(database, _keys);
        return database;
    }

    private async Task<TestDatabase> QuarantinedAsync(params LoginRecord[] records)
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await QuarantineAsync(database, records);
        return database;
    }

    private static async Task QuarantineAsync(TestDatabase database, params LoginRecord[] records)
    {
        await database.RunAsync("ALTER TABLE user_logins ADD CONSTRAINT never CHECK (false) NOT VALID");
        foreach (var record in records)
        {
            // One by one: entries of a batch are in the order of their keys.
            await RotatingLogins.WriteAsync(database, record);
        }

        await database.RunAsync("ALTER TABLE user_logins DROP CONSTRAINT never");
    }

    /// <summary>Everything that was ever there, oldest first.</summary>
    private async Task<IReadOnlyList<RestoreResult>> RestoreAsync(TestDatabase database)
    {
        await using var quarantine = await new PostgresConnector().OpenQuarantineAsync(database.Settings(), new SinkOptions(), TestDatabase.Token);
        using var ring = _keys.Open().Follow(await quarantine.KeysAsync(TestDatabase.Token));
        using var protector = new Protector(ring, new ProtectOptions { AllowNullPii = true });
        using var replay = new QuarantineReplay(protector, _keys.PrivatePath);
        var requests = new List<RestoreRequest>();
        await foreach (var entry in quarantine.ListAsync(new QuarantineFilter { IncludeSettled = true }, TestDatabase.Token))
        {
            Assert.True(replay.TryReplay(entry, out var record, out _));
            requests.Add(new RestoreRequest(entry, record));
        }

        return await quarantine.RestoreAsync(requests, TestDatabase.Token);
    }
}
