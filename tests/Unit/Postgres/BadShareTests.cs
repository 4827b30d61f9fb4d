using LoginEtl.Faults;
using LoginEtl.Records;
using LoginEtl.Run;
using LoginEtl.Settings;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Postgres;

/// <summary>One row in a hundred, and one in five, that is bad in every way a table knows: all others are in.</summary>
public sealed class BadShareTests(ServersFixture servers)
{
    private const int Size = 200;
    private const string Table = LoginTable.Create + "ALTER TABLE user_logins ALTER user_id TYPE varchar(40);";

    private const string Known =
        "INSERT INTO user_logins (user_id, create_date) SELECT 'bad' || g, '2020-01-01' FROM generate_series(0, 199) g; ALTER TABLE user_logins ADD CONSTRAINT one_a_user UNIQUE (user_id)";

    private const string Users = "CREATE TABLE users (id text PRIMARY KEY); INSERT INTO users SELECT 'good' || g FROM generate_series(0, 199) g; ALTER TABLE user_logins ADD CONSTRAINT known FOREIGN KEY (user_id) REFERENCES users";

    private static readonly Dictionary<string, (string Ddl, string? State, string? Constraint, string? Field)> Kinds = new()
    {
        ["too long"] = ("", null, null, "user_id"),
        ["check"] = ("ALTER TABLE user_logins ADD CONSTRAINT not_bad CHECK (user_id NOT LIKE 'bad%')", "23514", "not_bad", null),
        ["check that fails itself"] = ("ALTER TABLE user_logins ADD CONSTRAINT not_bad CHECK (1 / (CASE WHEN user_id LIKE 'bad%' THEN 0 ELSE 1 END) = 1)", "22012", null, null),
        ["check of a column not written"] = ("ALTER TABLE user_logins ADD lowest int DEFAULT 1, ADD CONSTRAINT not_bad CHECK (user_id NOT LIKE 'bad%' OR lowest > 1)", "23514", "not_bad", null),
        ["not null"] = ("ALTER TABLE user_logins ALTER locale SET NOT NULL", "23502", null, "locale"),
        ["domain"] = ("CREATE DOMAIN login_name AS varchar(40) CHECK (VALUE NOT LIKE 'bad%' AND VALUE <> 'VALUE'); ALTER TABLE user_logins ALTER user_id TYPE login_name", "23514", "login_name_check", null),
        ["unique"] = (Known, "23505", "one_a_user", null),
        ["deferred unique"] = (Known + " DEFERRABLE INITIALLY DEFERRED", "23505", "one_a_user", null),
        ["foreign key"] = (Users, "23503", "known", null),
        ["deferred foreign key"] = (Users + " DEFERRABLE INITIALLY DEFERRED", "23503", "known", null),
        ["trigger"] = (Raising("P0001"), "P0001", null, null),
        ["trigger with an SQLSTATE of its own"] = (Raising("LG001"), "LG001", null, null),
        ["trigger that finds no row for INTO STRICT"] = (Raising("P0002"), "P0002", null, null),
    };

    public static IEnumerable<TheoryDataRow<string, int>> EveryKind => Kinds.Keys.SelectMany(k => new TheoryDataRow<string, int>[] { new(k, 1), new(k, 20) });

    [Theory]
    [MemberData(nameof(EveryKind))]
    public async Task Bad_rows_are_quarantined_with_what_they_broke_and_all_others_are_written(string kind, int percent)
    {
        var (ddl, state, constraint, field) = Kinds[kind];
        var database = await TestDatabase.InitializedAsync(servers, Table + ddl);
        await using var sink = await database.SinkAsync();
        // The second batch begins where the first has learned that rows are bad.
        for (var batch = 1; batch <= 2; batch++)
        {
            var outcomes = (await sink.WriteAsync(Batch(kind, percent, unique: ddl.Contains("UNIQUE", StringComparison.Ordinal) ? $"{batch}" : ""), TestDatabase.Token)).Outcomes;
            Assert.Equal(Enumerable.Range(0, Size).Select(i => IsBad(i, percent) ? Outcome.Quarantined : Outcome.Written), outcomes);
            var bad = batch * Size * percent / 100;
            Assert.Equal((batch * Size) - bad, await database.CountAsync("user_logins WHERE user_id LIKE 'good%'"));
            Assert.Equal(bad, await database.CountAsync(
                $"login_etl_quarantine WHERE sqlstate IS NOT DISTINCT FROM {Literal(state)} AND constraint_name IS NOT DISTINCT FROM {Literal(constraint)} AND field IS NOT DISTINCT FROM {Literal(field)}"));
            Assert.Equal(bad, await database.CountAsync("login_etl_ledger WHERE outcome = 2"));
        }
    }

