using LoginEtl.Faults;
using LoginEtl.Records;
using LoginEtl.Run;
using LoginEtl.Settings;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Postgres;

/// <summary>A dry run says what would become of its messages, and leaves nothing.</summary>
public sealed class DryRunTests(ServersFixture servers)
{
    private const string Keyed =
        LoginTable.Create + "ALTER TABLE user_logins ADD UNIQUE (user_id), ADD CHECK (user_id NOT LIKE 'bad%')";

    private static readonly SinkOptions DryRun = new() { DryRun = true };

    [Fact]
    public async Task Outcomes_are_what_they_would_be_and_nothing_stays()
    {
        var database = await TestDatabase.InitializedAsync(servers, Keyed);
        var before = Logins.Records(5);
        await using (var sink = await database.SinkAsync())
        {
            await sink.WriteAsync(before, TestDatabase.Token);
        }

        await using (var sink = await database.SinkAsync(DryRun))
        {
            ProtectedLogin[] batch = [.. before, Logins.Record(user: "new"), Logins.Record(user: "bad"), Logins.Reject()];
            Outcome[] expected = [.. Enumerable.Repeat(Outcome.Duplicate, 5), Outcome.Written, Outcome.Quarantined, Outcome.Quarantined];
            Assert.Equal(expected, (await sink.WriteAsync(batch, TestDatabase.Token)).Outcomes);

            // A later batch meets what the first would have written: messages and keys.
            expected = [Outcome.Duplicate, Outcome.Quarantined, Outcome.Quarantined, Outcome.Quarantined, Outcome.Written];
            Assert.Equal(expected, (await sink.WriteAsync([.. batch[5..], Logins.Record(user: "new"), Logins.Record()], TestDatabase.Token)).Outcomes);
            Assert.Equal(5, await database.CountAsync());
        }

        Assert.Equal((5L, 5L, 0L), (await database.CountAsync(), await database.CountAsync("login_etl_ledger"), await database.CountAsync("login_etl_quarantine")));
        Assert.Equal(0, await database.CountAsync("pg_stat_activity WHERE state LIKE 'idle in%' AND datname = current_database()"));
    }

    [Fact]
    public async Task Conflicts_and_limits_act_as_in_a_real_run()
    {
        var database = await TestDatabase.InitializedAsync(servers, Keyed);
        await using var sink = await database.SinkAsync(DryRun with { OnConflict = ConflictAction.Update, MaxRejectRatio = 0.5 });
        await sink.WriteAsync(Logins.Records(20, i => $"u{i}"), TestDatabase.Token);
        Assert.All((await sink.WriteAsync(Logins.Records(20, i => $"u{i}"), TestDatabase.Token)).Outcomes, o => Assert.Equal(Outcome.Updated, o));
        var rejects = Enumerable.Range(0, 43).Select(_ => Logins.Reject()).ToArray();
        Assert.Equal("TooManyRejects", (await Assert.ThrowsAsync<LoginEtlException>(() => sink.WriteAsync([.. rejects, Logins.Record()], TestDatabase.Token))).Id);
        Assert.Equal([Outcome.Quarantined, Outcome.Written], (await sink.WriteAsync([rejects[0], Logins.Record()], TestDatabase.Token)).Outcomes);
    }

    [Fact]
    public async Task Fault_of_the_system_ends_it()
    {
        var database = await TestDatabase.InitializedAsync(servers, Keyed);
        var sink = await database.SinkAsync(DryRun);
        await sink.WriteAsync(Logins.Records(3), TestDatabase.Token);
        await database.RunAsync("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND state LIKE 'idle in%'");
        var fault = await Assert.ThrowsAsync<LoginEtlException>(() => sink.WriteAsync(Logins.Records(3), TestDatabase.Token));
        Assert.Equal(("DatabaseUnreachable", false), (fault.Id, fault.CommitUnknown));
        Assert.Equal("DryRunEnded", (await Assert.ThrowsAsync<LoginEtlException>(() => sink.WriteAsync(Logins.Records(3), TestDatabase.Token))).Id);
        await sink.DisposeAsync();
        Assert.Equal(0, await database.CountAsync());
    }

    [Fact]
    public async Task Cancelled_batch_ends_the_dry_run_and_leaves_nothing()
    {
        var database = await TestDatabase.InitializedAsync(servers, Keyed);
        await using var sink = await database.SinkAsync(DryRun);
        await sink.WriteAsync([Logins.Record(user: "first")], TestDatabase.Token);
        await using (var blocker = await database.OpenAsync())
        {
            await using var transaction = await blocker.BeginTransactionAsync(TestDatabase.Token);
            await using var insert = new Npgsql.NpgsqlCommand("INSERT INTO user_logins (user_id) VALUES ('held')", blocker);
            await insert.ExecuteNonQueryAsync(TestDatabase.Token);
            using var stop = new CancellationTokenSource(TimeSpan.FromMilliseconds(300));
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sink.WriteAsync([Logins.Record(user: "held")], stop.Token));
        }

        Assert.Equal("DryRunEnded", (await Assert.ThrowsAsync<LoginEtlException>(() => sink.WriteAsync(Logins.Records(1), TestDatabase.Token))).Id);
        Assert.Equal(0, await database.CountAsync());
    }
}
