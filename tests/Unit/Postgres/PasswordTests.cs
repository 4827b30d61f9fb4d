using LoginEtl.Faults;
using LoginEtl.Postgres.Connections;
using LoginEtl.Run;
using LoginEtl.Settings;
using LoginEtl.Unit.Fixtures;
using Npgsql;
using Xunit;

namespace LoginEtl.Unit.Postgres;

/// <summary>Where passwords come from when none stands in the settings.</summary>
public sealed class PasswordTests(ServersFixture servers)
{
    [Fact]
    public async Task Source_is_asked_once_for_each_physical_connection()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        var source = new CountingSource(servers.Postgres.Password);
        var settings = Without(database) with { PasswordSource = source, PasswordAccount = new AwsSettings { Region = "eu-central-1" } };
        await using var sink = await database.SinkAsync(settings: settings);
        await sink.WriteAsync(Logins.Records(2), TestDatabase.Token);
        // Runs prune at their begin, beside their batches; from its end on there is one user of connections.
        var quiet = 0;
        await Until.Async(
            async () => (quiet = await database.CountAsync("pg_stat_activity WHERE datname = current_database() AND application_name = 'LoginEtl' AND state <> 'idle'") == 0 ? quiet + 1 : 0) >= 20,
            "the end of the pruning");

        for (var batch = 1; batch < 8; batch++)
        {
            await sink.WriteAsync(Logins.Records(2), TestDatabase.Token);
        }

        // One for the batches, and at most one for the pruning beside them.
        Assert.InRange(source.Asked.Count, 1, 2);
        Assert.All(source.Asked, a => Assert.Equal((servers.Postgres.Host, servers.Postgres.Port, servers.Postgres.User, "eu-central-1"), a));
        var asked = source.Asked.Count;

