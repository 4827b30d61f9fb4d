using LoginEtl.Checks;
using LoginEtl.Faults;
using LoginEtl.Postgres;
using LoginEtl.Quarantine;
using LoginEtl.Records;
using LoginEtl.Run;
using LoginEtl.Settings;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Postgres;

/// <summary>Rows that a trigger keeps out or routes, without an error: counted, told, and settled.</summary>
public sealed class SuppressedRowTests(ServersFixture servers)
{
    private const string DropsAll =
        """
        CREATE FUNCTION drop_it() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
        CREATE TRIGGER drop_it BEFORE INSERT ON user_logins FOR EACH ROW EXECUTE FUNCTION drop_it();
        """;

    private const string DropsSome =
        """
        CREATE FUNCTION drop_it() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN IF NEW.user_id LIKE 'drop%' THEN RETURN NULL; END IF; RETURN NEW; END$$;
        CREATE TRIGGER drop_it BEFORE INSERT ON user_logins FOR EACH ROW EXECUTE FUNCTION drop_it();
        """;

    private const string Routes =
        """
        CREATE TABLE elsewhere (LIKE user_logins);
        CREATE FUNCTION route() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN IF NEW.user_id LIKE 'drop%' THEN INSERT INTO elsewhere VALUES (NEW.*); RETURN NULL; END IF; RETURN NEW; END$$;
        CREATE TRIGGER route BEFORE INSERT ON user_logins FOR EACH ROW EXECUTE FUNCTION route();
        """;

    [Fact]
    public async Task Trigger_that_drops_every_row_is_told_once_and_the_messages_are_settled()
    {
        var database = await TestDatabase.InitializedAsync(servers, LoginTable.Create + DropsAll);
        await using var sink = await database.SinkAsync();
        var batch = Logins.Records(30);
        var first = await sink.WriteAsync(batch, TestDatabase.Token);
        Assert.All(first.Outcomes, o => Assert.Equal(Outcome.Suppressed, o));
        Assert.Contains("30 of the 30 rows", Assert.Single(first.Notices), StringComparison.Ordinal);
        Assert.False(first.SuppressedAccepted);
        var again = await sink.WriteAsync(Logins.Records(5), TestDatabase.Token);
        Assert.Empty(again.Notices);
        await database.RunAsync("DROP TRIGGER drop_it ON user_logins");
        Assert.All((await sink.WriteAsync(batch, TestDatabase.Token)).Outcomes, o => Assert.Equal(Outcome.Duplicate, o));
        Assert.Equal(0, await database.CountAsync());
        Assert.Equal(0, await database.CountAsync("login_etl_quarantine"));
        Assert.Equal(35, await database.CountAsync("login_etl_ledger"));
    }

    [Theory]
    [InlineData(DropsSome)]
    [InlineData(Routes)]
    public async Task Rows_that_a_trigger_keeps_out_are_told_apart_from_those_that_are_in(string trigger)
    {
        var database = await TestDatabase.InitializedAsync(servers, LoginTable.Create + trigger);
        await using var sink = await database.SinkAsync();
        for (var round = 0; round < 3; round++)
        {
            var result = await sink.WriteAsync(Logins.Records(200, i => i % 10 == 3 ? $"drop{i}" : $"keep{i}"), TestDatabase.Token);
            Assert.Equal(
                Enumerable.Range(0, 200).Select(i => i % 10 == 3 ? Outcome.Suppressed : Outcome.Written), result.Outcomes);
        }

        Assert.Equal(540, await database.CountAsync());
        Assert.Equal(trigger == Routes ? 60 : 0, trigger == Routes ? await database.CountAsync("elsewhere") : 0);
    }

    [Fact]
    public async Task Bad_rows_beside_suppressed_ones_go_to_quarantine()
    {
        var database = await TestDatabase.InitializedAsync(servers, LoginTable.Create + DropsSome + "ALTER TABLE user_logins ADD CHECK (user_id NOT LIKE 'bad%');");
        await using var sink = await database.SinkAsync();
        var result = await sink.WriteAsync(Logins.Records(99, i => (i % 3) switch { 0 => $"drop{i}", 1 => $"bad{i}", _ => $"keep{i}" }), TestDatabase.Token);
        Assert.Equal(
            Enumerable.Range(0, 99).Select(i => (i % 3) switch { 0 => Outcome.Suppressed, 1 => Outcome.Quarantined, _ => Outcome.Written }), result.Outcomes);
    }

