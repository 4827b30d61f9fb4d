using LoginEtl.Aws;
using LoginEtl.Checks;
using LoginEtl.Faults;
using LoginEtl.Keysets;
using LoginEtl.Postgres;
using LoginEtl.Protecting;
using LoginEtl.Quarantine;
using LoginEtl.Records;
using LoginEtl.Run;
using LoginEtl.Settings;
using LoginEtl.Unit.Aws;
using LoginEtl.Unit.Core;
using LoginEtl.Unit.Fixtures;
using Npgsql;
using Xunit;

namespace LoginEtl.Unit.Postgres;

/// <summary>A database knows the keys that its rows were written under, and takes no other unless it is told to.</summary>
public sealed class KeyKnownTests(ServersFixture servers) : IDisposable
{
    private static readonly SinkOptions WithNewKey = new() { NewKey = true };

    private readonly TestKeys _keys = new();
    private readonly List<IDisposable> _opened = [];

    public void Dispose()
    {
        _opened.ForEach(o => o.Dispose());
        _keys.Dispose();
    }

    [Fact]
    public async Task First_keys_are_registered_with_their_check_values_by_a_writer_that_can_do_no_more()
    {
        var database = await TestDatabase.NewAsync(servers);
        await database.InitializeAsync(new SchemaOptions { Roles = true });
        await database.AsMemberAsync("login_etl_writer", async settings =>
        {
            await using var sink = await database.SinkAsync(settings: settings);
            await sink.RequireKeysAsync(PrimaryKeys.Of(_keys.Ring, MaskMethods.Default), TestDatabase.Token);
            Assert.Equal(0, await database.CountAsync("login_etl_key"));
            Assert.Equal([Outcome.Written], (await sink.WriteAsync([Login(_keys.Ring)], TestDatabase.Token)).Outcomes);
            await using var source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(settings.Database.Reveal()) { Username = settings.UserName, Password = "pw", Pooling = false }.ConnectionString);
            foreach (var sql in new[]
            {
                "UPDATE login_etl_key SET state = 'retired'", "UPDATE login_etl_key SET check_value = '0'", "DELETE FROM login_etl_key",
                "INSERT INTO login_etl_key (attribute, method, prefix, state) VALUES ('ip', 'siv', 'siv1.AAAAAA', 'retired')",
            })
            {
                await using var command = source.CreateCommand(sql);
                Assert.Equal("42501", (await Assert.ThrowsAsync<PostgresException>(() => command.ExecuteNonQueryAsync(TestDatabase.Token))).SqlState);
            }
        });
        await using var tokens = await database.TokensAsync();
        var known = await tokens.KeysAsync(TestDatabase.Token);
        Assert.Equal(PrimaryKeys.Of(_keys.Ring, MaskMethods.Default).OrderBy(k => k.Attribute), known.Select(k => k with { ChangedAt = null }));
        Assert.All(known, k => Assert.Matches("^[0-9a-f]{32}$", k.CheckValue));
    }

    [Fact]
    public async Task Another_keyset_is_refused_before_anything_is_written_and_taken_when_that_is_said()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await RotatingLogins.WriteAsync(database, Login(_keys.Ring));
        var other = Other();
        await using (var sink = await database.SinkAsync())
        {
            await RefusedAsync(() => sink.RequireKeysAsync(PrimaryKeys.Of(other, MaskMethods.Default), TestDatabase.Token), "KeyNotKnown");
            var fault = await RefusedAsync(() => sink.WriteAsync([Login(_keys.Ring), Login(other), Logins.Reject()], TestDatabase.Token), "KeyNotKnown");
            var (mine, known) = (PrimaryKeys.Of(other, MaskMethods.Default)[0].Prefix, PrimaryKeys.Of(_keys.Ring, MaskMethods.Default)[0].Prefix);
            Assert.Equal((true, true, FaultKind.Keys), (fault.Message.Contains(mine, StringComparison.Ordinal), fault.Message.Contains($"{known} (primary)", StringComparison.Ordinal), fault.Kind));
            Assert.Contains("-NewKey", fault.Remedy, StringComparison.Ordinal);
        }

        Assert.Equal((1, 1, 0, 2), (await database.CountAsync(), await database.CountAsync("login_etl_ledger"), await database.CountAsync("login_etl_quarantine"), await database.CountAsync("login_etl_key")));
        await using (var sink = await database.SinkAsync(WithNewKey))
        {
            Assert.Equal([Outcome.Written], (await sink.WriteAsync([Login(other)], TestDatabase.Token)).Outcomes);
        }

        await RotatingLogins.WriteAsync(database, Login(other), Login(_keys.Ring));
        Assert.Equal((4, 4), (await database.CountAsync("login_etl_key WHERE state = 'primary'"), await database.CountAsync()));
    }

    [Theory]
    [InlineData("siv1.AZZZZZz", false)]
    [InlineData("siv1.'); DROP ", true)]
    [InlineData("plain text", true)]
    public async Task Key_is_taken_by_a_table_without_a_register_where_its_rows_are_under_it(string otherRows, bool takesAny)
    {
        var database = await TestDatabase.InitializedAsync(servers);
        // More than a look takes in: only the key's own rows are everywhere.
        await database.RunAsync(
            $"INSERT INTO user_logins (user_id, masked_ip, masked_device_id) SELECT g, {Literal(otherRows)} || repeat('x', 200), {Literal(otherRows)} FROM generate_series(1, 20000) g");
        var other = Other();
        await using (var first = await database.SinkAsync(new SinkOptions { DryRun = true }))
        {
            var fault = await Record.ExceptionAsync(() => first.WriteAsync([Login(other)], TestDatabase.Token));
            Assert.Equal(takesAny ? null : "KeyNotKnown", (fault as LoginEtlException)?.Id);
            Assert.Equal(takesAny, fault is null);
        }

        await database.RunAsync($"UPDATE user_logins SET masked_ip = {Literal(Login(_keys.Ring).MaskedIp!)}, masked_device_id = {Literal(Login(_keys.Ring).MaskedDeviceId!)} WHERE user_id::int % 2 = 0");
        await using var sink = await database.SinkAsync(new SinkOptions { DryRun = true });
        await RefusedAsync(() => sink.WriteAsync([Login(other)], TestDatabase.Token), "KeyNotKnown");
        await sink.WriteAsync([Login(_keys.Ring)], TestDatabase.Token);
        // A dry run tells nobody.
        Assert.Equal(0, await database.CountAsync("login_etl_key"));
    }

    [Fact]
    public async Task Keys_of_rows_that_an_earlier_version_wrote_are_registered_by_Initialize_once()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await database.RunAsync("ALTER TABLE user_logins ADD CONSTRAINT never CHECK (user_id <> 'q') NOT VALID");
        var other = Other();
        await RotatingLogins.WriteAsync(database, Login(_keys.Ring, user: "a"));
        await using (var sink = await database.SinkAsync(WithNewKey))
        {
            await sink.WriteAsync([Login(other, user: "q")], TestDatabase.Token);
        }

        await database.RunAsync(
            """
            INSERT INTO user_logins (user_id, masked_ip, masked_device_id) VALUES ('x', 'siv1.''); DROP TABLE user_logins; --', 'siv1.');
            ALTER TABLE login_etl_schema DROP relations;
            DROP TABLE login_etl_key;
            CREATE TABLE login_etl_key (attribute text NOT NULL, prefix text NOT NULL, method text NOT NULL, state text NOT NULL, changed_at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (attribute, prefix))
            """);
        var fault = await Assert.ThrowsAsync<LoginEtlException>(() => database.SinkAsync());
        Assert.Equal("SchemaOutdated", fault.Id);
        Assert.Contains("Run Initialize-LoginDatabase", fault.Remedy, StringComparison.Ordinal);
        var plan = await database.InitializeAsync(planOnly: true);
        Assert.Equal(plan, await database.InitializeAsync());
        Assert.Equal(4, plan.Count);
        Assert.Equal(
            string.Join(",", new[] { "device_id", "ip" }.SelectMany(a => new[] { _keys.Ring, other }.Select(r => $"{a} siv {PrimaryKeys.Of(r, MaskMethods.Default).Single(k => k.Attribute == a).Prefix} primary"))
                .Order(StringComparer.Ordinal)),
            await database.ReadAsync<string>("""SELECT string_agg(concat_ws(' ', attribute, method, prefix, state), ',' ORDER BY concat_ws(' ', attribute, method, prefix, state) COLLATE "C") FROM login_etl_key WHERE check_value IS NULL"""));
        Assert.Empty(await database.InitializeAsync());
        await RotatingLogins.WriteAsync(database, Login(_keys.Ring));
        await RefusedAsync(() => RotatingLogins.WriteAsync(database, Login(Other())), "KeyNotKnown");
        // Without rows under tokens there is nothing to register, and any key is the first.
        await database.RunAsync("DELETE FROM login_etl_key; DELETE FROM login_etl_quarantine; UPDATE user_logins SET masked_ip = NULL, masked_device_id = NULL");
        Assert.Empty(await database.InitializeAsync());
        await RotatingLogins.WriteAsync(database, Login(Other()));
    }

    [Fact]
    public async Task Of_two_that_come_at_once_with_a_first_key_one_is_first()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        var rings = Enumerable.Range(0, 4).Select(_ => Other()).ToList();
        var faults = await Task.WhenAll(rings.Select(ring => Task.Run(async () =>
        {
            await using var sink = await database.SinkAsync();
            return await Record.ExceptionAsync(() => sink.WriteAsync([Login(ring)], TestDatabase.Token));
        })));
        Assert.Single(faults, f => f is null);
        Assert.Equal(3, faults.OfType<LoginEtlException>().Count(f => f.Id == "KeyNotKnown"));
        Assert.Equal((1, 2), (await database.CountAsync(), await database.CountAsync("login_etl_key")));
    }

    [Fact]
    public async Task Writer_that_may_not_register_a_key_is_told_so_before_it_writes_and_writes_under_what_is_known()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await database.AsRoleAsync(role => $"{TestDatabase.WriterRights(role)} REVOKE INSERT (check_value) ON login_etl_key FROM {role}", async settings =>
        {
            var checks = await new PostgresConnector().CheckAsync(settings, new SinkOptions(), TestDatabase.Token);
            Assert.Equal(CheckOutcome.Warn, checks.Single(c => c.Name == "Key register").Outcome);
            await using var sink = await database.SinkAsync(settings: settings);
            var fault = await RefusedAsync(() => sink.RequireKeysAsync(PrimaryKeys.Of(_keys.Ring, MaskMethods.Default), TestDatabase.Token), "TableAccessDenied");
            Assert.Contains("INSERT (attribute, method, prefix, check_value)", fault.Remedy, StringComparison.Ordinal);
            await RefusedAsync(() => sink.WriteAsync([Login(_keys.Ring)], TestDatabase.Token), "TableAccessDenied");
            await RotatingLogins.WriteAsync(database, Login(_keys.Ring));
            Assert.Equal([Outcome.Written], (await sink.WriteAsync([Login(_keys.Ring)], TestDatabase.Token)).Outcomes);
        });
    }

    [Fact]
    public async Task Job_under_another_key_ends_before_a_message_is_received()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        var queue = await TestQueue.CreateAsync(servers);
        await queue.SendAsync(Deliveries.Body);
        await RotatingLogins.WriteAsync(database, Login(_keys.Ring));
        using var strange = new TestKeys();
        NewIds(strange.Folder);
        var job = new EtlJob(new SqsConnector(), new PostgresConnector())
        {
            From = queue.Settings,
            Receive = new ReceiveOptions { DrainWindow = TimeSpan.FromMilliseconds(200) },
            Into = database.Settings(),
            Sink = new SinkOptions(),
            Batch = new BatchOptions(),
        };
        using (var protectors = strange.Protectors())
        {
            await RefusedAsync(() => job.RunAsync(protectors, null, TestDatabase.Token), "KeyNotKnown");
        }

        Assert.Equal((1, 0), await queue.CountsAsync());
        using (var protectors = _keys.Protectors())
        {
            var seen = 0;
            var receipt = await job.RunAsync(protectors, b => seen = b.Logins[0].ReceiveCount, TestDatabase.Token);
            Assert.Equal((1, 1), (receipt.Written, seen));
        }
    }

    [Fact]
    public async Task Body_is_not_restored_under_another_key_unless_that_is_said()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await RotatingLogins.WriteAsync(database, Login(_keys.Ring), Logins.Reject());
        using var protector = new Protector(Other());
        using var replay = new QuarantineReplay(protector, null);
        foreach (var options in new[] { new SinkOptions(), WithNewKey })
        {
            await using var quarantine = await new PostgresConnector().OpenQuarantineAsync(database.Settings(), options, TestDatabase.Token);
            var requests = new List<RestoreRequest>();
            await foreach (var entry in quarantine.ListAsync(new QuarantineFilter(), TestDatabase.Token))
            {
                Assert.True(replay.TryMend(entry, new PlainBody(System.Text.Encoding.UTF8.GetBytes(Deliveries.Body)), out var record, out _));
                requests.Add(new RestoreRequest(entry, record));
            }

            if (options.NewKey)
            {
                Assert.Equal([RestoreOutcome.Restored], (await quarantine.RestoreAsync(requests, TestDatabase.Token)).Select(r => r.Outcome));
            }
            else
            {
                await RefusedAsync(() => quarantine.RestoreAsync(requests, TestDatabase.Token), "KeyNotKnown");
            }
        }

        Assert.Equal((2, 4), (await database.CountAsync(), await database.CountAsync("login_etl_key")));
    }

    private static string Literal(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";

    private static async Task<LoginEtlException> RefusedAsync(Func<Task> work, string id)
    {
        var fault = await Assert.ThrowsAsync<LoginEtlException>(work);
        Assert.Equal(id, fault.Id);
        Assert.False(fault.CommitUnknown);
        return fault;
    }

    /// <summary>A keyset that somebody has made anew.</summary>
    private Keyring Other()
    {
        var keys = new TestKeys();
        _opened.Add(keys);
        NewIds(keys.Folder);
        var ring = Keyring.Open(keys.Folder);
        _opened.Add(ring);
        return ring;
    }

    // The test keys are always the same.
    private static void NewIds(string folder)
    {
        foreach (var name in new[] { "ip", "device_id" })
        {
            var change = KeysetChange.Of(folder, name, new KeyAccess());
            var old = change.List()[0].KeyId;
            change.Promote(change.Add().KeyId);
            change.Disable(old);
            change.Destroy(old);
        }
    }

    private static LoginRecord Login(Keyring ring, string user = "u")
    {
        using var protector = new Protector(ring);
        var body = Deliveries.Body.Replace("424cdd21-063a-43a7-b91b-7ca1a833afae", user, StringComparison.Ordinal);
        return (LoginRecord)protector.Protect(LoginEtl.Decoding.LoginDecoder.Decode(Logins.Delivery(), System.Text.Encoding.UTF8.GetBytes(body)));
    }
}
