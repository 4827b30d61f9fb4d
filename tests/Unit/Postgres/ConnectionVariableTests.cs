using LoginEtl.Faults;
using LoginEtl.Postgres;
using LoginEtl.Settings;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Postgres;

/// <summary>Variables of PostgreSQL that the driver reads: what is no value of theirs is neither sent nor said.</summary>
[Collection(RunsAlone.Name)]
public sealed class ConnectionVariableTests(ServersFixture servers) : IDisposable
{
    private const string Text = "Host=db.example;Username=etl;Password=s3cret";
    private readonly EnvironmentVariables _variables = new();

    public void Dispose() => _variables.Dispose();

    [Theory]
    [InlineData("PGUSER", "postgresql://etl:s3cret@db/x")]
    [InlineData("PGOPTIONS", Text)]
    [InlineData("PGOPTIONS", "postgresql://etl:s3cret@db/x")]
    [InlineData("PGCLIENTENCODING", Text)]
    [InlineData("PGTZ", Text)]
    public async Task Connection_string_in_a_variable_is_refused_before_anything_is_sent(string variable, string text)
    {
        _variables[variable] = text;
        var fault = await Assert.ThrowsAsync<LoginEtlException>(() => new PostgresConnector().WriteToAsync(
            new DatabaseSettings { Database = new SecretText("Host=127.0.0.1;Port=1;Database=d") }, new SinkOptions(), TestDatabase.Token));
        Assert.Equal("InvalidDatabase", fault.Id);
        Assert.DoesNotContain("s3cret", fault.ToString() + fault.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Variables_with_values_of_theirs_are_the_drivers()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        (_variables["PGOPTIONS"], _variables["PGTZ"], _variables["PGCLIENTENCODING"]) = ("-c work_mem=8MB", "Europe/Berlin", "UTF8");
        await using var sink = await database.SinkAsync();
        await sink.WriteAsync(Logins.Records(2), TestDatabase.Token);
        Assert.Equal(2, await database.CountAsync());
    }

    [Fact]
    public async Task Password_file_with_a_line_that_is_none_is_the_operators_to_mend()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, "127.0.0.1:1:s3cret\n", TestDatabase.Token);
            _variables["PGPASSFILE"] = file;
            var fault = await Assert.ThrowsAsync<LoginEtlException>(() => new PostgresConnector().WriteToAsync(
                new DatabaseSettings { Database = new SecretText(new Npgsql.NpgsqlConnectionStringBuilder(database.ConnectionString) { Password = null }.ConnectionString) }, new SinkOptions(), TestDatabase.Token));
            Assert.Equal("InvalidDatabase", fault.Id);
            Assert.Contains("password file", fault.Message, StringComparison.Ordinal);
            Assert.DoesNotContain("s3cret", fault.ToString() + fault.Remedy, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(file);
        }
    }
}