    [Theory]
    [InlineData(ConflictAction.Skip, 1)]
    [InlineData(ConflictAction.Skip, 20)]
    [InlineData(ConflictAction.Update, 1)]
    [InlineData(ConflictAction.Update, 20)]
    public async Task Rows_whose_own_key_is_there_are_settled_as_told_and_all_others_are_written(ConflictAction action, int percent)
    {
        var database = await TestDatabase.InitializedAsync(servers, Table + Known);
        await using var sink = await database.SinkAsync(new SinkOptions { OnConflict = action });
        var outcomes = (await sink.WriteAsync(Batch("unique", percent), TestDatabase.Token)).Outcomes;
        var met = action == ConflictAction.Skip ? Outcome.Skipped : Outcome.Updated;
        Assert.Equal(Enumerable.Range(0, Size).Select(i => IsBad(i, percent) ? met : Outcome.Written), outcomes);
        var bad = Size * percent / 100;
        Assert.Equal(Size - bad, await database.CountAsync("user_logins WHERE user_id LIKE 'good%'"));
        Assert.Equal(action == ConflictAction.Skip ? 0 : bad, await database.CountAsync("user_logins WHERE user_id LIKE 'bad%' AND app_version = 2003000"));
        Assert.Equal(0, await database.CountAsync("login_etl_quarantine"));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(20)]
    public async Task Key_that_is_there_ends_a_run_that_is_told_to_fail_and_nothing_is_written(int percent)
    {
        var database = await TestDatabase.InitializedAsync(servers, Table + Known);
        await using var sink = await database.SinkAsync(new SinkOptions { OnConflict = ConflictAction.Fail });
        Assert.Equal("UniqueKeyConflict", (await Assert.ThrowsAsync<LoginEtlException>(() => sink.WriteAsync(Batch("unique", percent), TestDatabase.Token))).Id);
        Assert.Equal(0, await database.CountAsync("login_etl_ledger"));
        Assert.Equal(0, await database.CountAsync("login_etl_quarantine"));
        Assert.Equal(Size, await database.CountAsync());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(20)]
    public async Task Rows_that_row_security_refuses_are_quarantined_and_all_others_are_written(int percent)
    {
        var database = await TestDatabase.InitializedAsync(servers, Table);
        await database.RunAsync("ALTER TABLE user_logins ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON user_logins FOR INSERT WITH CHECK (user_id NOT LIKE 'bad%')");
        await database.AsRoleAsync(TestDatabase.WriterRights, async settings =>
        {
            await using var sink = await database.SinkAsync(settings: settings);
            var outcomes = (await sink.WriteAsync(Batch("row security", percent), TestDatabase.Token)).Outcomes;
            Assert.Equal(Enumerable.Range(0, Size).Select(i => IsBad(i, percent) ? Outcome.Quarantined : Outcome.Written), outcomes);
            var bad = Size * percent / 100;
            Assert.Equal((Size - bad, 0), (await database.CountAsync("user_logins WHERE user_id LIKE 'good%'"), await database.CountAsync("user_logins WHERE user_id LIKE 'bad%'")));
            Assert.Equal(bad, await database.CountAsync("login_etl_quarantine WHERE sqlstate = '42501'"));
        });
    }

