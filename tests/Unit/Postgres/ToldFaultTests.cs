using LoginEtl.Checks;
using LoginEtl.Faults;
using LoginEtl.Postgres;
using LoginEtl.Records;
using LoginEtl.Run;
using LoginEtl.Settings;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Postgres;

/// <summary>Whose fault it is, row, table or way to the database, and that it is told as what it is.</summary>
public sealed class ToldFaultTests(ServersFixture servers)
{
    private const string ByLocale = LoginTable.Begun + " PARTITION BY LIST (locale); CREATE TABLE ru PARTITION OF user_logins FOR VALUES IN ('RU');";

    private const string ByLocaleAndDay =
        LoginTable.Begun + " PARTITION BY LIST (locale); CREATE TABLE ru PARTITION OF user_logins FOR VALUES IN ('RU') PARTITION BY RANGE (create_date);"
        + "CREATE TABLE recent PARTITION OF ru FOR VALUES FROM ('2020-01-01') TO (MAXVALUE);";

    private const string ByExpression =
        LoginTable.Begun + " PARTITION BY LIST (left(locale, 1)); CREATE TABLE r PARTITION OF user_logins FOR VALUES IN ('R');";

    [Theory]
    [InlineData(ByLocale)]
    [InlineData(ByLocaleAndDay)]
    public async Task Row_whose_locale_has_no_partition_goes_to_quarantine_and_the_others_are_written(string ddl)
    {
        var database = await TestDatabase.InitializedAsync(servers, ddl);
        await using var sink = await database.SinkAsync();
        for (var round = 0; round < 2; round++)
        {
            ProtectedLogin[] batch = [.. Logins.Records(20), Logins.Record(locale: "XX"), Logins.Record(locale: null)];
            var result = await sink.WriteAsync(batch, TestDatabase.Token);
            Assert.Equal([.. Enumerable.Repeat(Outcome.Written, 20), Outcome.Quarantined, Outcome.Quarantined], result.Outcomes);
        }

        Assert.Equal(4, await database.CountAsync("login_etl_quarantine WHERE sqlstate = '23514'"));
    }

    [Theory]
    [InlineData(ByLocaleAndDay)]
    [InlineData(ByExpression)]
    public async Task Partition_that_is_missing_for_what_the_sender_does_not_fill_stops_the_run_and_is_told_as_one(string ddl)
    {
        var database = await TestDatabase.InitializedAsync(servers, ddl);
        await using var sink = await database.SinkAsync();
        var old = Logins.Record(locale: ddl == ByExpression ? "XX" : "RU");
        old.CreateDate = new DateOnly(2001, 1, 1);
        var fault = await Assert.ThrowsAsync<LoginEtlException>(() => sink.WriteAsync([.. Logins.Records(20), old], TestDatabase.Token));
        Assert.Equal("WriteFailed", fault.Id);
        Assert.Contains("A partition is missing", fault.Message, StringComparison.Ordinal);
        Assert.Contains(ddl == ByExpression ? "user_logins" : "ru", fault.Message, StringComparison.Ordinal);
        Assert.Equal(0, await database.CountAsync("login_etl_quarantine"));
    }

    [Fact]
    public async Task Table_of_another_database_is_told_as_one()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        var fault = await Assert.ThrowsAsync<LoginEtlException>(() => database.SinkAsync(table: "other.public.user_logins"));
        Assert.Equal("InvalidTableName", fault.Id);
        Assert.Contains("names a database", fault.Message, StringComparison.Ordinal);
        fault = await Assert.ThrowsAsync<LoginEtlException>(() => database.InitializeAsync("other.public.user_logins"));
        Assert.Contains("names a database", fault.Message, StringComparison.Ordinal);
        var checks = await new PostgresConnector().CheckAsync(database.Settings("other.public.user_logins"), new SinkOptions(), TestDatabase.Token);
        Assert.Contains("names a database", Assert.Single(checks, c => c.Outcome == CheckOutcome.Fail).Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Role_that_is_read_only_fails_before_a_message_is_taken()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await database.AsRoleAsync(role => $"{TestDatabase.WriterRights(role)} ALTER ROLE {role} SET default_transaction_read_only = on", async settings =>
        {
            var fault = await Assert.ThrowsAsync<LoginEtlException>(() => database.SinkAsync(settings: settings));
            Assert.Equal("DatabaseReadOnly", fault.Id);
            Assert.Contains("default_transaction_read_only", fault.Remedy, StringComparison.Ordinal);
            var checks = await new PostgresConnector().CheckAsync(settings, new SinkOptions(), TestDatabase.Token);
            Assert.Equal("Database server", Assert.Single(checks, c => c.Outcome == CheckOutcome.Fail).Name);
        });
    }

    [Theory]
    [InlineData("no such database: s3cret", "DatabaseNotFound", "no such database")]
    [InlineData("database \"s3cret\" is disabled", "DatabaseNotFound", "disabled")]
    [InlineData("no such user: s3cret", "DatabaseAccessDenied", "refused the login")]
    [InlineData("password authentication failed", "DatabaseAccessDenied", "refused the login")]
    [InlineData("auth failed", "DatabaseAccessDenied", "refused the login")]
    [InlineData("unsupported startup parameter: s3cret", "InvalidDatabase", "parameter")]
    [InlineData("no more connections allowed (max_client_conn)", "DatabaseUnreachable", "full")]
    [InlineData("max clients reached, limited to pool_size", "DatabaseUnreachable", "full")]
    [InlineData("query_wait_timeout", "DatabaseUnreachable", "full")]
    [InlineData("server login has been failing, cached error: password authentication failed for user \"s3cret\"", "DatabaseUnreachable", "behind it")]
    [InlineData("bouncer config error s3cret", "DatabaseUnreachable", "pooler")]
    public async Task Refusal_of_a_pooler_is_told_as_what_it_is_and_not_quoted(string text, string id, string told)
    {
        await using var pooler = new PoolerStub(text);
        var settings = new DatabaseSettings { Database = new SecretText(pooler.ConnectionString) };
        var options = new SinkOptions { RetryFor = TimeSpan.FromMilliseconds(200) };
        var fault = await Assert.ThrowsAsync<LoginEtlException>(() => new PostgresConnector().WriteToAsync(settings, options, TestDatabase.Token));
        Assert.Equal(id, fault.Id);
        Assert.Contains("pooler", fault.Message, StringComparison.Ordinal);
        Assert.Contains(told, fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", fault.ToString() + fault.Remedy, StringComparison.Ordinal);
        var check = Assert.Single(await new PostgresConnector().CheckAsync(settings, options, TestDatabase.Token));
        Assert.Equal((CheckOutcome.Fail, fault.Message), (check.Outcome, check.Detail));
    }
}
