using LoginEtl.Faults;
using LoginEtl.Records;
using LoginEtl.Run;
using LoginEtl.Settings;
using LoginEtl.Unit.Faults;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Postgres;

/// <summary>Rows whose key, the user's own, is in the table already.</summary>
public sealed class ConflictTests(ServersFixture servers)
{
    private const string Keyed = LoginTable.Create + "ALTER TABLE user_logins ADD CONSTRAINT one_a_user UNIQUE (user_id);";

    private static readonly DateTimeOffset Noon = new(DateTimeOffset.UtcNow.Date.AddHours(-12), TimeSpan.Zero);

    [Fact]
    public async Task Skip_leaves_the_row_that_is_there_and_settles_the_message()
    {
        var database = await TestDatabase.InitializedAsync(servers, Keyed);
        await using var sink = await database.SinkAsync(new SinkOptions { OnConflict = ConflictAction.Skip });
        await sink.WriteAsync([Login("a", "1.0")], TestDatabase.Token);
        ProtectedLogin[] batch = [Login("b", "2.0"), Login("a", "3.0"), Login("b", "4.0", Noon.AddMinutes(1)), Login("b", "0.9", Noon.AddMinutes(-1))];
        Outcome[] expected = [Outcome.Skipped, Outcome.Skipped, Outcome.Skipped, Outcome.Written];
        Assert.Equal(expected, (await sink.WriteAsync(batch, TestDatabase.Token)).Outcomes);
        Assert.Equal("a:1000000,b:9000", await RowsAsync(database));
        Assert.All((await sink.WriteAsync(batch, TestDatabase.Token)).Outcomes, o => Assert.Equal(Outcome.Duplicate, o));
        Assert.Equal(5, await database.CountAsync("login_etl_ledger WHERE outcome = 1"));
        Assert.Equal(0, await database.CountAsync("login_etl_quarantine"));
    }

    [Fact]
    public async Task Update_keeps_the_newest_of_a_batch_and_of_what_is_there()
    {
        var database = await TestDatabase.InitializedAsync(servers, Keyed);
        await using var sink = await database.SinkAsync(new SinkOptions { OnConflict = ConflictAction.Update });
        await sink.WriteAsync([Login("old", "1.0", Noon.AddDays(-2)), Login("new", "1.0", Noon), Login("same", "1.0", Noon)], TestDatabase.Token);
        ProtectedLogin[] batch =
        [
            Login("in_batch", "5.0", Noon.AddSeconds(5)), Login("in_batch", "4.0", Noon.AddSeconds(4)), Login("in_batch", "6.0", Noon.AddSeconds(6)),
            Login("old", "2.0", Noon), Login("new", "2.0", Noon.AddDays(-2)), Login("same", "2.0", Noon.AddSeconds(1)),
        ];
        Outcome[] expected = [Outcome.Updated, Outcome.Written, Outcome.Updated, Outcome.Updated, Outcome.Skipped, Outcome.Updated];
        Assert.Equal(expected, (await sink.WriteAsync(batch, TestDatabase.Token)).Outcomes);
        Assert.Equal("in_batch:6000000,new:1000000,old:2000000,same:2000000", await RowsAsync(database));
        Assert.All((await sink.WriteAsync(batch, TestDatabase.Token)).Outcomes, o => Assert.Equal(Outcome.Duplicate, o));
    }

    [Fact]
    public async Task Update_changes_only_what_is_written()
    {
        var database = await TestDatabase.InitializedAsync(
            servers, Keyed + "ALTER TABLE user_logins ADD note text; INSERT INTO user_logins (user_id, note) VALUES ('a', 'mine')");
        await using var sink = await database.SinkAsync(new SinkOptions { OnConflict = ConflictAction.Update });
        Assert.Equal([Outcome.Updated], (await sink.WriteAsync([Login("a", "1.0")], TestDatabase.Token)).Outcomes);
        Assert.Equal(1, await database.CountAsync("user_logins WHERE note = 'mine' AND app_version = 1000000"));
    }