    [Theory]
    [InlineData("partition", 1, "23514")]
    [InlineData("partition", 20, "23514")]
    [InlineData("disk", 1, "53100")]
    [InlineData("disk", 20, "53100")]
    [InlineData("grant", 1, "42501")]
    [InlineData("grant", 20, "42501")]
    public async Task Fault_of_the_system_that_some_rows_meet_quarantines_nothing_even_beside_bad_rows(string fault, int percent, string state)
    {
        const string bad = "ALTER TABLE user_logins ADD CONSTRAINT not_odd CHECK (device_type <> 'odd')";
        var ddl = fault == "partition"
            ? LoginTable.Begun + " PARTITION BY RANGE (create_date); CREATE TABLE recent PARTITION OF user_logins FOR VALUES FROM ('2020-01-01') TO (MAXVALUE);"
            : Table + Raising(state) + ";";
        var database = await TestDatabase.InitializedAsync(servers, ddl + bad);
        await using var sink = await database.SinkAsync(new SinkOptions { RetryFor = TimeSpan.FromMilliseconds(300) });
        var batch = Batch(fault, percent);
        ((LoginRecord)batch[3]).DeviceType = "odd";
        foreach (var old in batch.OfType<LoginRecord>().Where((_, i) => IsBad(i, percent)))
        {
            old.CreateDate = new DateOnly(2001, 1, 1);
        }

        var e = await Assert.ThrowsAsync<LoginEtlException>(() => sink.WriteAsync(batch, TestDatabase.Token));
        Assert.Contains(state, e.Message, StringComparison.Ordinal);
        Assert.Equal(0, await database.CountAsync());
        Assert.Equal(0, await database.CountAsync("login_etl_ledger"));
        Assert.Equal(0, await database.CountAsync("login_etl_quarantine"));
    }

    [Fact]
    public async Task Row_that_a_trigger_mends_is_written_although_it_looks_bad()
    {
        var database = await TestDatabase.InitializedAsync(
            servers, Table + "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN NEW.user_id := replace(NEW.user_id, 'bad', 'good'); RETURN NEW; END$$; CREATE TRIGGER t BEFORE INSERT ON user_logins FOR EACH ROW EXECUTE FUNCTION f(); ALTER TABLE user_logins ADD CHECK (user_id NOT LIKE 'bad%'), ADD CHECK (app_version > 1)");
        await using var sink = await database.SinkAsync();
        var batch = Batch("mended", 20);
        ((LoginRecord)batch[7]).AppVersion = "0.0";
        var outcomes = (await sink.WriteAsync(batch, TestDatabase.Token)).Outcomes;
        Assert.Equal(Enumerable.Range(0, Size).Select(i => i == 7 ? Outcome.Quarantined : Outcome.Written), outcomes);
        Assert.Equal((Size - 1, Size - 1), (await database.CountAsync("user_logins WHERE user_id LIKE 'good%'"), await database.CountAsync()));
        Assert.Equal((0, 1), (await database.CountAsync("user_logins WHERE user_id = 'good7'"), await database.CountAsync("login_etl_quarantine WHERE sqlstate = '23514'")));
    }

    private static bool IsBad(int i, int percent) => i % (100 / percent) == 2;

    private static ProtectedLogin[] Batch(string kind, int percent, string unique = "") => [.. Enumerable.Range(0, Size).Select(i => Logins.Record(
        user: !IsBad(i, percent) ? $"good{i}{(unique.Length > 0 ? $"-{unique}" : "")}" : kind == "too long" ? $"bad{i}{new string('x', 40)}" : $"bad{i}",
        locale: !IsBad(i, percent) ? "RU" : kind == "not null" ? null : "XX"))];

    private static string Raising(string state) =>
        $"CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN IF NEW.user_id LIKE 'bad%' THEN RAISE 'no %', NEW.user_id USING ERRCODE = '{state}'; END IF; RETURN NEW; END$$; CREATE TRIGGER t BEFORE INSERT ON user_logins FOR EACH ROW EXECUTE FUNCTION f()";

    private static string Literal(string? text) => text is null ? "NULL" : $"'{text}'";
}
