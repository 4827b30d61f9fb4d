using LoginEtl.Checks;
using LoginEtl.Keysets;
using LoginEtl.Postgres;
using LoginEtl.Rotation;
using LoginEtl.Unit.Fixtures;
using LoginEtl.Unit.Privacy.Recovery;
using Xunit;

namespace LoginEtl.Unit.Postgres;

/// <summary>Rows under keys that a keyset does not hold are counted, and told before a run.</summary>
public sealed class UnheldRowsTests(ServersFixture servers) : IDisposable
{
    private readonly RotatingKeys _keys = new();

    public void Dispose() => _keys.Dispose();

    [Fact]
    public async Task Rows_under_keys_that_a_keyset_lacks_or_has_disabled_are_counted_and_no_others()
    {
        var database = await FilledAsync(30);
        Assert.Empty(await CountAsync(database, "ip"));
        _keys.Promote();
        Assert.Empty(await CountAsync(database, "ip"));
        // What is no token is under no key, and what is in quarantine is no row.
        await database.RunAsync("INSERT INTO user_logins (user_id, masked_ip) VALUES ('x', 'plain')");
        _keys.Promote(KeyStatus.Disabled);
        foreach (var attribute in new[] { "ip", "device_id" })
        {
            Assert.Equal([new PrefixCount(attribute, _keys.OldPrefix(attribute), 30)], await CountAsync(database, attribute));
        }

        // Known to nobody, and met by a look at the table.
        await database.RunAsync("DELETE FROM login_etl_key");
        Assert.Equal(30, Assert.Single(await CountAsync(database, "ip")).Rows);
    }

    [Fact]
    public async Task Table_is_read_whole_only_where_a_key_is_known_that_is_not_held()
    {
        var database = await FilledAsync(1, LoginTable.Begun + " PARTITION BY LIST (locale); CREATE TABLE de PARTITION OF user_logins FOR VALUES IN ('DE'); CREATE TABLE others PARTITION OF user_logins DEFAULT");
        // More than a look takes in, of which one row in 20,000 is under another key.
        await database.RunAsync($"INSERT INTO user_logins (user_id, masked_ip) SELECT g, '{_keys.NewPrefix("ip")}' || repeat('x', 200) FROM generate_series(1, 20000) g");
        _keys.Promote(KeyStatus.Disabled);
        Assert.Equal([new PrefixCount("ip", _keys.OldPrefix("ip"), 1)], await CountAsync(database, "ip"));
        await using var tokens = await database.TokensAsync();
        await tokens.SetAsync([new StoredKey("ip", "siv", _keys.OldPrefix("ip"), StoredKeyState.Removed)], TestDatabase.Token);
        var sample = await tokens.SampleAsync(TestDatabase.Token);
        Assert.False(sample!.IsWhole);
        Assert.InRange(sample.Prefixes.Sum(p => p.Rows), 5_000, 19_000);
    }

    [Fact]
    public async Task User_who_may_read_the_table_alone_is_told_by_what_a_look_at_it_has_met()
    {
        var database = await FilledAsync(3);
        _keys.Promote(KeyStatus.Disabled);
        await database.AsRoleAsync(role => $"GRANT SELECT ON user_logins TO {role}", async settings =>
        {
            await using var tokens = await new PostgresConnector().OpenTokensAsync(settings, TestDatabase.Token);
            using var ring = _keys.Open();
            Assert.Equal(3, Assert.Single(await UnheldRows.CountAsync(tokens, ring, "ip", TestDatabase.Token)).Rows);
        });
        await database.AsRoleAsync(TestDatabase.WriterRights, async settings =>
        {
            await using var tokens = await new PostgresConnector().OpenTokensAsync(settings, TestDatabase.Token);
            Assert.Null(await tokens.SampleAsync(TestDatabase.Token));
        });
    }

    [Fact]
    public async Task Checks_before_a_run_tell_what_does_not_belong_together()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        Assert.Equal([CheckOutcome.Pass, CheckOutcome.Pass], await OutcomesAsync("the database takes the first keys", "none was met: all rows"));
        await RotatingLogins.WriteAsync(database, RotatingLogins.Records(_keys, 30));
        await RotatingLogins.RetireAsync(database, _keys, back: true);
        Assert.Equal([CheckOutcome.Pass, CheckOutcome.Pass], await OutcomesAsync("has retired none of the primary keys", "none was met"));

        // A rotation that this host has not been given.
        await RotatingLogins.RetireAsync(database, _keys);
        Assert.Equal([CheckOutcome.Fail, CheckOutcome.Warn], await OutcomesAsync(_keys.NewPrefix("ip"), $"{_keys.NewPrefix("ip")} of ip may be written under"));
        _keys.Add();
        await RotatingLogins.RetireAsync(database, _keys);
        Assert.Equal([CheckOutcome.Pass, CheckOutcome.Pass], await OutcomesAsync($"{_keys.NewPrefix("ip")} is held and followed", "none was met"));
        _keys.Promote(KeyStatus.Disabled);
        Assert.Equal([CheckOutcome.Pass, CheckOutcome.Warn], await OutcomesAsync("has retired none", $"30 of 30 values of ip looked at are under {_keys.OldPrefix("ip")}"));

        // A dump from before the rotation.
        await database.RunAsync($"DELETE FROM login_etl_key WHERE prefix IN ('{_keys.NewPrefix("ip")}', '{_keys.NewPrefix("device_id")}'); UPDATE login_etl_key SET state = 'primary'");
        Assert.Equal([CheckOutcome.Fail, CheckOutcome.Warn], await OutcomesAsync($"never seen {_keys.NewPrefix("ip")}", $"are under {_keys.OldPrefix("ip")}"));
        _keys.Demote();
        await database.RunAsync("UPDATE login_etl_key SET check_value = '01234567'");
        Assert.Equal([CheckOutcome.Fail, CheckOutcome.Pass], await OutcomesAsync("01234567 there", "none was met"));

        async Task<IEnumerable<CheckOutcome>> OutcomesAsync(params string[] details)
        {
            await using var tokens = await database.TokensAsync();
            using var ring = _keys.Open();
            var checks = await KeyChecks.RunAsync(ring, MaskMethods.Default, await tokens.KeysAsync(TestDatabase.Token), await tokens.SampleAsync(TestDatabase.Token));
            Assert.All(checks.Zip(details), c => Assert.Contains(c.Second, $"{c.First.Detail} {c.First.Remedy}", StringComparison.Ordinal));
            Assert.All(checks, c => Assert.Equal(c.Outcome == CheckOutcome.Pass, c.Remedy is null));
            return checks.Take(2).Select(c => c.Outcome);
        }
    }

    private async Task<TestDatabase> FilledAsync(int rows, string? createTable = null)
    {
        var database = await TestDatabase.InitializedAsync(servers, createTable);
        var quarantined = RotatingLogins.Record(_keys, 1);
        quarantined.AppVersion = "x.y";
        await RotatingLogins.WriteAsync(database, [.. RotatingLogins.Records(_keys, rows), quarantined]);
        await RotatingLogins.RetireAsync(database, _keys, back: true);
        return database;
    }

    private async Task<IReadOnlyList<PrefixCount>> CountAsync(TestDatabase database, string attribute)
    {
        await using var tokens = await database.TokensAsync();
        using var ring = _keys.Open();
        return await UnheldRows.CountAsync(tokens, ring, attribute, TestDatabase.Token);
    }
}