    [Theory]
    [InlineData("CREATE UNIQUE INDEX ON user_logins (user_id, create_date)")]
    [InlineData("CREATE EXTENSION citext; ALTER TABLE user_logins ALTER user_id TYPE citext; CREATE UNIQUE INDEX ON user_logins (user_id)")]
    [InlineData("ALTER TABLE user_logins ALTER user_id TYPE char(40); CREATE UNIQUE INDEX ON user_logins (user_id)")]
    [InlineData("ALTER TABLE user_logins ADD id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, ADD UNIQUE (user_id)")]
    [InlineData("DROP TABLE user_logins; " + LoginTable.Begun + " PARTITION BY HASH (user_id); ALTER TABLE user_logins ADD PRIMARY KEY (user_id); CREATE TABLE p0 PARTITION OF user_logins FOR VALUES WITH (MODULUS 2, REMAINDER 0); CREATE TABLE p1 PARTITION OF user_logins FOR VALUES WITH (MODULUS 2, REMAINDER 1)")]
    public async Task Keys_of_every_kind_are_arbiters(string ddl)
    {
        var database = await TestDatabase.InitializedAsync(servers, LoginTable.Create + ddl);
        foreach (var action in new[] { ConflictAction.Update, ConflictAction.Skip })
        {
            await using var sink = await database.SinkAsync(new SinkOptions { OnConflict = action });
            ProtectedLogin[] batch = [.. Logins.Records(20, i => $"u{i % 10}-{action}")];
            var outcomes = (await sink.WriteAsync(batch, TestDatabase.Token)).Outcomes;
            Assert.Equal(10, outcomes.Count(o => o == Outcome.Written));
            Assert.Equal(10, outcomes.Count(o => o == (action == ConflictAction.Skip ? Outcome.Skipped : Outcome.Updated)));
        }

        await using var failing = await database.SinkAsync(new SinkOptions { OnConflict = ConflictAction.Fail });
        var fault = await Assert.ThrowsAsync<LoginEtlException>(() => failing.WriteAsync(Logins.Records(20, i => $"u{i}-Skip"), TestDatabase.Token));
        Assert.Equal("UniqueKeyConflict", fault.Id);
        Assert.Equal(20, await database.CountAsync());
    }

    [Fact]
    public async Task Rows_equal_under_the_columns_own_collation_meet()
    {
        var database = await TestDatabase.InitializedAsync(
            servers, "CREATE EXTENSION citext;" + LoginTable.Create + "ALTER TABLE user_logins ALTER user_id TYPE citext; CREATE UNIQUE INDEX ON user_logins (user_id)");
        await using var sink = await database.SinkAsync(new SinkOptions { OnConflict = ConflictAction.Skip });
        Assert.Equal([Outcome.Written, Outcome.Skipped], (await sink.WriteAsync([Login("ANN"), Login("ann")], TestDatabase.Token)).Outcomes);
    }

    [Fact]
    public async Task Fail_stops_the_run_and_writes_nothing_of_the_batch()
    {
        var database = await TestDatabase.InitializedAsync(servers, Keyed + "ALTER TABLE user_logins ADD CHECK (user_id <> 'bad')");
        await using var sink = await database.SinkAsync(new SinkOptions { OnConflict = ConflictAction.Fail });
        await sink.WriteAsync([Login("a")], TestDatabase.Token);
        foreach (var first in new[] { "aa", "bad" })
        {
            ProtectedLogin[] batch = [Login(first), Login("a"), Logins.Reject()];
            var fault = await Assert.ThrowsAsync<LoginEtlException>(() => sink.WriteAsync(batch, TestDatabase.Token));
            Assert.Equal(("UniqueKeyConflict", FaultKind.Failed), (fault.Id, fault.Kind));
            Assert.Contains("one_a_user (user_id)", fault.Message, StringComparison.Ordinal);
            Assert.Equal((1L, 1L, 0L), (await database.CountAsync(), await database.CountAsync("login_etl_ledger"), await database.CountAsync("login_etl_quarantine")));
        }

        Assert.Equal([Outcome.Written, Outcome.Quarantined], (await sink.WriteAsync([Login("b"), Login("bad")], TestDatabase.Token)).Outcomes);
    }

