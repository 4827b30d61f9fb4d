using System.Text.RegularExpressions;
using LoginEtl.Records;
using LoginEtl.Run;
using LoginEtl.Settings;
using LoginEtl.Unit.Fixtures;
using LoginEtl.Versions;
using Xunit;

namespace LoginEtl.Unit.Postgres;

/// <summary>Values meet the live table's columns before the server sees them.</summary>
public sealed class RowEncodingTests(ServersFixture servers)
{
    private const string Emoji = "😀";

    [Theory]
    [InlineData("2.3", 2003000)]
    [InlineData("6.02", 6002000)]
    [InlineData("2147.483.647", 2147483647)]
    public async Task Version_is_packed_into_an_integer_column(string version, int packed)
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await using var sink = await database.SinkAsync();
        await sink.WriteAsync([Logins.Record(version: version)], TestDatabase.Token);
        Assert.Equal(packed, await database.ReadAsync<int>("SELECT app_version FROM user_logins"));
    }

    [Theory]
    [InlineData("a.b", "invalid_version")]
    [InlineData("1.2.3.4", "invalid_version")]
    [InlineData("99999.1", "version_out_of_range")]
    [InlineData("1.1000", "version_out_of_range")]
    public async Task Version_that_does_not_fit_is_quarantined_as_the_record_it_is(string version, string reason)
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await using var sink = await database.SinkAsync();
        var result = await sink.WriteAsync([Logins.Record(version: version), Logins.Record()], TestDatabase.Token);
        Assert.Equal([Outcome.Quarantined, Outcome.Written], result.Outcomes);
        Assert.Equal(1, await database.CountAsync(
            $"login_etl_quarantine WHERE reason = '{reason}' AND field = 'app_version' AND sqlstate IS NULL AND sealed_body IS NULL AND record->>'app_version' = '{version}' AND record->>'masked_device_id' LIKE 'siv1.%'"));
    }

    [Theory]
    [InlineData("ALTER app_version TYPE text", AppVersionFormat.Auto, "2.30", "2.30")]
    [InlineData("ALTER app_version TYPE varchar(20)", AppVersionFormat.Sortable, "2.30", "00002.00030.00000")]
    [InlineData("ALTER app_version TYPE bigint", AppVersionFormat.Auto, "2.3.0", "2003000")]
    [InlineData("ALTER app_version TYPE smallint", AppVersionFormat.Digits, "2.3.0", "230")]
    [InlineData("DROP app_version, ADD app_version_major int, ADD app_version_minor smallint, ADD app_version_patch bigint", AppVersionFormat.Auto, "2.3.4", "2/3/4")]
    public async Task Version_follows_the_column(string change, AppVersionFormat format, string version, string expected)
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await database.RunAsync($"ALTER TABLE user_logins {change}; {LoginTable.RefusesBad}");
        await using var sink = await database.SinkAsync(new SinkOptions { AppVersionFormat = format });
        Assert.Equal([Outcome.Written], (await sink.WriteAsync([Logins.Record(version: version)], TestDatabase.Token)).Outcomes);
        // One by one, as rows are written that have a bad one beside them.
        Assert.Equal(
            [Outcome.Written, Outcome.Quarantined],
            (await sink.WriteAsync([Logins.Record(version: version), Logins.Record(user: "bad", version: version)], TestDatabase.Token)).Outcomes);
        Assert.Equal(2, await database.CountAsync());
        var column = expected.Contains('/', StringComparison.Ordinal) ? "concat_ws('/', app_version_major, app_version_minor, app_version_patch)" : "app_version::text";
        Assert.Equal([expected], await database.ReadAsync<string[]>($"SELECT array_agg(DISTINCT {column}) FROM user_logins"));
    }

    [Theory]
    [InlineData("date")]
    [InlineData("timestamp")]
    [InlineData("timestamptz")]
    public async Task First_and_last_day_of_the_calendar_arrive_as_they_are(string type)
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await database.RunAsync($"ALTER TABLE user_logins ALTER create_date TYPE {type}; {LoginTable.RefusesBad}");
        await using var sink = await database.SinkAsync();
        ProtectedLogin[] Days() => [.. new[] { DateOnly.MinValue, DateOnly.MaxValue }.Select(day =>
        {
            var record = Logins.Record();
            record.CreateDate = day;
            return record;
        })];
        await sink.WriteAsync(Days(), TestDatabase.Token);
        await sink.WriteAsync([.. Days(), Logins.Record(user: "bad")], TestDatabase.Token);
        var day = type == "timestamptz" ? "create_date AT TIME ZONE 'UTC'" : "create_date";
        Assert.Equal(
            ["0001-01-01", "0001-01-01", "9999-12-31", "9999-12-31"],
            await database.ReadAsync<string[]>($"SELECT array_agg(to_char({day}, 'YYYY-MM-DD') ORDER BY create_date) FROM user_logins"));
    }

    [Fact]
    public async Task Length_is_counted_in_characters_as_the_server_counts()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await using var sink = await database.SinkAsync();
        var fits = string.Concat(Enumerable.Repeat(Emoji, 32));
        var result = await sink.WriteAsync([Logins.Record(locale: fits), Logins.Record(locale: fits + "x"), Logins.Record(user: new string('u', 129))], TestDatabase.Token);
        Assert.Equal([Outcome.Written, Outcome.Quarantined, Outcome.Quarantined], result.Outcomes);
        Assert.Equal(fits, await database.ReadAsync<string>("SELECT locale FROM user_logins"));
        Assert.Equal("locale,user_id", await database.ReadAsync<string>("SELECT string_agg(field, ',' ORDER BY field) FROM login_etl_quarantine WHERE reason = 'too_long'"));
    }

    [Fact]
    public async Task Truncate_cuts_between_characters()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await using var sink = await database.SinkAsync(new SinkOptions { OnTooLong = TooLongAction.Truncate });
        var result = await sink.WriteAsync([Logins.Record(locale: new string('x', 31) + Emoji + "tail")], TestDatabase.Token);
        Assert.Equal([Outcome.Written], result.Outcomes);
        Assert.Equal(new string('x', 31) + Emoji, await database.ReadAsync<string>("SELECT locale FROM user_logins"));
    }

    [Fact]
    public async Task Token_is_never_truncated()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await database.RunAsync("ALTER TABLE user_logins ALTER masked_ip TYPE varchar(60)");
        await using var sink = await database.SinkAsync(new SinkOptions { OnTooLong = TooLongAction.Truncate });
        var result = await sink.WriteAsync([Logins.Record(ip: "siv1." + new string('B', 60)), Logins.Record()], TestDatabase.Token);
        Assert.Equal([Outcome.Quarantined, Outcome.Written], result.Outcomes);
        Assert.Equal(1, await database.CountAsync("login_etl_quarantine WHERE reason = 'too_long' AND field = 'ip' AND length(record->>'masked_ip') = 65"));
    }

    [Theory]
    [InlineData(@"a\u0000b", "nul_character")]
    [InlineData(@"a\ud83d", "lone_surrogate")]
    [InlineData(@"\ude00a", "lone_surrogate")]
    public async Task Text_that_no_column_can_hold_is_quarantined_unharmed(string escaped, string reason)
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await using var sink = await database.SinkAsync();
        // An attribute cannot carry half a surrogate pair.
        var record = Logins.Record(locale: Regex.Unescape(escaped));
        Assert.Equal([Outcome.Quarantined, Outcome.Written], (await sink.WriteAsync([record, Logins.Record()], TestDatabase.Token)).Outcomes);
        Assert.Equal(1, await database.CountAsync($"login_etl_quarantine WHERE reason = '{reason}' AND field = 'locale'"));
        Assert.Contains($"\"locale\":\"{escaped}\"", await database.ReadAsync<string>("SELECT record::text FROM login_etl_quarantine"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "empty_field")]
    [InlineData(null, "null_field")]
    public async Task User_id_that_a_script_took_away_is_quarantined(string? user, string reason)
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await using var sink = await database.SinkAsync();
        var record = Logins.Record();
        record.UserId = user!;
        Assert.Equal([Outcome.Quarantined], (await sink.WriteAsync([record], TestDatabase.Token)).Outcomes);
        Assert.Equal(1, await database.CountAsync($"login_etl_quarantine WHERE reason = '{reason}' AND field = 'user_id'"));
    }

    [Theory]
    [InlineData("it's \"quoted\" \\ $login_etl$ 😀 ' || x")]
    [InlineData("{\"o\":1}")]
    [InlineData("],[{")]
    public async Task Any_text_survives_the_way_of_single_rows(string text)
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await database.RunAsync("ALTER TABLE user_logins ADD CHECK (user_id <> 'bad')");
        await using var sink = await database.SinkAsync();
        var result = await sink.WriteAsync([Logins.Record(user: text, locale: null), Logins.Record(user: "bad")], TestDatabase.Token);
        Assert.Equal([Outcome.Written, Outcome.Quarantined], result.Outcomes);
        Assert.Equal(text, await database.ReadAsync<string>("SELECT user_id FROM user_logins WHERE locale IS NULL AND app_version = 2003000"));
    }
}