    [Theory]
    [InlineData(ConflictAction.Skip, Outcome.Skipped)]
    [InlineData(ConflictAction.Update, Outcome.Updated)]
    [InlineData(ConflictAction.Quarantine, Outcome.Quarantined)]
    public async Task Key_that_is_there_is_no_suppressed_row_and_the_other_way_round(ConflictAction action, Outcome there)
    {
        var database = await TestDatabase.InitializedAsync(servers, LoginTable.Create + "ALTER TABLE user_logins ADD UNIQUE (user_id); INSERT INTO user_logins (user_id) VALUES ('there');" + DropsSome);
        await using var sink = await database.SinkAsync(new SinkOptions { OnConflict = action });
        var result = await sink.WriteAsync([Logins.Record(user: "drop"), Logins.Record(user: "there"), Logins.Record(user: "new")], TestDatabase.Token);
        Assert.Equal([Outcome.Suppressed, there, Outcome.Written], result.Outcomes);
    }

    [Fact]
    public async Task Column_that_is_called_like_a_variable_of_the_block_that_inserts_is_no_variable()
    {
        var database = await TestDatabase.InitializedAsync(
            servers, LoginTable.Create + "ALTER TABLE user_logins ADD UNIQUE (user_id), ADD v0 text, ADD a0 text, ADD i text, ADD k text, ADD state text; INSERT INTO user_logins (user_id) VALUES ('there');" + DropsSome);
        await using var sink = await database.SinkAsync(new SinkOptions { OnConflict = ConflictAction.Skip });
        var result = await sink.WriteAsync([Logins.Record(user: "drop"), Logins.Record(user: "there"), Logins.Record(user: "new")], TestDatabase.Token);
        Assert.Equal([Outcome.Suppressed, Outcome.Skipped, Outcome.Written], result.Outcomes);
    }

    [Fact]
    public async Task Under_Accept_they_are_counted_and_nothing_is_said()
    {
        var database = await TestDatabase.InitializedAsync(servers, LoginTable.Create + DropsSome);
        await using var sink = await database.SinkAsync(new SinkOptions { OnSuppressed = SuppressedAction.Accept, MaxRejectRatio = 0 });
        var result = await sink.WriteAsync([Logins.Record(user: "drop"), Logins.Record(user: "keep")], TestDatabase.Token);
        Assert.Equal([Outcome.Suppressed, Outcome.Written], result.Outcomes);
        Assert.Empty(result.Notices);
        Assert.True(result.SuppressedAccepted);
    }

    [Fact]
    public async Task They_count_for_the_share_of_rejects()
    {
        var database = await TestDatabase.InitializedAsync(servers, LoginTable.Create + DropsSome);
        await using var sink = await database.SinkAsync(new SinkOptions { MaxRejectRatio = 0 });
        var fault = await Assert.ThrowsAsync<LoginEtlException>(
            () => sink.WriteAsync([Logins.Record(user: "drop"), Logins.Record(user: "keep")], TestDatabase.Token));
        Assert.Equal("TooManyRejects", fault.Id);
        Assert.Equal(0, await database.CountAsync("login_etl_ledger"));
    }

