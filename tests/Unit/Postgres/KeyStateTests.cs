using LoginEtl.Checks;
using LoginEtl.Faults;
using LoginEtl.Keysets;
using LoginEtl.Postgres;
using LoginEtl.Run;
using LoginEtl.Settings;
using LoginEtl.Unit.Fixtures;
using LoginEtl.Unit.Privacy.Recovery;
using Xunit;

namespace LoginEtl.Unit.Postgres;

/// <summary>What the database says of a key holds for every writer, whatever its key files say.</summary>
public sealed class KeyStateTests(ServersFixture servers) : IDisposable
{
    private readonly RotatingKeys _keys = new();

    public void Dispose() => _keys.Dispose();

    [Fact]
    public async Task Batch_under_a_retired_key_is_rolled_back_as_a_whole_and_says_which_key_it_was()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await using var sink = await database.SinkAsync();
        Assert.Equal([Outcome.Written], (await sink.WriteAsync([RotatingLogins.Record(_keys, 1)], TestDatabase.Token)).Outcomes);
        await RotatingLogins.RetireAsync(database, _keys);
        var old = RotatingLogins.Record(_keys, 2);
        _keys.Promote();
        var fault = await Assert.ThrowsAsync<LoginEtlException>(() => sink.WriteAsync([RotatingLogins.Record(_keys, 3), old, Logins.Reject()], TestDatabase.Token));
        Assert.Equal(("KeyRetired", false), (fault.Id, fault.CommitUnknown));
        Assert.All(["ip", "device_id"], a => Assert.Contains($"{_keys.OldPrefix(a)} of {a}", fault.Message, StringComparison.Ordinal));
        Assert.All(["ip", "device_id"], a => Assert.Contains($"{_keys.NewPrefix(a)} of {a}", fault.Remedy, StringComparison.Ordinal));
        Assert.DoesNotContain(old.MaskedIp!, fault.Message + fault.Remedy, StringComparison.Ordinal);
        Assert.Equal(1, await database.CountAsync());
        Assert.Equal(1, await database.CountAsync("login_etl_ledger"));
        Assert.Equal(0, await database.CountAsync("login_etl_quarantine"));
        Assert.Equal([Outcome.Written], (await sink.WriteAsync([RotatingLogins.Record(_keys, 4)], TestDatabase.Token)).Outcomes);
    }

    [Fact]
    public async Task Message_that_was_written_under_a_key_retired_since_is_still_a_duplicate()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        var record = RotatingLogins.Record(_keys, 1);
        await RotatingLogins.WriteAsync(database, record);
        await RotatingLogins.RetireAsync(database, _keys);
        await using var sink = await database.SinkAsync();
        Assert.Equal([Outcome.Duplicate], (await sink.WriteAsync([record], TestDatabase.Token)).Outcomes);
    }

    [Fact]
    public async Task Key_is_retired_only_when_every_batch_that_may_not_have_seen_it_has_ended()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        // Behind the start of a batch, and before its end.
        await database.RunAsync(
            """
            CREATE TABLE gate ();
            CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN LOCK TABLE gate IN SHARE MODE; RETURN NULL; END';
            CREATE TRIGGER t BEFORE INSERT ON user_logins FOR EACH STATEMENT EXECUTE FUNCTION f();
            """);
        await using var sink = await database.SinkAsync();
        await using var blocker = await database.OpenAsync();
        await using (var lockTable = new Npgsql.NpgsqlCommand("BEGIN; LOCK TABLE gate IN ROW EXCLUSIVE MODE", blocker))
        {
            await lockTable.ExecuteNonQueryAsync(TestDatabase.Token);
        }

        var batch = sink.WriteAsync([RotatingLogins.Record(_keys, 1)], TestDatabase.Token);
        await UntilAsync(database, "pg_locks WHERE NOT granted AND locktype = 'relation'");
        var retiring = RotatingLogins.RetireAsync(database, _keys);
        await UntilAsync(database, "pg_locks WHERE NOT granted AND locktype = 'advisory'");
        Assert.False(retiring.IsCompleted);
        Assert.False(batch.IsCompleted);
        await using (var release = new Npgsql.NpgsqlCommand("COMMIT", blocker))
        {
            await release.ExecuteNonQueryAsync(TestDatabase.Token);
        }

        Assert.Equal([Outcome.Written], (await batch).Outcomes);
        await retiring;
        Assert.Equal("KeyRetired", (await Assert.ThrowsAsync<LoginEtlException>(() => sink.WriteAsync([RotatingLogins.Record(_keys, 2)], TestDatabase.Token))).Id);
    }

    [Fact]
    public async Task No_row_under_a_key_appears_after_it_was_retired_however_many_write()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        using var started = new CountdownEvent(3);
        var writers = Enumerable.Range(0, 3).Select(writer => Task.Run(async () =>
        {
            await using var sink = await database.SinkAsync();
            for (var i = 0; ; i++)
            {
                try
                {
                    await sink.WriteAsync(RotatingLogins.Records(_keys, 20), TestDatabase.Token);
                }
                catch (LoginEtlException e) when (e.Id == "KeyRetired")
                {
                    return i;
                }

                if (i == 2)
                {
                    started.Signal();
                }
            }
        })).ToList();
        Assert.True(started.Wait(TimeSpan.FromSeconds(60), TestDatabase.Token), "Not all of the writers have written three batches.");
        await RotatingLogins.RetireAsync(database, _keys);
        var then = await RotatingLogins.CountOldAsync(database, _keys);
        var written = (await Task.WhenAll(writers)).Sum();
        Assert.Equal(written * 20, then);
        Assert.Equal(then, await RotatingLogins.CountOldAsync(database, _keys));
    }

    [Fact]
    public async Task Dry_run_keeps_nobody_from_retiring_a_key_and_notices_it()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await using var dry = await database.SinkAsync(new SinkOptions { DryRun = true });
        Assert.Equal([Outcome.Written], (await dry.WriteAsync([RotatingLogins.Record(_keys, 1)], TestDatabase.Token)).Outcomes);
        await RotatingLogins.RetireAsync(database, _keys).WaitAsync(TimeSpan.FromSeconds(10), TestDatabase.Token);
        Assert.Equal("KeyRetired", (await Assert.ThrowsAsync<LoginEtlException>(() => dry.WriteAsync([RotatingLogins.Record(_keys, 2)], TestDatabase.Token))).Id);
    }

    [Fact]
    public async Task States_are_kept_with_their_time_and_change_when_they_are_set()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await RotatingLogins.RetireAsync(database, _keys);
        await using var tokens = await database.TokensAsync();
        var first = await tokens.KeysAsync(TestDatabase.Token);
        Assert.Equal(4, first.Count);
        Assert.All(first, k => Assert.InRange(k.ChangedAt!.Value, DateTimeOffset.UtcNow.AddMinutes(-5), DateTimeOffset.UtcNow.AddMinutes(5)));
        await RotatingLogins.RetireAsync(database, _keys);
        Assert.Equal(first, await tokens.KeysAsync(TestDatabase.Token));
        await tokens.SetAsync([new StoredKey("ip", "siv", _keys.OldPrefix("ip"), StoredKeyState.Disabled)], TestDatabase.Token);
        Assert.Contains(await tokens.KeysAsync(TestDatabase.Token), k => k.Prefix == _keys.OldPrefix("ip") && k.State == StoredKeyState.Disabled && k.ChangedAt > first[0].ChangedAt);
    }

    [Fact]
    public async Task Database_without_the_table_of_keys_says_what_to_run()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await database.RunAsync("DROP TABLE login_etl_key");
        var fault = await Assert.ThrowsAsync<LoginEtlException>(() => database.SinkAsync());
        Assert.Equal("LedgerNotFound", fault.Id);
        Assert.Contains("Initialize-LoginDatabase", fault.Remedy, StringComparison.Ordinal);
        var checks = await new PostgresConnector().CheckAsync(database.Settings(), new SinkOptions(), TestDatabase.Token);
        Assert.Contains(checks, c => c.Outcome == CheckOutcome.Fail && c.Detail.Contains("login_etl_key", StringComparison.Ordinal));
        await database.InitializeAsync();
        await RotatingLogins.WriteAsync(database, RotatingLogins.Record(_keys, 1));
    }

    private static Task UntilAsync(TestDatabase database, string holds) => Until.Async(
        async () => await database.CountAsync($"{holds} AND database = (SELECT oid FROM pg_database WHERE datname = current_database())") > 0, holds);
}
