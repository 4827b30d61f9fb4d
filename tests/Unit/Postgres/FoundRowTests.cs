using LoginEtl.Rotation;
using LoginEtl.Unit.Fixtures;
using Npgsql;
using Xunit;

namespace LoginEtl.Unit.Postgres;

/// <summary>Rows that are found say what was written.</summary>
public sealed class FoundRowTests(ServersFixture servers)
{
    [Theory]
    [InlineData("date")]
    [InlineData("timestamp")]
    [InlineData("timestamptz")]
    public async Task Day_of_a_login_is_the_one_that_was_written_whatever_the_time_zone_of_the_database(string type)
    {
        var database = await TestDatabase.InitializedAsync(
            servers, $"CREATE TABLE user_logins (user_id varchar(128), device_type varchar(32), masked_ip varchar(256), masked_device_id varchar(256), locale varchar(32), app_version integer, create_date {type})");
        var name = new NpgsqlConnectionStringBuilder(database.ConnectionString).Database;
        await database.RunAsync($"ALTER DATABASE \"{name}\" SET TimeZone = 'America/New_York'");
        var record = Logins.Record();
        await using (var sink = await database.SinkAsync())
        {
            await sink.WriteAsync([record], TestDatabase.Token);
        }

        await using var tokens = await database.TokensAsync();
        var found = new List<StoredLogin>();
        await foreach (var row in tokens.FindAsync("ip", [record.MaskedIp!], TestDatabase.Token))
        {
            found.Add(row);
        }

        Assert.Equal(record.CreateDate, Assert.Single(found).CreateDate);
    }

    [Theory]
    [InlineData("date")]
    [InlineData("timestamp")]
    [InlineData("timestamptz")]
    public async Task Row_with_a_day_that_NET_has_not_is_found_without_one(string type)
    {
        var database = await TestDatabase.InitializedAsync(
            servers, $"CREATE TABLE user_logins (user_id varchar(128), device_type varchar(32), masked_ip varchar(256), masked_device_id varchar(256), locale varchar(32), app_version integer, create_date {type})");
        await database.RunAsync("INSERT INTO user_logins (masked_ip, create_date) SELECT 'siv1.AAAAAA', d::timestamptz FROM unnest(ARRAY['infinity', '-infinity', '4000-01-01 BC', '12000-01-01', '2026-01-02Z']) d");
        await using var tokens = await database.TokensAsync();
        var days = await tokens.FindAsync("ip", ["siv1.AAAAAA"], TestDatabase.Token).Select(r => r.CreateDate).ToListAsync(TestDatabase.Token);
        Assert.Equal([new DateOnly(2026, 1, 2)], days.OfType<DateOnly>());
        Assert.Equal(5, days.Count);
    }
}
