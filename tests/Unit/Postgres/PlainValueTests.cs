using LoginEtl.Faults;
using LoginEtl.Keysets;
using LoginEtl.Postgres;
using LoginEtl.Recovery;
using LoginEtl.Rotation;
using LoginEtl.Settings;
using LoginEtl.Tokens;
using LoginEtl.Unit.Fixtures;
using LoginEtl.Unit.Privacy.Recovery;
using Npgsql;
using Xunit;

namespace LoginEtl.Unit.Postgres;

/// <summary>A table that an earlier script has filled: its values become tokens that join with those of runs.</summary>
public sealed class PlainValueTests(ServersFixture servers) : IDisposable
{
    private const string Digest = "ef2d127de37b942baad06145e54b0c619a1f22327b2ebbcfbec78f5564afe39d";

    private readonly RotatingKeys _keys = new();

    public void Dispose() => _keys.Dispose();

    [Fact]
    public async Task Values_become_the_tokens_that_runs_make_and_what_nobody_knows_stays_and_is_counted()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await database.RunAsync(
            $"""
            INSERT INTO user_logins (user_id, masked_ip, masked_device_id) VALUES
                ('plain', '10.1.0.1', 'device-1'), ('reversed', 'rev:2.0.1.01', 'device-2'), ('digest', '{Digest}', 'device-3'), ('empty', '', NULL), ('none', NULL, NULL), ('six', '2001:DB8::0001', 'device-1')
            """);
        await RotatingLogins.WriteAsync(database, [RotatingLogins.Record(_keys, 1, "run")]);
        var receipt = await AdoptAsync(database);
        Assert.Equal((4, 7, 1, 2), (receipt.RowsUpdated, receipt.TokensReplaced, receipt.Passes, receipt.ExitCode));
        Assert.Equal([new UnreadableTokens("ip", null, 2, "they are no tokens, and what they say was not told, or is too long")], receipt.Unreadable);
        Assert.Equal("plain run", await database.ReadAsync<string>("SELECT string_agg(DISTINCT t.user_id, ' ' ORDER BY t.user_id) FROM user_logins t JOIN user_logins r USING (masked_ip, masked_device_id) WHERE r.user_id = 'run'"));
        var tokens = await database.ReadAsync<string[]>("SELECT array_agg(coalesce(masked_ip, '-') ORDER BY user_id) FROM user_logins");
        using var ring = _keys.Open();
        using var opener = new TokenOpener(ring, "ip");
        Assert.Equal(["10.1.0.2", "2001:db8::1"], opener.Open([tokens[4], tokens[6]]).Select(o => o.Plaintext!.Reveal()));
        Assert.Equal([Digest, "", "-"], tokens[..3]);

