using LoginEtl.Checks;
using LoginEtl.Faults;
using LoginEtl.Postgres;
using LoginEtl.Records;
using LoginEtl.Run;
using LoginEtl.Settings;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Postgres;

/// <summary>The ledger forgets what can come no more, and nothing else.</summary>
public sealed class PruningTests(ServersFixture servers)
{
    [Fact]
    public async Task Entries_past_the_horizon_are_forgotten_and_younger_ones_and_files_are_not()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        ProtectedLogin[] young = [.. Logins.Records(3), Logins.Record(Sent(14.9)), Logins.Record(Fifo()), Logins.Record(Logins.Line(Guid.NewGuid()))];
        await WriteAsync(database, young);
        await ForgedAsync(database, Sent(15.9), Sent(16.1), Sent(40), Fifo(), Logins.Line(Guid.NewGuid()));
        await database.RunAsync(
            "UPDATE login_etl_file_ledger SET created_at = now() - interval '90 days'; UPDATE login_etl_ledger SET created_at = now() - interval '28.9 days' WHERE get_byte(uuid_send(key), 6) >> 4 <> 7");
        Assert.Equal(2, await database.ReadAsync<long>("SELECT login_etl_prune()"));
        Assert.Equal(7, await database.CountAsync("login_etl_ledger"));
        await database.RunAsync("UPDATE login_etl_ledger SET created_at = now() - interval '31 days'");
        // FIFO keys have no time in them: they go by when they were written, all others by when they were sent. A FIFO
        // message may wait 14 days in its queue and, as its dead letter, 14 more.
        Assert.Equal(2, await database.ReadAsync<long>("SELECT login_etl_prune()"));
        Assert.Equal(2, await database.CountAsync("login_etl_file_ledger"));
        var again = await WriteAsync(database, [.. young.Where(l => l.GetDelivery() is not QueueDelivery { Group: not null })]);
        Assert.All(again, o => Assert.Equal(Outcome.Duplicate, o));
    }

    [Fact]
    public async Task Call_deletes_no_more_than_it_is_told()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await ForgedAsync(database, [.. Enumerable.Range(0, 25).Select(i => Sent(20 + i)), .. Enumerable.Range(0, 5).Select(_ => Fifo())]);
        await database.RunAsync("UPDATE login_etl_ledger SET created_at = now() - interval '31 days'");
        long[] expected = [10, 10, 10, 0];
        Assert.Equal(expected, await database.ReadAsync<long[]>("SELECT ARRAY(SELECT login_etl_prune(10) FROM generate_series(1, 4))"));
    }

    [Fact]
    public async Task Run_prunes_beside_its_batches_as_a_writer_that_may_not_delete()
    {
        var database = await TestDatabase.NewAsync(servers);
        await database.InitializeAsync(new SchemaOptions { Roles = true });
        await database.RunAsync("INSERT INTO login_etl_ledger SELECT overlay(md5(g::text) placing '0190000000007' from 1 for 13)::uuid, 1, gen_random_uuid(), 2 FROM generate_series(1, 12000) g");
        await database.AsMemberAsync("login_etl_writer", async settings =>
        {
            await using var sink = await database.SinkAsync(settings: settings);
            await sink.WriteAsync(Logins.Records(5), TestDatabase.Token);
            await Until.Async(async () => await database.CountAsync("login_etl_ledger") <= 5, "the pruning");

            Assert.Equal("42501", (await Assert.ThrowsAsync<Npgsql.PostgresException>(async () =>
            {
                await using var source = Npgsql.NpgsqlDataSource.Create(new Npgsql.NpgsqlConnectionStringBuilder(database.ConnectionString) { Username = settings.UserName, Password = "pw" });
                await using var delete = source.CreateCommand("DELETE FROM login_etl_ledger");
                await delete.ExecuteNonQueryAsync(TestDatabase.Token);
            })).SqlState);
        });
    }

    [Theory]
    [InlineData("DROP FUNCTION login_etl_prune(integer)")]
    [InlineData("CREATE OR REPLACE FUNCTION login_etl_prune(most integer DEFAULT 10000) RETURNS bigint LANGUAGE plpgsql AS 'BEGIN RAISE ''broken''; END'")]
    [InlineData("CREATE OR REPLACE FUNCTION login_etl_prune(most integer DEFAULT 10000) RETURNS bigint LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(600); RETURN 0; END'")]
    public async Task Run_neither_fails_nor_waits_where_pruning_is_missing_or_broken(string ddl)
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await database.RunAsync(ddl);
        var sink = await database.SinkAsync();
        for (var batch = 0; batch < 3; batch++)
        {
            // Pruning that never ends is given longer.
            var written = await sink.WriteAsync(Logins.Records(5), TestDatabase.Token).WaitAsync(TimeSpan.FromSeconds(5), TestDatabase.Token);
            Assert.All(written.Outcomes, o => Assert.Equal(Outcome.Written, o));
        }

        await sink.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20), TestDatabase.Token);
        Assert.Equal(15, await database.CountAsync());
    }

    // Whose it is may be trusted here; what it does may not.
    [Fact]
    public async Task Function_that_does_something_else_is_not_called()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await database.RunAsync("CREATE TABLE sprung (); CREATE OR REPLACE FUNCTION login_etl_prune(most integer DEFAULT 10000) RETURNS bigint LANGUAGE plpgsql AS 'BEGIN DROP TABLE sprung; RETURN 0; END'");
        await using (var sink = await database.SinkAsync())
        {
            await sink.WriteAsync(Logins.Records(5), TestDatabase.Token);
            await Task.Delay(500, TestDatabase.Token);
        }

        Assert.True(await database.ReadAsync<bool>("SELECT to_regclass('sprung') IS NOT NULL"));
    }

    [Fact]
    public async Task Database_of_an_earlier_version_gets_what_prunes()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await database.RunAsync("DROP FUNCTION login_etl_prune(integer); DROP INDEX login_etl_ledger_untimed");
        Assert.Contains("CREATE FUNCTION", Assert.Single(await database.InitializeAsync()), StringComparison.Ordinal);
        Assert.Empty(await database.InitializeAsync());
        Assert.Equal(0, await database.ReadAsync<long>("SELECT login_etl_prune()"));
    }

    [Fact]
    public async Task Function_of_an_earlier_version_is_warned_of_and_replaced_and_stays_granted()
    {
        var database = await TestDatabase.NewAsync(servers);
        await database.InitializeAsync(new SchemaOptions { Roles = true });
        await database.RunAsync("CREATE OR REPLACE FUNCTION login_etl_prune(most integer DEFAULT 10000) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER AS 'BEGIN RETURN 16; END'");
        var check = Assert.Single(await new PostgresConnector().CheckAsync(database.Settings(), new SinkOptions(), TestDatabase.Token), c => c.Name == "Ledger pruning");
        Assert.Equal(CheckOutcome.Warn, check.Outcome);
        Assert.Contains("Initialize-LoginDatabase", check.Remedy, StringComparison.Ordinal);
        Assert.Contains("CREATE OR REPLACE FUNCTION", Assert.Single(await database.InitializeAsync()), StringComparison.Ordinal);
        Assert.Empty(await database.InitializeAsync(new SchemaOptions { Roles = true }));
        Assert.Equal(0, await database.ReadAsync<long>("SELECT login_etl_prune()"));
        Assert.Equal(0, await database.CountAsync("pg_proc p, aclexplode(p.proacl) a WHERE p.proname = 'login_etl_prune' AND a.grantee = 0"));
    }

    [Fact]
    public async Task Function_is_for_those_it_was_granted_to_and_takes_no_search_path()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        Assert.Equal(0, await database.CountAsync("pg_proc p, aclexplode(p.proacl) a WHERE p.proname = 'login_etl_prune' AND a.grantee = 0"));
        await ForgedAsync(database, Sent(20));
        await database.RunAsync("CREATE SCHEMA trap; CREATE TABLE trap.login_etl_ledger (LIKE public.login_etl_ledger); SET search_path = trap, public; SELECT public.login_etl_prune()");
        Assert.Equal(0, await database.CountAsync("public.login_etl_ledger"));
    }

    [Fact]
    public async Task Pruning_that_races_redeliveries_lets_none_be_written_twice()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await using var sink = await database.SinkAsync();
        var batch = Enumerable.Range(0, 300).Select(i => (ProtectedLogin)Logins.Record(Sent(14.99 - (i / 100.0)))).ToArray();
        await sink.WriteAsync(batch, TestDatabase.Token);
        await ForgedAsync(database, [.. Enumerable.Range(0, 3000).Select(i => Sent(16.01 + (i / 1000.0)))]);
        var pruning = Task.Run(async () =>
        {
            for (var call = 0; call < 40; call++)
            {
                await database.RunAsync("SELECT login_etl_prune(100)");
            }
        }, TestDatabase.Token);
        for (var time = 0; time < 10 || !pruning.IsCompleted; time++)
        {
            Assert.All((await sink.WriteAsync(batch, TestDatabase.Token)).Outcomes, o => Assert.Equal(Outcome.Duplicate, o));
        }

        await pruning;
        Assert.Equal(300, await database.CountAsync("login_etl_ledger"));
        // What has been forgotten is too old to be taken for new.
        Assert.Equal("MessageTooOld", (await Assert.ThrowsAsync<LoginEtlException>(() => sink.WriteAsync([Logins.Record(Sent(16.02))], TestDatabase.Token))).Id);
        Assert.Equal(300, await database.CountAsync());
    }

    [Fact]
    public async Task Messages_that_come_again_as_they_pass_the_horizon_and_as_they_are_forgotten_are_never_written_twice()
    {
        const int entries = 300;
        var step = TimeSpan.FromMilliseconds(10);
        var database = await TestDatabase.InitializedAsync(servers);
        await using var sink = await database.SinkAsync();
        // One after the other passes its edge while the test goes on.
        var begins = DateTimeOffset.UtcNow.AddSeconds(2);
        var atHorizon = Edge(days: 15);
        var atPruning = Edge(days: 16);
        await ForgedAsync(database, [.. atHorizon, .. atPruning]);
        using var over = new CancellationTokenSource();
        var pruning = Task.Run(async () =>
        {
            var calls = 0;
            while (!over.IsCancellationRequested)
            {
                calls += await database.ReadAsync<long>("SELECT login_etl_prune(100)") > 0 ? 1 : 0;
            }

            return calls;
        }, TestDatabase.Token);
        var (duplicates, tooOld) = (0, 0);
        try
        {
            while (DateTimeOffset.UtcNow < begins + (entries * step))
            {
                var next = Math.Clamp((int)((DateTimeOffset.UtcNow - begins) / step), 0, entries - 5);
                // The one that has just passed its edge, and two that are before it.
                foreach (var ahead in new[] { 0, 1, 4 })
                {
                    await ComeAgainAsync(atHorizon[next + ahead]);
                    var before = duplicates;
                    await ComeAgainAsync(atPruning[next + ahead]);
                    Assert.Equal(before, duplicates);
                }
            }
        }
        finally
        {
            await over.CancelAsync();
        }

        Assert.True(await pruning > 5, "They were not forgotten one after the other.");
        Assert.True(duplicates > 5 && tooOld > 5, $"{duplicates} duplicates and {tooOld} too old.");
        Assert.Equal(0, await database.CountAsync());
        await database.RunAsync("SELECT login_etl_prune()");
        Assert.Equal(entries, await database.CountAsync("login_etl_ledger"));

        QueueDelivery[] Edge(int days) => [.. Enumerable.Range(0, entries).Select(i => Logins.Delivery(sent: begins.AddDays(-days) + (i * step)))];

        async Task ComeAgainAsync(QueueDelivery delivery)
        {
            try
            {
                Assert.Equal([Outcome.Duplicate], (await sink.WriteAsync([Logins.Record(delivery)], TestDatabase.Token)).Outcomes);
                duplicates++;
            }
            catch (LoginEtlException e) when (e.Id == "MessageTooOld")
            {
                tooOld++;
            }
        }
    }

    private static QueueDelivery Sent(double daysAgo) => Logins.Delivery(sent: DateTimeOffset.UtcNow.AddDays(-daysAgo));

    // Of version 4, as SQS's are.
    private static QueueDelivery Fifo() => Logins.Delivery(group: new FifoPosition("g", "1"));

    private static async Task ForgedAsync(TestDatabase database, params Delivery[] deliveries)
    {
        foreach (var ledger in deliveries.GroupBy(d => d is LineDelivery ? "login_etl_file_ledger" : "login_etl_ledger"))
        {
            await database.RunAsync($"INSERT INTO {ledger.Key} VALUES {string.Join(", ", ledger.Select(d => $"('{LedgerKey.Of(d)}', 1, gen_random_uuid(), 2)"))}");
        }
    }

    private static async Task<IReadOnlyList<Outcome>> WriteAsync(TestDatabase database, ProtectedLogin[] batch)
    {
        // Disposing it waits for its pruning.
        await using var sink = await database.SinkAsync();
        return (await sink.WriteAsync(batch, TestDatabase.Token)).Outcomes;
    }
}
