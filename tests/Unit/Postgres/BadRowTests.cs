using LoginEtl.Faults;
using LoginEtl.Records;
using LoginEtl.Run;
using LoginEtl.Settings;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Postgres;

/// <summary>Rows that only the database refuses: the good ones are in, the bad ones in quarantine, in one transaction.</summary>
public sealed class BadRowTests(ServersFixture servers)
{
    // Beside a bad row that the table's rules tell, good ones are inserted in groups.
    private const string Foreseen = "ALTER TABLE user_logins ADD CHECK (user_id <> 'bad')";

    [Theory]
    [InlineData("ALTER TABLE user_logins ADD CONSTRAINT not_bad CHECK (user_id NOT LIKE 'bad%')", "23514", "not_bad", null)]
    [InlineData("CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN IF NEW.user_id LIKE 'bad%' THEN NEW.locale := NULL; END IF; RETURN NEW; END$$; CREATE TRIGGER t BEFORE INSERT ON user_logins FOR EACH ROW EXECUTE FUNCTION f(); ALTER TABLE user_logins ALTER locale SET NOT NULL", "23502", null, "locale")]
    [InlineData("CREATE UNIQUE INDEX one_bad ON user_logins ((CASE WHEN user_id LIKE 'bad%' THEN 'bad' END)); INSERT INTO user_logins (user_id) VALUES ('bad')", "23505", "one_bad", null)]
    [InlineData("CREATE TABLE users (id text PRIMARY KEY); INSERT INTO users SELECT 'good' || g FROM generate_series(0, 99) g; ALTER TABLE user_logins ADD CONSTRAINT known FOREIGN KEY (user_id) REFERENCES users", "23503", "known", null)]
    [InlineData("CREATE TABLE users (id text PRIMARY KEY); INSERT INTO users SELECT 'good' || g FROM generate_series(0, 99) g; ALTER TABLE user_logins ADD CONSTRAINT known FOREIGN KEY (user_id) REFERENCES users DEFERRABLE INITIALLY DEFERRED", "23503", "known", null)]
    [InlineData("ALTER TABLE user_logins ADD CONSTRAINT apart EXCLUDE USING btree (nullif(locale, 'RU') WITH =) DEFERRABLE INITIALLY DEFERRED; INSERT INTO user_logins (locale) VALUES ('XX')", "23P01", "apart", null)]
    [InlineData("CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN IF NEW.user_id LIKE 'bad%' THEN RAISE 'no %', NEW.user_id; END IF; RETURN NEW; END$$; CREATE TRIGGER t BEFORE INSERT ON user_logins FOR EACH ROW EXECUTE FUNCTION f()", "P0001", null, null)]
    [InlineData("CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN IF NEW.user_id LIKE 'bad%' THEN RAISE 'no'; END IF; RETURN NULL; END$$; CREATE CONSTRAINT TRIGGER t AFTER INSERT ON user_logins DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION f()", "P0001", null, null)]
    [InlineData("CREATE DOMAIN login_name AS varchar(128) CHECK (VALUE NOT LIKE 'bad%'); ALTER TABLE user_logins ALTER user_id TYPE login_name", "23514", "login_name_check", null)]
    [InlineData("CREATE TYPE place AS ENUM ('RU', 'DE'); ALTER TABLE user_logins ALTER locale TYPE place USING NULL", "22P02", null, null)]
    [InlineData("ALTER TABLE user_logins ALTER user_id TYPE text; CREATE FUNCTION long(t text) RETURNS text IMMUTABLE LANGUAGE sql AS $$SELECT CASE WHEN t LIKE 'bad%' THEN (SELECT string_agg(md5(g::text), '') FROM generate_series(1, 1000) g) ELSE t END$$; CREATE INDEX ON user_logins (long(user_id))", "54000", null, null)]
    public async Task Bad_row_is_quarantined_with_what_it_broke_and_the_others_are_written(string ddl, string state, string? constraint, string? field)
    {
        var database = await TestDatabase.InitializedAsync(servers, LoginTable.Create + ddl);
        var before = await database.CountAsync();
        await using var sink = await database.SinkAsync();
        var batch = Batch();
        Outcome[] expected = [.. Enumerable.Range(0, 100).Select(i => i % 9 == 4 ? Outcome.Quarantined : Outcome.Written)];
        Assert.Equal(expected, (await sink.WriteAsync(batch, TestDatabase.Token)).Outcomes);
        Assert.Equal(expected.Count(o => o == Outcome.Written), await database.CountAsync() - before);
        Assert.Equal(11, await database.CountAsync("login_etl_ledger WHERE outcome = 2"));
        Assert.Equal(11, await database.CountAsync(
            $"login_etl_quarantine WHERE reason = 'refused_by_database' AND sqlstate = '{state}' AND constraint_name IS NOT DISTINCT FROM {Literal(constraint)} "
            + $"AND field IS NOT DISTINCT FROM {Literal(field)} AND record->>'user_id' LIKE 'bad%' AND record->>'masked_ip' LIKE 'siv1.%'"));

        var again = await sink.WriteAsync([.. batch, Logins.Record(user: "good1")], TestDatabase.Token);
        Assert.Equal(101, again.Outcomes.Count);
        Assert.Equal(expected.Select(o => o == Outcome.Written ? Outcome.Duplicate : o), again.Outcomes.SkipLast(1));
        Assert.Equal(Outcome.Written, again.Outcomes[100]);
        Assert.Equal(11, await database.CountAsync("login_etl_quarantine"));
    }

