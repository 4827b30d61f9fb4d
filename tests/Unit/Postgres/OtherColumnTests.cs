using LoginEtl.Checks;
using LoginEtl.Faults;
using LoginEtl.Postgres;
using LoginEtl.Quarantine;
using LoginEtl.Records;
using LoginEtl.Run;
using LoginEtl.Settings;
using LoginEtl.Tokens;
using LoginEtl.Unit.Fixtures;
using LoginEtl.Worker;
using Xunit;
using static LoginEtl.Unit.Postgres.OtherColumns;

namespace LoginEtl.Unit.Postgres;

/// <summary>Rows go to a table whose columns have other names as they go to the assignment's.</summary>
public sealed class OtherColumnTests(ServersFixture servers) : IDisposable
{
    private static readonly string Rows =
        $"SELECT string_agg({UserId} || ' ' || {DeviceType} || ' ' || {Locale} || ' ' || {AppVersion} || ' ' || {CreateDate}, ',' ORDER BY {UserId}) FROM user_logins WHERE {MaskedIp} LIKE 'siv1.%' AND {MaskedDeviceId} LIKE 'siv1.%'";

    private readonly TestKeys _keys = new();

    public void Dispose() => _keys.Dispose();

    [Fact]
    public async Task Table_that_Initialize_makes_with_them_passes_every_check_and_is_written()
    {
        var database = await TestDatabase.InitializedAsync(servers, names: Names);
        Assert.Empty(await database.InitializeAsync());
        Assert.All(await CheckAsync(database), c => Assert.Equal(CheckOutcome.Pass, c.Outcome));
        await using var sink = await database.SinkAsync();
        Assert.Equal([Outcome.Written, Outcome.Written], (await sink.WriteAsync([Record("a"), Record("b")], TestDatabase.Token)).Outcomes);
        Assert.Equal("a android RU 2003000 2026-11-21,b android RU 2003000 2026-11-21", await database.ReadAsync<string>(Rows));
        Assert.Equal(7, await database.CountAsync("pg_attribute WHERE attrelid = 'user_logins'::regclass AND attnum > 0"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Rows_that_the_table_refuses_are_quarantined_under_our_names_and_restored(bool rowSecurity)
    {
        var database = await TestDatabase.InitializedAsync(
            servers, $"{Begun}; ALTER TABLE user_logins ALTER {MaskedIp} SET NOT NULL, ADD CONSTRAINT not_bad CHECK ({UserId} <> 'bad')", Names);
        if (rowSecurity)
        {
            await database.RunAsync($"ALTER TABLE user_logins ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON user_logins FOR INSERT WITH CHECK ({Locale} <> 'XX')");
        }

        await database.AsRoleAsync(TestDatabase.WriterRights, async settings =>
        {
            await using var sink = await database.SinkAsync(settings: settings);
            var nowhere = new LoginRecord(Logins.Delivery(), null, new Token(Record("n").MaskedDeviceId!)) { UserId = "n", AppVersion = "2.3.0", Locale = "RU", CreateDate = new DateOnly(2026, 11, 21) };
            ProtectedLogin[] batch = [Record("a"), Record("bad"), nowhere, Record("x", locale: "XX"), Record("b")];
            var result = await sink.WriteAsync(batch, TestDatabase.Token);
            Assert.Equal(
                [Outcome.Written, Outcome.Quarantined, Outcome.Quarantined, rowSecurity ? Outcome.Quarantined : Outcome.Written, Outcome.Written], result.Outcomes);
            Assert.Contains(result.Refused, r => r is { SqlState: "23502", Why.Field: "masked_ip" });
        });
        Assert.Equal(1, await database.CountAsync("login_etl_quarantine WHERE sqlstate = '23502' AND field = 'masked_ip'"));
        Assert.Equal(1, await database.CountAsync("login_etl_quarantine WHERE sqlstate = '23514' AND constraint_name = 'not_bad' AND record ->> 'user_id' = 'bad'"));

        await database.RunAsync($"ALTER TABLE user_logins DROP CONSTRAINT not_bad, ALTER {MaskedIp} DROP NOT NULL");
        await RestoreAsync(database);
        Assert.Equal(5, await database.CountAsync($"user_logins WHERE {UserId} IN ('a', 'b', 'bad', 'n', 'x')"));
    }

    [Fact]
    public async Task Name_that_a_trigger_makes_up_reaches_no_warning()
    {
        var database = await TestDatabase.InitializedAsync(servers, Begun, Names);
        await database.RunAsync(
            $"""
            CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN IF NEW.{UserId} = 'bad' THEN RAISE 'no' USING COLUMN = NEW.{UserId}; END IF; RETURN NEW; END$$;
            CREATE TRIGGER refuse BEFORE INSERT ON user_logins FOR EACH ROW EXECUTE FUNCTION refuse()
            """);
        await using var sink = await database.SinkAsync();
        var result = await sink.WriteAsync([Record("a"), Record("bad")], TestDatabase.Token);
        Assert.Null(Assert.Single(result.Refused).Why.Field);
    }

    [Theory]
    [InlineData(ConflictAction.Skip, Outcome.Skipped)]
    [InlineData(ConflictAction.Update, Outcome.Updated)]
    public async Task Keys_over_them_decide_on_conflicts(ConflictAction action, Outcome there)
    {
        // With a trigger, the table is asked whether a row that it did not take is there.
        var database = await TestDatabase.InitializedAsync(
            servers,
            $"""
            {Begun}; ALTER TABLE user_logins ADD CONSTRAINT one_a_day UNIQUE ({UserId}, {AppVersion}), ADD UNIQUE ({UserId}, {Locale});
            CREATE FUNCTION drop_it() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN IF NEW."User Id" = ''drop'' THEN RETURN NULL; END IF; RETURN NEW; END';
            CREATE TRIGGER drop_it BEFORE INSERT ON user_logins FOR EACH ROW EXECUTE FUNCTION drop_it()
            """,
            Names);
        await using (var sink = await database.SinkAsync(new SinkOptions { OnConflict = action, ConflictKey = "one_a_day" }))
        {
            await sink.WriteAsync([Record("a")], TestDatabase.Token);
            Assert.Equal([there, Outcome.Suppressed, Outcome.Written], (await sink.WriteAsync([Record("a", device: "tv"), Record("drop"), Record("b")], TestDatabase.Token)).Outcomes);
        }

        Assert.Equal($"a {(action == ConflictAction.Update ? "tv" : "android")} RU 2003000 2026-11-21,b android RU 2003000 2026-11-21", await database.ReadAsync<string>(Rows));
        await using var failing = await database.SinkAsync(new SinkOptions { OnConflict = ConflictAction.Fail, ConflictKey = "one_a_day" });
        Assert.Equal("UniqueKeyConflict", (await Assert.ThrowsAsync<LoginEtlException>(() => failing.WriteAsync([Record("a")], TestDatabase.Token))).Id);
    }

    [Fact]
    public async Task Row_without_a_partition_is_its_own_fault_where_the_sender_fills_the_key()
    {
        var database = await TestDatabase.InitializedAsync(
            servers, $"{Begun} PARTITION BY LIST ({Locale}); CREATE TABLE ru PARTITION OF user_logins FOR VALUES IN ('RU')", Names);
        await using var sink = await database.SinkAsync();
        Assert.Equal([Outcome.Written, Outcome.Quarantined], (await sink.WriteAsync([Record("a"), Record("x", locale: "XX")], TestDatabase.Token)).Outcomes);
    }

    [Fact]
    public async Task Types_and_lengths_are_those_of_the_columns_that_are_meant()
    {
        var database = await TestDatabase.InitializedAsync(servers, Begun, Names);
        // The columns of our names say otherwise, and are others.
        await database.RunAsync($"ALTER TABLE user_logins ALTER {UserId} TYPE uuid USING NULL, ALTER {CreateDate} TYPE timestamptz, ALTER {Locale} TYPE varchar(2), ADD user_id int, ADD create_date int, ADD locale int");
        await using var sink = await database.SinkAsync();
        var sent = new DateTimeOffset(DateTimeOffset.UtcNow.Date.AddHours(-12), TimeSpan.Zero);
        var record = Record("424cdd21-063a-43a7-b91b-7ca1a833afae", sent: sent);
        (record.CreateDate, record.CreatedAt) = (DateOnly.FromDateTime(sent.UtcDateTime), sent);
        var result = await sink.WriteAsync([record, Record("nobody"), Record("424cdd21-063a-43a7-b91b-7ca1a833afaf", locale: "RUS")], TestDatabase.Token);
        Assert.Equal([Outcome.Written, Outcome.Quarantined, Outcome.Quarantined], result.Outcomes);
        Assert.Equal(1, await database.CountAsync($"user_logins WHERE {CreateDate} = '{sent:O}' AND user_id IS NULL AND create_date IS NULL AND locale IS NULL"));
        Assert.Equal(
            "invalid_uuid user_id,too_long locale",
            await database.ReadAsync<string>("SELECT string_agg(reason || ' ' || field, ',' ORDER BY reason) FROM login_etl_quarantine"));
    }

    [Fact]
    public async Task Table_that_changes_under_the_run_is_read_again_and_a_name_that_is_gone_stops_it()
    {
        var database = await TestDatabase.InitializedAsync(servers, Begun, Names);
        await using var sink = await database.SinkAsync();
        await sink.WriteAsync([Record("a")], TestDatabase.Token);
        await database.RunAsync($"ALTER TABLE user_logins ALTER {AppVersion} TYPE text");
        Assert.Contains("column v2 is text", Assert.Single((await sink.WriteAsync([Record("b")], TestDatabase.Token)).Notices), StringComparison.Ordinal);
        Assert.Equal(1, await database.CountAsync($"user_logins WHERE {AppVersion} = '2.3.0'"));

        await database.RunAsync($"ALTER TABLE user_logins RENAME {MaskedIp} TO masked_ip");
        var fault = await Assert.ThrowsAsync<LoginEtlException>(() => sink.WriteAsync([Record("c")], TestDatabase.Token));
        Assert.Equal("TableChanged", fault.Id);
        Assert.Contains("hashed_ip (masked_ip)", fault.Message, StringComparison.Ordinal);
        Assert.Contains("-ColumnName", fault.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_columns_with_each_other_s_name_get_what_is_meant()
    {
        var database = await TestDatabase.InitializedAsync(servers, LoginTable.Create, ColumnNames.Parse("locale=device_type,device_type=locale"));
        await using var sink = await database.SinkAsync();
        await sink.WriteAsync([Record("a")], TestDatabase.Token);
        Assert.Equal(1, await database.CountAsync("user_logins WHERE locale = 'android' AND device_type = 'RU'"));
    }

    [Theory]
    [InlineData("")]
    [InlineData(", app_version text")]
    public async Task Three_columns_of_a_version_may_have_other_names_beside_one_that_is_none_of_ours(string beside)
    {
        var names = ColumnNames.Parse("app_version_major=Major,app_version_minor=v.minor,app_version_patch=patch");
        var database = await TestDatabase.NewAsync(servers, names: names);
        await database.InitializeAsync(new SchemaOptions { AppVersionColumn = AppVersionColumn.Three });
        await database.RunAsync($"ALTER TABLE user_logins ADD note text{beside.Replace(",", ", ADD", StringComparison.Ordinal)}");
        await using var sink = await database.SinkAsync();
        Assert.Equal([Outcome.Written], (await sink.WriteAsync([Record("a", version: "7.8.9")], TestDatabase.Token)).Outcomes);
        Assert.Equal("7-8-9", await database.ReadAsync<string>("SELECT \"Major\" || '-' || \"v.minor\" || '-' || patch FROM user_logins"));
    }

    [Theory]
    [InlineData("masked_ip=Hashed_Ip", "hashed_ip", "lacks the column Hashed_Ip (masked_ip)")]
    [InlineData("", "hashed_ip", "lacks the column masked_ip.")]
    [InlineData("masked_ip=hashed_ip,locale=language", "hashed_ip", "lacks the column language (locale)")]
    [InlineData("app_version_major=major", "masked_ip", "lacks the columns major (app_version_major), app_version_minor, app_version_patch")]
    public async Task Column_that_the_table_lacks_is_named_with_the_option(string names, string column, string said)
    {
        var create = LoginTable.Create.Replace("masked_ip", column, StringComparison.Ordinal);
        var database = await TestDatabase.InitializedAsync(servers, create, ColumnNames.Parse(names));
        var fault = await Assert.ThrowsAsync<LoginEtlException>(() => database.SinkAsync());
        Assert.Equal("TableUnsuitable", fault.Id);
        Assert.Contains(said, fault.Message, StringComparison.Ordinal);
        Assert.Contains("-ColumnName @{", fault.Remedy, StringComparison.Ordinal);
        Assert.Contains(" --column-name ", new OwnWords(WorkerCommand.Create(TestDatabase.Token).Settings.All).Of(fault.Remedy), StringComparison.Ordinal);
        var check = Assert.Single(await CheckAsync(database), c => c.Name == "Table columns");
        Assert.Equal((CheckOutcome.Fail, fault.Message, fault.Remedy), (check.Outcome, check.Detail, check.Remedy));
    }

    private static LoginRecord Record(string user, string? locale = "RU", string device = "android", string version = "2.3.0", DateTimeOffset? sent = null)
    {
        var record = Logins.Record(Logins.Delivery(sent: sent), user, version, locale);
        record.DeviceType = device;
        record.CreateDate = new DateOnly(2026, 11, 21);
        return record;
    }

    private static Task<IReadOnlyList<Check>> CheckAsync(TestDatabase database) =>
        new PostgresConnector().CheckAsync(database.Settings(), new SinkOptions(), TestDatabase.Token);

    private async Task RestoreAsync(TestDatabase database)
    {
        using var protector = _keys.Protector();
        using var replay = new QuarantineReplay(protector, _keys.PrivatePath);
        await using var quarantine = await new PostgresConnector().OpenQuarantineAsync(database.Settings(), new SinkOptions(), TestDatabase.Token);
        await foreach (var entry in quarantine.ListAsync(new QuarantineFilter(), TestDatabase.Token))
        {
            Assert.True(replay.TryReplay(entry, out var record, out _));
            Assert.Equal(RestoreOutcome.Restored, Assert.Single(await quarantine.RestoreAsync([new RestoreRequest(entry, record)], TestDatabase.Token)).Outcome);
        }
    }
}