        await database.RunAsync("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name = 'LoginEtl'");
        await sink.WriteAsync(Logins.Records(2), TestDatabase.Token);
        Assert.Equal(asked + 1, source.Asked.Count);
        Assert.Equal(18, await database.CountAsync());
    }

    [Fact]
    public async Task Source_wins_over_a_password_in_the_settings()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        var settings = database.Settings() with { Password = new SecretText("old"), PasswordSource = new CountingSource(servers.Postgres.Password) };
        await using var sink = await database.SinkAsync(settings: settings);
        settings = settings with { PasswordSource = new CountingSource("wrong-4711") };
        var fault = await Assert.ThrowsAsync<LoginEtlException>(() => database.SinkAsync(settings: settings));
        Assert.Equal("DatabaseAccessDenied", fault.Id);
        Assert.DoesNotContain("4711", fault.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Fault_of_the_source_ends_the_run_as_it_is()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        var settings = Without(database) with { PasswordSource = new CountingSource(null) };
        var fault = await Assert.ThrowsAsync<LoginEtlException>(() => database.SinkAsync(settings: settings));
        Assert.Equal(("NoToken", FaultKind.Denied), (fault.Id, fault.Kind));
    }

    [Theory]
    [InlineData("Host=db.example;Username=u;SSL Mode=Prefer")]
    [InlineData("Host=db.example;Username=u;SSL Mode=Disable")]
    [InlineData("Host=db.example")]
    public void Source_needs_a_user_and_an_encrypted_connection(string text)
    {
        var settings = new DatabaseSettings { Database = new SecretText(text), PasswordSource = new CountingSource("x") };
        Assert.Equal("InvalidDatabase", Assert.Throws<LoginEtlException>(() => Database.From(settings)).Id);
    }

    [Fact]
    public async Task Password_file_is_read_for_strings_and_uris()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        var server = servers.Postgres;
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, $"other:*:*:*:no\n{server.Host}:{server.Port}:*:{server.User}:{server.Password}\n", TestDatabase.Token);
            var name = new NpgsqlConnectionStringBuilder(database.ConnectionString).Database;
            foreach (var text in new[]
            {
                $"{Without(database).Database.Reveal()};Passfile={file}",
                $"postgresql://{server.User}@{server.Host}:{server.Port}/{name}?passfile={Uri.EscapeDataString(file)}",
            })
            {
                await using var sink = await database.SinkAsync(settings: new DatabaseSettings { Database = new SecretText(text) });
            }

            Assert.Equal("DatabaseAccessDenied", (await Assert.ThrowsAsync<LoginEtlException>(() => database.SinkAsync(settings: Without(database)))).Id);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task User_name_and_password_of_the_settings_win()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        var right = new NpgsqlConnectionStringBuilder(database.ConnectionString);
        var wrong = database.Settings() with { UserName = "nobody", Password = new SecretText("wrong") };
        Assert.Equal(FaultKind.Denied, (await Assert.ThrowsAsync<LoginEtlException>(() => database.SinkAsync(settings: wrong))).Kind);
        Assert.Equal(FaultKind.Denied, (await Assert.ThrowsAsync<LoginEtlException>(() => database.SinkAsync(settings: wrong with { UserName = right.Username }))).Kind);

        var settings = new DatabaseSettings
        {
            Database = new SecretText(new NpgsqlConnectionStringBuilder(database.ConnectionString) { Username = "nobody", Password = "wrong" }.ConnectionString),
            UserName = right.Username,
            Password = new SecretText(right.Password!),
        };
        await using var sink = await database.SinkAsync(settings: settings);
        Assert.Equal([Outcome.Written], (await sink.WriteAsync(Logins.Records(1), TestDatabase.Token)).Outcomes);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Password_that_rotates_in_the_middle_of_a_run_is_picked_up(bool fromSource)
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await database.AsRoleAsync(r => $"ALTER ROLE {r} PASSWORD 'first'; GRANT ALL ON ALL TABLES IN SCHEMA public TO {r}", async theirs =>
        {
            var role = theirs.UserName;
            var file = Path.GetTempFileName();
            var source = new CountingSource("first");
            try
            {
                await File.WriteAllTextAsync(file, $"*:*:*:{role}:first\n", TestDatabase.Token);
                var settings = Without(database) with { UserName = role };
                settings = fromSource
                    ? settings with { PasswordSource = source }
                    : settings with { Database = new SecretText($"{settings.Database.Reveal()};Passfile={file}") };
                await using var sink = await database.SinkAsync(settings: settings);
                await sink.WriteAsync(Logins.Records(2), TestDatabase.Token);

                await database.RunAsync($"ALTER ROLE {role} PASSWORD 'second'");
                source.Password = "second";
                await File.WriteAllTextAsync(file, $"*:*:*:{role}:second\n", TestDatabase.Token);
                await database.RunAsync($"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{role}'");

                await sink.WriteAsync(Logins.Records(2), TestDatabase.Token);
                Assert.Equal(4, await database.CountAsync());
            }
            finally
            {
                File.Delete(file);
            }
        });
    }

    [Theory]
    [InlineData("Host=127.0.0.1", true, false)]
    [InlineData("Host=db.example", false, true)]
    [InlineData("Host=db.example;SSL Mode=Require", false, false)]
    [InlineData("postgresql://db.example/d?sslmode=verify-ca", false, true)]
    public async Task Settings_say_whether_anything_verifies_the_server(string text, bool isLocal, bool isVerified)
    {
        await using var database = Database.From(new DatabaseSettings { Database = new SecretText(text) });
        Assert.Equal((isLocal, isVerified), (database.IsLocal, database.IsVerified));
    }

    private static DatabaseSettings Without(TestDatabase database)
    {
        var builder = new NpgsqlConnectionStringBuilder(database.ConnectionString);
        builder.Remove("Password");
        return database.Settings() with { Database = new SecretText(builder.ConnectionString) };
    }

    private sealed class CountingSource(string? password) : IDatabasePasswordProvider
    {
        public string? Password { get; set; } = password;

        public List<(string Host, int Port, string User, string? Region)> Asked { get; } = [];

        public ValueTask<string> GetAsync(string host, int port, string user, AwsSettings account, CancellationToken cancellationToken)
        {
            Asked.Add((host, port, user, account.Region));
            return ValueTask.FromResult(Password ?? throw new LoginEtlException(new ErrorId(FaultKind.Denied, "NoToken"), "There is no token.", "Get one."));
        }
    }
}