    [Theory]
    [InlineData("date", "varchar(32)", Foreseen)]
    [InlineData("timestamp", "text", Foreseen)]
    [InlineData("date", "varchar(32)", LoginTable.RefusesBad)]
    [InlineData("timestamp", "text", LoginTable.RefusesBad)]
    [InlineData("timestamptz", "inner_text", LoginTable.RefusesBad)]
    public async Task Text_arrives_beside_a_bad_row_as_it_was(string day, string type, string rule)
    {
        string?[] texts = ["\"", "\\", "{a,b}", "NULL", "null", "", " ", "'", "$login_etl$", "a\tb\nc", "Ру 😀", string.Concat(Enumerable.Repeat("😀", 32)), new string(' ', 32), null];
        var database = await TestDatabase.InitializedAsync(
            servers,
            LoginTable.Create + "CREATE DOMAIN outer_text AS varchar(40); CREATE DOMAIN inner_text AS outer_text CHECK (length(VALUE) <= 32); "
            + $"ALTER TABLE user_logins ALTER create_date TYPE {day}, ALTER locale TYPE {type}; {rule}");
        await database.RunAsync("ALTER DATABASE " + await database.ReadAsync<string>("SELECT current_database()::text") + " SET datestyle = 'German, DMY'");
        await using var sink = await database.SinkAsync();
        var batch = texts.Select((t, i) => (ProtectedLogin)Logins.Record(Logins.Delivery(sent: new DateTimeOffset(DateTimeOffset.UtcNow.Date, TimeSpan.Zero)), $"u{i:00}", locale: t)).ToList();
        var outcomes = (await sink.WriteAsync([.. batch, Logins.Record(user: "bad")], TestDatabase.Token)).Outcomes;
        Assert.Equal([.. texts.Select(_ => Outcome.Written), Outcome.Quarantined], outcomes);
        Assert.Equal(texts, await database.ReadAsync<string?[]>("SELECT array_agg(locale::text ORDER BY user_id) FROM user_logins"));
        Assert.Equal(texts.Length, await database.CountAsync("user_logins WHERE (create_date AT TIME ZONE 'UTC')::date = (now() AT TIME ZONE 'UTC')::date OR create_date::date = (now() AT TIME ZONE 'UTC')::date"));
    }