    [Fact]
    public async Task Message_that_comes_again_is_a_duplicate_and_no_conflict()
    {
        var database = await TestDatabase.InitializedAsync(servers, Keyed);
        await using var sink = await database.SinkAsync(new SinkOptions { OnConflict = ConflictAction.Fail });
        ProtectedLogin[] batch = [Login("a"), Login("b")];
        await sink.WriteAsync(batch, TestDatabase.Token);
        Assert.Equal([Outcome.Duplicate, Outcome.Duplicate], (await sink.WriteAsync(batch, TestDatabase.Token)).Outcomes);
    }

    [Theory]
    [InlineData(ConflictAction.Skip)]
    [InlineData(ConflictAction.Update)]
    public async Task Bad_rows_among_conflicts_are_quarantined(ConflictAction action)
    {
        var database = await TestDatabase.InitializedAsync(
            servers, Keyed + "ALTER TABLE user_logins ADD CONSTRAINT not_bad CHECK (user_id NOT LIKE 'bad%'), ADD CONSTRAINT one_a_version UNIQUE (app_version)");
        var options = new SinkOptions { OnConflict = action, ConflictKey = "one_a_user" };
        await using var sink = await database.SinkAsync(options);
        await sink.WriteAsync([Login("a", "1.0")], TestDatabase.Token);
        var outcomes = (await sink.WriteAsync([Login("a", "2.0"), Login("bad", "3.0"), Login("c", "4.0"), Login("d", "4.0")], TestDatabase.Token)).Outcomes;
        Assert.Equal([action == ConflictAction.Skip ? Outcome.Skipped : Outcome.Updated, Outcome.Quarantined, Outcome.Written, Outcome.Quarantined], outcomes);
        Assert.Equal("not_bad,one_a_version", await database.ReadAsync<string>("SELECT string_agg(constraint_name, ',' ORDER BY constraint_name) FROM login_etl_quarantine"));
    }