    [Theory]
    [InlineData("login_etl_ledger")]
    [InlineData("login_etl_quarantine")]
    public async Task Trigger_that_keeps_entries_out_of_ours_stops_the_run(string ours)
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await using var sink = await database.SinkAsync();
        await database.RunAsync(DropsAll.Replace("ON user_logins", $"ON {ours}", StringComparison.Ordinal));
        var fault = await Assert.ThrowsAsync<LoginEtlException>(() => sink.WriteAsync([Logins.Record(), Logins.Reject()], TestDatabase.Token));
        Assert.Equal("TableChanged", fault.Id);
        Assert.Contains(ours, fault.Message, StringComparison.Ordinal);
        Assert.Equal(0, await database.CountAsync());
    }

    [Fact]
    public async Task Restored_entry_that_is_kept_out_is_told_so_and_settled()
    {
        var database = await TestDatabase.InitializedAsync(servers, LoginTable.Create + "ALTER TABLE user_logins ADD CONSTRAINT no CHECK (user_id <> 'drop');");
        await using (var sink = await database.SinkAsync())
        {
            await sink.WriteAsync([Logins.Record(user: "drop")], TestDatabase.Token);
        }

        await database.RunAsync("ALTER TABLE user_logins DROP CONSTRAINT no; " + DropsSome);
        await using var quarantine = await new PostgresConnector().OpenQuarantineAsync(database.Settings(), new SinkOptions(), TestDatabase.Token);
        for (var round = 0; round < 2; round++)
        {
            QuarantineEntry? entry = null;
            await foreach (var listed in quarantine.ListAsync(new QuarantineFilter { IncludeSettled = true }, TestDatabase.Token))
            {
                entry = listed;
            }

            var record = Logins.Record(new QuarantinedDelivery(new MessageId(entry!.MessageId), entry.SentTimestamp, 1), "drop");
            var result = Assert.Single(await quarantine.RestoreAsync([new RestoreRequest(entry, record)], TestDatabase.Token));
            Assert.Equal(round == 0 ? RestoreOutcome.Suppressed : RestoreOutcome.AlreadyRestored, result.Outcome);
        }
    }

    [Fact]
    public async Task Preflight_warns_of_row_triggers_and_rules()
    {
        var database = await TestDatabase.InitializedAsync(servers, LoginTable.Create + DropsSome + "CREATE RULE also AS ON INSERT TO user_logins DO ALSO NOTIFY logins;");
        var check = await CheckAsync(database, "Triggers and rules");
        Assert.Equal(CheckOutcome.Warn, check.Outcome);
        Assert.Contains("drop_it", check.Detail, StringComparison.Ordinal);
        Assert.Contains("also", check.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Column_that_a_trigger_alone_may_fill_is_a_warning_and_is_written()
    {
        var database = await TestDatabase.InitializedAsync(
            servers,
            LoginTable.Create +
            """
            ALTER TABLE user_logins ADD tenant int NOT NULL;
            CREATE FUNCTION fill() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.tenant := 7; RETURN NEW; END';
            CREATE TRIGGER fill BEFORE INSERT ON user_logins FOR EACH ROW EXECUTE FUNCTION fill();
            """);
        var check = await CheckAsync(database, "Other columns");
        Assert.Equal(CheckOutcome.Warn, check.Outcome);
        Assert.Contains("tenant", check.Detail, StringComparison.Ordinal);
        await using var sink = await database.SinkAsync();
        Assert.Equal([Outcome.Written], (await sink.WriteAsync([Logins.Record()], TestDatabase.Token)).Outcomes);
        await database.RunAsync("DROP TRIGGER fill ON user_logins");
        Assert.Equal("TableChanged", (await Assert.ThrowsAsync<LoginEtlException>(() => sink.WriteAsync([Logins.Record()], TestDatabase.Token))).Id);
    }

    [Fact]
    public async Task Foreign_table_as_a_partition_is_refused()
    {
        var database = await TestDatabase.InitializedAsync(
            servers,
            $"""
            {LoginTable.Begun} PARTITION BY LIST (locale);
            CREATE TABLE ru PARTITION OF user_logins FOR VALUES IN ('RU');
            CREATE FOREIGN DATA WRAPPER nothing;
            CREATE SERVER nowhere FOREIGN DATA WRAPPER nothing;
            """);
        await using var sink = await database.SinkAsync();
        Assert.Equal([Outcome.Written], (await sink.WriteAsync([Logins.Record()], TestDatabase.Token)).Outcomes);
        await database.RunAsync("CREATE FOREIGN TABLE de PARTITION OF user_logins FOR VALUES IN ('DE') SERVER nowhere");
        var live = await Assert.ThrowsAsync<LoginEtlException>(() => sink.WriteAsync([Logins.Record()], TestDatabase.Token));
        Assert.Equal("TableChanged", live.Id);
        Assert.Contains("foreign table", live.Message, StringComparison.Ordinal);
        Assert.Equal("TableUnsuitable", (await Assert.ThrowsAsync<LoginEtlException>(() => database.SinkAsync())).Id);
        Assert.Equal(CheckOutcome.Fail, (await CheckAsync(database, "Table")).Outcome);
    }

    private static async Task<Check> CheckAsync(TestDatabase database, string name) =>
        Assert.Single(await new PostgresConnector().CheckAsync(database.Settings(), new SinkOptions(), TestDatabase.Token), c => c.Name == name);
}