        // There is nothing more to do, and it is asked again of what nobody knows.
        var again = await AdoptAsync(database);
        Assert.Equal((0, 2), (again.RowsUpdated, again.ExitCode));
        Assert.Equal(0, (await RotatingLogins.RotateAsync(database, _keys)).RowsUpdated);
    }

    [Fact]
    public async Task It_goes_on_where_it_was_stopped_and_asks_once_of_a_value_in_a_transaction()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await database.RunAsync("INSERT INTO user_logins (user_id, masked_ip, masked_device_id) SELECT n, '10.0.0.' || n % 10, 'device-' || n FROM generate_series(1, 3000) n");
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestDatabase.Token);
        var asked = new List<string>();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => AdoptAsync(database, asked: asked, report: _ => stop.Cancel(), stop: stop.Token));
        Assert.Equal(asked.Distinct(), asked);
        var left = await database.CountAsync("user_logins WHERE masked_ip LIKE '10.%'");
        Assert.InRange(left, 1, 2999);
        Assert.Equal((left, 0), ((await AdoptAsync(database)).RowsUpdated, await database.CountAsync("user_logins WHERE masked_ip NOT LIKE 'siv1.%' OR masked_device_id NOT LIKE 'siv1.%'")));
        Assert.Equal(10, await database.ReadAsync<long>("SELECT count(DISTINCT masked_ip) FROM user_logins"));
        await using var table = await database.TokensAsync();
        using var ring = _keys.Open();
        Assert.Equal(300, await table.FindAsync("ip", TokenFinder.TokensOf(ring, "ip", new Plaintext("10.0.0.3")), TestDatabase.Token).CountAsync(TestDatabase.Token));
    }

    [Fact]
    public async Task Keys_that_they_come_under_are_known_to_the_database_and_no_others_are_taken()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await database.RunAsync("INSERT INTO user_logins (user_id, masked_ip) VALUES ('a', '10.0.0.1')");
        await AdoptAsync(database);
        await using var table = await database.TokensAsync();
        Assert.Equal(["device_id primary", "ip primary"], (await table.KeysAsync(TestDatabase.Token)).Select(k => $"{k.Attribute} {StoredKeys.Text(k.State)}").Order());
        var folder = Directory.CreateTempSubdirectory("login-etl-keys-");
        KeysetCeremony.Create(Path.Combine(folder.FullName, "keys"), Path.Combine(folder.FullName, "private", "quarantine.json"), new NewKeysetOptions());
        await RefusedAsync(database, ErrorId.KeyNotKnown, keys: Path.Combine(folder.FullName, "keys"));
        folder.Delete(recursive: true);
        // Of a method that the database was never told.
        await RefusedAsync(database, ErrorId.KeyNotKnown, methods: "ip=mac");
        await RefusedAsync(database, ErrorId.MethodInvalid, methods: "device_id=escrow");
        Assert.Equal(1, await database.CountAsync("user_logins WHERE masked_ip LIKE 'siv1.%'"));
    }

    [Theory]
    [InlineData("varchar(45)")]
    [InlineData("inet")]
    public async Task Column_that_holds_no_token_is_refused_before_anything_is_changed(string type)
    {
        var database = await TestDatabase.InitializedAsync(
            servers, $"CREATE TABLE user_logins (user_id text, device_type text, masked_ip {type}, masked_device_id text, locale text, app_version integer, create_date date)");
        await database.RunAsync("INSERT INTO user_logins (masked_ip, masked_device_id) VALUES ('10.0.0.1', 'device-1')");
        await RefusedAsync(database, ErrorId.TableUnsuitable);
        Assert.Equal(1, await database.CountAsync("user_logins WHERE masked_device_id = 'device-1'"));
    }

    [Fact]
    public async Task Log_of_every_statement_with_its_parameters_shows_no_value()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        var name = new NpgsqlConnectionStringBuilder(database.ConnectionString).Database;
        await database.RunAsync($"ALTER DATABASE {name} SET log_min_duration_statement = 0; ALTER DATABASE {name} SET log_parameter_max_length = -1; INSERT INTO user_logins (user_id, masked_ip, masked_device_id) VALUES ('a', '198.51.100.213', 'canary-of-a-log')");
        NpgsqlConnection.ClearAllPools();
        Assert.SkipWhen(servers.Postgres.LogPath is null, "The server is not ours, and its log is elsewhere.");
        var path = servers.Postgres.LogPath!;
        var before = new FileInfo(path).Length;
        Assert.Equal(1, (await AdoptAsync(database)).RowsUpdated);
        await using var log = File.Open(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        log.Seek(before, SeekOrigin.Begin);
        var said = await new StreamReader(log).ReadToEndAsync(TestDatabase.Token);
        Assert.Contains("login_etl_change", said, StringComparison.Ordinal);
        Assert.DoesNotContain("198.51.100.213", said, StringComparison.Ordinal);
        Assert.DoesNotContain("canary-of-a-log", said, StringComparison.Ordinal);
    }

    private async Task RefusedAsync(TestDatabase database, ErrorId error, string? keys = null, string methods = "") =>
        Assert.Equal(error, (await Assert.ThrowsAsync<LoginEtlException>(() => AdoptAsync(database, keys, methods))).Error);

    private async Task<RotationReceipt> AdoptAsync(
        TestDatabase database, string? keys = null, string methods = "", List<string>? asked = null, Action<RotationProgress>? report = null, CancellationToken? stop = null)
    {
        await using var tokens = await database.TokensAsync();
        using var ring = Keyring.Open(keys ?? _keys.Folder);
        using var rotation = new TokenRotation(
            tokens, ring,
            new RotationOptions
            {
                BatchSize = 100,
                Plain = new PlainValues((_, value) =>
                {
                    asked?.Add(value);
                    return value is Digest or "" ? null : new Plaintext(value.StartsWith("rev:", StringComparison.Ordinal) ? string.Concat(value[4..].Reverse()) : value);
                })
                { Methods = MaskMethods.Parse(methods) },
            });
        return await rotation.RunAsync(report, stop ?? TestDatabase.Token);
    }
}