    [Fact]
    public async Task Rows_of_many_groups_are_told_apart()
    {
        var database = await TestDatabase.InitializedAsync(servers, LoginTable.Create + "ALTER TABLE user_logins ADD CONSTRAINT not_bad CHECK (user_id NOT LIKE 'bad%')");
        await using var sink = await database.SinkAsync();
        var bad = new HashSet<int> { 0, 31, 32, 33, 200, 499 };
        var outcomes = (await sink.WriteAsync(Logins.Records(500, i => bad.Contains(i) ? $"bad{i}" : $"u{i}"), TestDatabase.Token)).Outcomes;
        Assert.Equal(Enumerable.Range(0, 500).Select(i => bad.Contains(i) ? Outcome.Quarantined : Outcome.Written), outcomes);
        Assert.Equal(494, await database.ReadAsync<long>("SELECT count(DISTINCT user_id) FROM user_logins"));
    }

    [Fact]
    public async Task Rows_with_the_same_unique_key_of_the_users_in_one_batch_leave_the_first()
    {
        var database = await TestDatabase.InitializedAsync(servers, LoginTable.Create + "ALTER TABLE user_logins ADD UNIQUE (user_id)");
        await using var sink = await database.SinkAsync();
        var result = await sink.WriteAsync(Logins.Records(50, i => $"u{i % 25}"), TestDatabase.Token);
        Assert.Equal(25, result.Outcomes.Count(o => o == Outcome.Written));
        Assert.Equal(25, result.Outcomes.Count(o => o == Outcome.Quarantined));
        Assert.Equal(25, await database.CountAsync());
    }

    [Fact]
    public async Task Row_security_decides_row_by_row()
    {
        var database = await TestDatabase.InitializedAsync(servers, LoginTable.Create);
        await database.RunAsync("ALTER TABLE user_logins ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON user_logins FOR INSERT WITH CHECK (user_id NOT LIKE 'bad%')");
        await database.AsRoleAsync(TestDatabase.WriterRights, async settings =>
        {
            await using (var sink = await database.SinkAsync(settings: settings))
            {
                var result = await sink.WriteAsync(Batch(), TestDatabase.Token);
                Assert.Equal(11, result.Outcomes.Count(o => o == Outcome.Quarantined));
                Assert.Equal(89, await database.CountAsync());
                Assert.Equal(11, await database.CountAsync("login_etl_quarantine WHERE sqlstate = '42501'"));

                await database.RunAsync($"REVOKE INSERT ON user_logins FROM {settings.UserName}");
                var fault = await Assert.ThrowsAsync<LoginEtlException>(() => sink.WriteAsync(Logins.Records(3), TestDatabase.Token));
                Assert.Equal("DatabaseAccessDenied", fault.Id);
                Assert.Equal(11, await database.CountAsync("login_etl_quarantine"));
            }
        });
    }

    [Fact]
    public async Task Missing_partition_quarantines_nothing()
    {
        var database = await TestDatabase.InitializedAsync(
            servers, LoginTable.Begun + " PARTITION BY RANGE (create_date)");
        await using var sink = await database.SinkAsync();
        for (var time = 0; time < 2; time++)
        {
            var fault = await Assert.ThrowsAsync<LoginEtlException>(() => sink.WriteAsync(Logins.Records(3), TestDatabase.Token));
            Assert.Equal("WriteFailed", fault.Id);
            Assert.Contains("A partition is missing", fault.Message, StringComparison.Ordinal);
            Assert.Contains("23514", fault.Message, StringComparison.Ordinal);
        }

        Assert.Equal(0, await database.CountAsync("login_etl_ledger"));
        await database.RunAsync("CREATE TABLE every PARTITION OF user_logins DEFAULT");
        Assert.Equal(3, (await sink.WriteAsync(Logins.Records(3), TestDatabase.Token)).Outcomes.Count(o => o == Outcome.Written));
    }

