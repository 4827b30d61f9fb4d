using LoginEtl.Checks;
using LoginEtl.Faults;
using LoginEtl.Postgres;
using LoginEtl.Run;
using LoginEtl.Sandbox.Servers;
using LoginEtl.Settings;
using LoginEtl.Unit.Fixtures;
using Npgsql;
using Xunit;

namespace LoginEtl.Unit.Postgres;

/// <summary>A real server with a certificate of an authority of its own, made for the name localhost.</summary>
public sealed class TlsTests
{
    [Fact]
    public async Task Server_is_who_its_authority_says_or_nothing_is_sent_to_it()
    {
        using var authority = new CertificateAuthority();
        using var stranger = new CertificateAuthority();
        await using var server = await PostgresServer.StartAsync(TestPostgres.Options with { Fast = true }, TestDatabase.Token);
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The server takes its certificate from a shell.");
        await GiveCertificateAsync(server, authority.Issue("localhost"));
        var byName = With(server, "localhost", null);
        var settings = new DatabaseSettings { Database = new SecretText(byName), RootCertificate = authority.Path };
        await new PostgresConnector().InitializeAsync(settings, new SchemaOptions(), TestDatabase.Token);

        await using (var sink = await new PostgresConnector().WriteToAsync(settings, new SinkOptions(), TestDatabase.Token))
        {
            Assert.Equal([Outcome.Written], (await sink.WriteAsync([Logins.Record()], TestDatabase.Token)).Outcomes);
        }

        var check = await TlsCheckAsync(settings);
        Assert.Equal((CheckOutcome.Pass, "encrypted; the server's certificate is verified"), (check.Outcome, check.Detail));

        var uri = $"postgresql://{server.User}:{server.Password}@localhost:{server.Port}/{server.Database}?sslmode=";
        Assert.Equal(CheckOutcome.Pass, (await TlsCheckAsync(Of($"{uri}verify-full&sslrootcert={Uri.EscapeDataString(authority.Path)}"))).Outcome);
        Assert.Equal(CheckOutcome.Pass, (await TlsCheckAsync(Of($"{uri.Replace("localhost", "127.0.0.1", StringComparison.Ordinal)}verify-ca&sslrootcert={Uri.EscapeDataString(authority.Path)}"))).Outcome);

        await RefusedAsync(settings with { RootCertificate = stranger.Path });
        await RefusedAsync(settings with { Database = new SecretText(With(server, "127.0.0.1", null)) });
        await RefusedAsync(Of(With(server, "localhost", SslMode.VerifyFull)));
        await RefusedAsync(Of($"{uri}verify-full&sslrootcert={Uri.EscapeDataString(stranger.Path)}"));
    }

    private static DatabaseSettings Of(string database) => new() { Database = new SecretText(database) };

    private static string With(PostgresServer server, string host, SslMode? mode)
    {
        var builder = new NpgsqlConnectionStringBuilder(server.ConnectionString) { Host = host };
        if (mode is { } wanted)
        {
            builder.SslMode = wanted;
        }

        return builder.ConnectionString;
    }

    private static async Task<Check> TlsCheckAsync(DatabaseSettings settings)
    {
        var checks = await new PostgresConnector().CheckAsync(settings, new SinkOptions(), TestDatabase.Token);
        return checks.FirstOrDefault(c => c.Name == "Database TLS") ?? checks[0];
    }

    private static async Task RefusedAsync(DatabaseSettings settings)
    {
        var fault = await Assert.ThrowsAsync<LoginEtlException>(() => new PostgresConnector().WriteToAsync(settings, new SinkOptions(), TestDatabase.Token));
        Assert.Equal(("DatabaseTlsFailed", FaultKind.Unreachable), (fault.Id, fault.Kind));
    }

    // The server writes the files itself: a key must be its own account's, for it alone.
    private static async Task GiveCertificateAsync(PostgresServer server, (string Certificate, string Key) issued)
    {
        await using var source = NpgsqlDataSource.Create(server.ConnectionString + ";Pooling=false");
        foreach (var sql in new[] { File("server.crt", issued.Certificate), File("server.key", issued.Key), "ALTER SYSTEM SET ssl = on", "SELECT pg_reload_conf()" })
        {
            await using var command = source.CreateCommand(sql);
            await command.ExecuteNonQueryAsync(TestDatabase.Token);
        }

        static string File(string name, string pem) =>
            $"COPY (SELECT unnest(string_to_array('{pem.ReplaceLineEndings("\n")}', E'\\n'))) TO PROGRAM 'umask 077; cat > {name}'";
    }
}
