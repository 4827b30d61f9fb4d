using LoginEtl.Checks;
using LoginEtl.Faults;
using LoginEtl.Postgres;
using LoginEtl.Run;
using LoginEtl.Settings;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Postgres;

/// <summary>A ledger, or what is beside it, that has lost the index which keeps things from being in it twice.</summary>
public sealed class LostKeyTests(ServersFixture servers)
{
    [Theory]
    [InlineData("ALTER TABLE login_etl_ledger DROP CONSTRAINT login_etl_ledger_pkey")]
    [InlineData("ALTER TABLE login_etl_file_ledger DROP CONSTRAINT login_etl_file_ledger_pkey")]
    [InlineData("ALTER TABLE login_etl_ledger DROP CONSTRAINT login_etl_ledger_pkey; CREATE INDEX ON login_etl_ledger (key); CREATE UNIQUE INDEX ON login_etl_ledger (key) WHERE outcome = 0")]
    [InlineData("ALTER TABLE login_etl_ledger DROP CONSTRAINT login_etl_ledger_pkey; CREATE UNIQUE INDEX ON login_etl_ledger (key, batch)")]
    [InlineData("ALTER TABLE login_etl_ledger DROP CONSTRAINT login_etl_ledger_pkey; ALTER TABLE login_etl_ledger ADD UNIQUE (key) DEFERRABLE")]
    [InlineData("ALTER TABLE login_etl_ledger DROP CONSTRAINT login_etl_ledger_pkey; ALTER TABLE login_etl_ledger ADD PRIMARY KEY (key) DEFERRABLE")]
    [InlineData("ALTER TABLE login_etl_key DROP CONSTRAINT login_etl_key_pkey")]
    public async Task Run_without_it_is_refused_before_it_and_under_it_and_Initialize_makes_it(string change)
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await using (var sink = await database.SinkAsync())
        {
            await sink.WriteAsync(Logins.Records(1), TestDatabase.Token);
            await database.RunAsync(change);
            if (!change.Contains("login_etl_key ", StringComparison.Ordinal))
            {
                var under = await Assert.ThrowsAsync<LoginEtlException>(() => sink.WriteAsync(Logins.Records(1), TestDatabase.Token));
                Assert.Equal("LedgerUnsuitable", under.Id);
                Assert.Equal(1, await database.CountAsync());
            }
        }

        var before = await Assert.ThrowsAsync<LoginEtlException>(() => database.SinkAsync());
        Assert.Equal("LedgerUnsuitable", before.Id);
        Assert.Contains("has no unique index on", before.Message, StringComparison.Ordinal);
        Assert.Equal(CheckOutcome.Fail, (await CheckAsync(database)).Outcome);

        await database.InitializeAsync();
        Assert.Empty(await database.InitializeAsync());
        Assert.Equal(CheckOutcome.Pass, (await CheckAsync(database)).Outcome);
        await using var again = await database.SinkAsync();
        await again.WriteAsync(Logins.Records(1), TestDatabase.Token);
    }

    [Theory]
    [InlineData("login_etl_ledger")]
    [InlineData("login_etl_file_ledger")]
    public async Task Ledger_that_a_dump_brought_without_its_key_keeps_what_it_knows(string ledger)
    {
        var database = await TestDatabase.InitializedAsync(servers);
        var line = Logins.Record(Logins.Line(Guid.NewGuid()));
        var batch = ledger == "login_etl_ledger" ? Logins.Records(1) : [line];
        await using (var sink = await database.SinkAsync())
        {
            await sink.WriteAsync(batch, TestDatabase.Token);
        }

        // What pg_restore -t leaves: the rows, and no constraint or index.
        await database.RunAsync($"CREATE TABLE copy (LIKE {ledger} INCLUDING DEFAULTS); INSERT INTO copy SELECT * FROM {ledger}; DROP TABLE {ledger}; ALTER TABLE copy RENAME TO {ledger}");
        await Assert.ThrowsAsync<LoginEtlException>(() => database.SinkAsync());
        await database.InitializeAsync(new SchemaOptions { AcceptRestored = true });
        Assert.Equal(1, await database.CountAsync("pg_class WHERE relname = 'login_etl_ledger_untimed'"));
        Assert.Empty(await database.InitializeAsync());
        await using var again = await database.SinkAsync();
        Assert.Equal([Outcome.Duplicate], (await again.WriteAsync(batch, TestDatabase.Token)).Outcomes);
    }

    [Theory]
    [InlineData("login_etl_ledger")]
    [InlineData("login_etl_key")]
    public async Task What_is_in_it_twice_by_now_is_told_and_nothing_is_changed(string relation)
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await using (var sink = await database.SinkAsync())
        {
            await sink.WriteAsync(Logins.Records(1), TestDatabase.Token);
        }

        await database.RunAsync("INSERT INTO login_etl_key (attribute, method, prefix) VALUES ('ip', 'siv', 'siv1.AAAAAA')");
        await database.RunAsync($"ALTER TABLE {relation} DROP CONSTRAINT {relation}_pkey; INSERT INTO {relation} SELECT * FROM {relation}; DROP TABLE login_etl_run");
        var fault = await Assert.ThrowsAsync<LoginEtlException>(() => database.InitializeAsync());
        Assert.Equal("LedgerUnsuitable", fault.Id);
        Assert.Contains("twice", fault.Message, StringComparison.Ordinal);
        Assert.Equal(0, await database.CountAsync("pg_class WHERE relname = 'login_etl_run'"));
        await database.RunAsync(fault.Remedy.Split(": ", 2)[1].Split(". Rows")[0]);
        await database.InitializeAsync();
        Assert.Empty(await database.InitializeAsync());
    }

    [Theory]
    [InlineData("DROP TABLE login_etl_ledger")]
    [InlineData("DROP TABLE login_etl_file_ledger")]
    [InlineData("DROP TABLE login_etl_ledger, login_etl_file_ledger")]
    public async Task Ledger_that_is_gone_is_made_anew_only_by_who_says_so(string change)
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await database.RunAsync(change);
        Assert.Equal("LedgerNotFound", (await Assert.ThrowsAsync<LoginEtlException>(() => database.SinkAsync())).Id);
        var fault = await Assert.ThrowsAsync<LoginEtlException>(() => database.InitializeAsync());
        Assert.Equal("LedgerNotFound", fault.Id);
        Assert.Contains("-AcceptRestored", fault.Remedy, StringComparison.Ordinal);
        await database.InitializeAsync(new SchemaOptions { AcceptRestored = true });
        Assert.Empty(await database.InitializeAsync());
        Assert.Equal(1, await database.CountAsync("pg_class WHERE relname = 'login_etl_ledger_untimed'"));
    }

    [Fact]
    public async Task Index_by_which_old_entries_are_found_is_made_again()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await database.RunAsync("DROP INDEX login_etl_ledger_untimed");
        Assert.Contains((await new PostgresConnector().CheckAsync(database.Settings(), new SinkOptions(), TestDatabase.Token)), c => c is { Name: "Ledger pruning", Outcome: CheckOutcome.Warn });
        await database.InitializeAsync();
        Assert.Equal(1, await database.CountAsync("pg_class WHERE relname = 'login_etl_ledger_untimed'"));
        Assert.Empty(await database.InitializeAsync());
    }

    private static async Task<Check> CheckAsync(TestDatabase database) =>
        (await new PostgresConnector().CheckAsync(database.Settings(), new SinkOptions(), TestDatabase.Token)).Single(c => c.Name == "Ledgers, quarantine and keys");
}