    [Theory]
    [InlineData("", null, "NoUniqueKey", "user_logins")]
    [InlineData("CREATE UNIQUE INDEX ON user_logins (user_id) WHERE locale IS NULL", null, "NoUniqueKey", "")]
    [InlineData("CREATE UNIQUE INDEX ON user_logins (lower(user_id))", null, "NoUniqueKey", "")]
    [InlineData("ALTER TABLE user_logins ADD UNIQUE (user_id) DEFERRABLE", null, "NoUniqueKey", "")]
    [InlineData("ALTER TABLE user_logins ADD id serial PRIMARY KEY", null, "NoUniqueKey", "")]
    [InlineData("ALTER TABLE user_logins ADD CONSTRAINT k1 UNIQUE (user_id), ADD CONSTRAINT k2 UNIQUE (locale, user_id)", null, "ConflictKeyNeeded", "k1 (user_id), k2 (locale, user_id)")]
    [InlineData("ALTER TABLE user_logins ADD CONSTRAINT k1 UNIQUE (user_id)", "k3", "ConflictKeyNotFound", "k1 (user_id)")]
    public async Task Table_without_the_one_key_meant_is_refused(string ddl, string? key, string id, string named)
    {
        var database = await TestDatabase.InitializedAsync(servers, LoginTable.Create + ddl);
        foreach (var action in new[] { ConflictAction.Skip, ConflictAction.Update, ConflictAction.Fail })
        {
            var fault = await Assert.ThrowsAsync<LoginEtlException>(() => database.SinkAsync(new SinkOptions { OnConflict = action, ConflictKey = key }));
            Assert.Equal((id, FaultKind.Configuration), (fault.Id, fault.Kind));
            Assert.Contains(named, fault.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Rights_that_a_conflict_takes_are_asked_for_before_the_first_message()
    {
        var database = await TestDatabase.InitializedAsync(servers, Keyed);
        await database.AsRoleAsync(TestDatabase.WriterRights, async settings =>
        {
            await WriteTwiceAsync(ConflictAction.Fail);
            await DeniedAsync(ConflictAction.Skip);
            await database.RunAsync($"GRANT SELECT (user_id) ON user_logins TO {settings.UserName}");
            await WriteTwiceAsync(ConflictAction.Skip);
            await DeniedAsync(ConflictAction.Update);
            await database.RunAsync($"GRANT SELECT, UPDATE ON user_logins TO {settings.UserName}");
            await WriteTwiceAsync(ConflictAction.Update);

            async Task DeniedAsync(ConflictAction action) => Assert.Equal("TableAccessDenied", (await Assert.ThrowsAsync<LoginEtlException>(
                () => database.SinkAsync(new SinkOptions { OnConflict = action }, settings: settings))).Id);

            async Task WriteTwiceAsync(ConflictAction action)
            {
                await using var sink = await database.SinkAsync(new SinkOptions { OnConflict = action }, settings: settings);
                await sink.WriteAsync([Login($"{action}")], TestDatabase.Token);
                if (action != ConflictAction.Fail)
                {
                    await sink.WriteAsync([Login($"{action}")], TestDatabase.Token);
                }
            }
        });
    }

    [Fact]
    public async Task Replay_of_rows_that_all_have_their_key_already_is_quarantined_and_stops_nothing()
    {
        var database = await TestDatabase.InitializedAsync(servers, Keyed);
        await using var sink = await database.SinkAsync();
        await sink.WriteAsync(Logins.Records(40, i => $"u{i}"), TestDatabase.Token);
        Assert.All((await sink.WriteAsync(Logins.Records(40, i => $"u{i}"), TestDatabase.Token)).Outcomes, o => Assert.Equal(Outcome.Quarantined, o));
    }

    [Fact]
    public async Task Writers_that_update_the_same_keys_in_opposite_orders_both_end()
    {
        var database = await TestDatabase.InitializedAsync(servers, Keyed);
        var writers = Enumerable.Range(0, 2).Select(w => Task.Run(async () =>
        {
            await using var sink = await database.SinkAsync(new SinkOptions { OnConflict = ConflictAction.Update });
            for (var round = 0; round < 5; round++)
            {
                await sink.WriteAsync(Logins.Records(300, i => $"u{(w == 0 ? i : 299 - i)}"), TestDatabase.Token);
            }
        }));
        await Task.WhenAll(writers);
        Assert.Equal(300, await database.CountAsync());
        Assert.Equal(3000, await database.CountAsync("login_etl_ledger"));
        Assert.Equal(0, await database.ReadAsync<long>("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"));
    }

    [Fact]
    public async Task Lost_answer_to_commit_keeps_the_outcomes_of_conflicts()
    {
        var database = await TestDatabase.InitializedAsync(servers, Keyed);
        await using var proxy = new PostgresProxy(database.ConnectionString, CommitCut.Arrives, cuts: 1);
        await using (var before = await database.SinkAsync())
        {
            await before.WriteAsync([Login("a")], TestDatabase.Token);
        }

        await using var sink = await database.SinkAsync(
            new SinkOptions { OnConflict = ConflictAction.Update }, settings: database.Settings() with { Database = new SecretText(proxy.ConnectionString) });
        Assert.Equal([Outcome.Updated, Outcome.Written], (await sink.WriteAsync([Login("a"), Login("b")], TestDatabase.Token)).Outcomes);
        Assert.Equal(1, proxy.Cuts);
    }

    private static LoginRecord Login(string user, string version = "1.0", DateTimeOffset? sent = null) =>
        Logins.Record(Logins.Delivery(sent: sent ?? Noon), user, version);

    private static Task<string> RowsAsync(TestDatabase database) =>
        database.ReadAsync<string>("SELECT string_agg(user_id || ':' || app_version, ',' ORDER BY user_id) FROM user_logins");
}