    [Fact]
    public async Task Batch_whose_rows_all_fail_alike_stops_the_run_and_quarantines_nothing()
    {
        var database = await TestDatabase.InitializedAsync(servers, LoginTable.Create + "ALTER TABLE user_logins ADD CONSTRAINT never CHECK (false)");
        await using var sink = await database.SinkAsync();
        var fault = await Assert.ThrowsAsync<LoginEtlException>(() => sink.WriteAsync(Logins.Records(40), TestDatabase.Token));
        Assert.Equal("EveryRowRefused", fault.Id);
        Assert.Contains("never", fault.Message, StringComparison.Ordinal);
        Assert.Equal(0, await database.CountAsync("login_etl_quarantine"));
        Assert.Equal(0, await database.CountAsync("login_etl_ledger"));
    }

    [Fact]
    public async Task Rows_that_all_fail_alike_are_quarantined_where_all_may_be_rejected()
    {
        var database = await TestDatabase.InitializedAsync(servers, LoginTable.Create + "ALTER TABLE user_logins ADD CONSTRAINT never CHECK (false)");
        await using var sink = await database.SinkAsync(new SinkOptions { MaxRejectRatio = 1 });
        Assert.All((await sink.WriteAsync(Logins.Records(40), TestDatabase.Token)).Outcomes, o => Assert.Equal(Outcome.Quarantined, o));
        Assert.Equal(40, await database.CountAsync("login_etl_quarantine"));
    }

    [Fact]
    public async Task Few_rows_that_all_fail_are_quarantined()
    {
        var database = await TestDatabase.InitializedAsync(servers, LoginTable.Create + "ALTER TABLE user_logins ADD CONSTRAINT never CHECK (false)");
        await using var sink = await database.SinkAsync();
        Assert.All((await sink.WriteAsync(Logins.Records(3), TestDatabase.Token)).Outcomes, o => Assert.Equal(Outcome.Quarantined, o));
    }

    [Fact]
    public async Task Lost_grant_stops_the_run_and_quarantines_nothing()
    {
        var database = await TestDatabase.InitializedAsync(
            servers, LoginTable.Create + "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE insufficient_privilege; END$$; CREATE TRIGGER t BEFORE INSERT ON user_logins FOR EACH ROW EXECUTE FUNCTION f()");
        await using var sink = await database.SinkAsync();
        await Assert.ThrowsAsync<LoginEtlException>(() => sink.WriteAsync(Logins.Records(3), TestDatabase.Token));
        Assert.Equal(0, await database.CountAsync("login_etl_quarantine"));
    }

    [Fact]
    public async Task No_exception_quotes_a_value_of_a_row()
    {
        const string canary = "canary-7f3a";
        var database = await TestDatabase.InitializedAsync(
            servers, LoginTable.Create + "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE EXCEPTION 'bad %', NEW.user_id USING ERRCODE = 'XX001', DETAIL = NEW.user_id, HINT = NEW.user_id, COLUMN = NEW.user_id, CONSTRAINT = NEW.user_id; END$$; CREATE TRIGGER t BEFORE INSERT ON user_logins FOR EACH ROW EXECUTE FUNCTION f()");
        await using var sink = await database.SinkAsync();
        var fault = await Assert.ThrowsAsync<LoginEtlException>(() => sink.WriteAsync(Logins.Records(20, i => canary + i), TestDatabase.Token));
        Assert.Contains("XX001", fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(canary, fault.ToString(), StringComparison.Ordinal);
        Assert.Null(fault.InnerException);
        await database.RunAsync("DROP TRIGGER t ON user_logins; ALTER TABLE user_logins ADD CHECK (user_id = 'x')");
        fault = await Assert.ThrowsAsync<LoginEtlException>(() => sink.WriteAsync(Logins.Records(20, i => canary + i), TestDatabase.Token));
        Assert.DoesNotContain(canary, fault.ToString(), StringComparison.Ordinal);
    }

    // XX: a label the enum lacks, a value the exclusion meets.
    private static ProtectedLogin[] Batch() =>
        [.. Enumerable.Range(0, 100).Select(i => i % 9 == 4 ? Logins.Record(user: $"bad{i}", locale: "XX") : Logins.Record(user: $"good{i}"))];


    private static string Literal(string? text) => text is null ? "NULL" : $"'{text}'";
}
