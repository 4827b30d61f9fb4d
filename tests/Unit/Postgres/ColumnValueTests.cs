using System.Text;
using LoginEtl.Decoding;
using LoginEtl.Postgres;
using LoginEtl.Quarantine;
using LoginEtl.Records;
using LoginEtl.Run;
using LoginEtl.Settings;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Postgres;

/// <summary>Columns that hold a moment instead of a day, and a uuid instead of a text.</summary>
public sealed class ColumnValueTests(ServersFixture servers) : IDisposable
{
    private const string RefusesBad = "ALTER TABLE user_logins ADD CHECK (locale <> 'bad')";
    private static readonly DateTimeOffset Sent = DateTimeOffset.FromUnixTimeMilliseconds(DateTimeOffset.UtcNow.AddHours(-5).ToUnixTimeMilliseconds());
    private readonly TestKeys _keys = new();

    public void Dispose() => _keys.Dispose();

    [Theory]
    [InlineData("timestamptz")]
    [InlineData("timestamp")]
    [InlineData("timestamp(0)")]
    public async Task Moment_of_sending_is_written_to_a_column_that_holds_one(string type)
    {
        var database = await TestDatabase.InitializedAsync(servers);
        // A session's time zone has no say in it.
        await database.RunAsync($"ALTER TABLE user_logins ALTER create_date TYPE {type}; {RefusesBad}; " + "DO $$BEGIN EXECUTE format('ALTER DATABASE %I SET timezone = ''Asia/Kolkata''', current_database()); END$$");
        await using var sink = await database.SinkAsync();
        Assert.Equal([Outcome.Written], (await sink.WriteAsync([Record()], TestDatabase.Token)).Outcomes);
        // One by one, as rows are written that have a bad one beside them.
        Assert.Equal([Outcome.Written, Outcome.Quarantined], (await sink.WriteAsync([Record(), Record("bad")], TestDatabase.Token)).Outcomes);
        await RestoreAsync(database);
        var moment = type == "timestamptz" ? "create_date AT TIME ZONE 'UTC'" : "create_date";
        Assert.Equal(3, await database.CountAsync($"user_logins WHERE {moment} = '{Sent.UtcDateTime:yyyy-MM-dd HH:mm:ss.fff}'::{type.Replace("timestamptz", "timestamp", StringComparison.Ordinal)}"));
    }

    [Fact]
    public async Task Day_that_a_script_has_set_is_its_midnight()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await database.RunAsync("ALTER TABLE user_logins ALTER create_date TYPE timestamp");
        var record = (LoginRecord)Record();
        record.CreateDate = new DateOnly(2020, 2, 29);
        await using var sink = await database.SinkAsync();
        await sink.WriteAsync([record], TestDatabase.Token);
        Assert.Equal(1, await database.CountAsync("user_logins WHERE create_date = '2020-02-29 00:00:00'"));
    }

    [Fact]
    public async Task Text_that_is_a_uuid_is_written_to_a_uuid_column_and_what_is_none_is_quarantined()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await database.RunAsync($"ALTER TABLE user_logins ALTER user_id TYPE uuid USING user_id::uuid; {RefusesBad}");
        await using var sink = await database.SinkAsync();
        string[] good = ["424cdd21-063a-43a7-b91b-7ca1a833afae", "424CDD21063A43A7B91B7CA1A833AFAE", "{424cdd21-063a-43a7-b91b-7ca1a833afae}"];
        string[] bad = ["424cdd21-063a-43a7-b91b-7ca1a833afa", "0x4cdd21-063a-43a7-b91b-7ca1a833afae", "somebody", "", "(424cdd21-063a-43a7-b91b-7ca1a833afae)"];
        var outcomes = (await sink.WriteAsync([.. good.Concat(bad).Select(u => Logins.Record(user: u))], TestDatabase.Token)).Outcomes;
        Assert.Equal([.. good.Select(_ => Outcome.Written), .. bad.Select(_ => Outcome.Quarantined)], outcomes);
        Assert.Equal(bad.Length, await database.CountAsync("login_etl_quarantine WHERE reason = 'invalid_uuid' AND field = 'user_id'"));
        Assert.Equal(
            [Outcome.Written, Outcome.Quarantined],
            (await sink.WriteAsync([Logins.Record(user: good[0]), Logins.Record(user: good[1], locale: "bad")], TestDatabase.Token)).Outcomes);
        Assert.Equal(4, await database.CountAsync($"user_logins WHERE user_id = '{good[0]}'"));
    }

    private ProtectedLogin Record(string locale = "DE")
    {
        using var protector = _keys.Protector();
        return protector.Protect(LoginDecoder.Decode(
            Logins.Delivery(sent: Sent),
            Encoding.UTF8.GetBytes($$"""{"user_id":"u1","app_version":"2.3.0","ip":"10.1.2.3","device_id":"d","locale":"{{locale}}"}""")));
    }

    private async Task RestoreAsync(TestDatabase database)
    {
        await database.RunAsync("ALTER TABLE user_logins DROP CONSTRAINT user_logins_locale_check");
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
