using LoginEtl.Faults;
using LoginEtl.Keysets;
using LoginEtl.Rotation;
using LoginEtl.Unit.Fixtures;
using LoginEtl.Unit.Privacy.Recovery;
using Xunit;

namespace LoginEtl.Unit.Postgres;

/// <summary>Rows come from old keys to the primary one while others write, and what cannot be read is told and left.</summary>
public sealed class RotationTests(ServersFixture servers) : IDisposable
{
    private readonly RotatingKeys _keys = new();

    public void Dispose() => _keys.Dispose();

    [Fact]
    public async Task Every_row_and_quarantined_record_comes_under_the_primary_keys_and_says_what_it_said()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await RotatingLogins.WriteAsync(database, RotatingLogins.Records(_keys, 2000));
        await database.RunAsync("ALTER TABLE user_logins ADD CONSTRAINT no_web CHECK (device_type <> 'web')");
        var refused = RotatingLogins.Records(_keys, 3, "quo\"ted\0\ud800").Cast<LoginEtl.Records.LoginRecord>().ToList();
        refused.ForEach(r => r.DeviceType = "web");
        await RotatingLogins.WriteAsync(database, [.. refused]);
        await database.RunAsync("UPDATE user_logins SET masked_ip = NULL WHERE user_id = 'user-7'");
        _keys.Promote();
        var seen = new List<RotationProgress>();
        var receipt = await RotatingLogins.RotateAsync(database, _keys, report: seen.Add);

        Assert.Equal((2003, 2 * 2003 - 1, 0, 1), (receipt.RowsUpdated, receipt.TokensReplaced, receipt.ExitCode, receipt.Passes));
        Assert.Empty(receipt.Unreadable);
        Assert.Equal(0, await RotatingLogins.CountOldAsync(database, _keys));
        Assert.Equal(1999, await RotatingLogins.CountNewAsync(database, _keys));
        Assert.Equal(3, await database.CountAsync($"login_etl_quarantine WHERE record::text LIKE '%\"masked_ip\":\"{_keys.NewPrefix("ip")}%\"masked_device_id\":\"{_keys.NewPrefix("device_id")}%'"));
        Assert.Equal(100, await database.ReadAsync<long>("SELECT count(DISTINCT masked_device_id) FROM user_logins"));
        Assert.Equal(20, await database.CountAsync($"user_logins WHERE masked_ip = '{_keys.Mask("10.1.2.42", "x").Ip}' AND masked_device_id = '{_keys.Mask("::", "device-42").DeviceId}'"));
        Assert.Equal(1, seen[^1].Done);
        Assert.Equal(2003, seen[^1].RowsUpdated);
        Assert.Equal(seen.OrderBy(s => s.Done).Select(s => s.RowsUpdated), seen.Select(s => s.RowsUpdated));

        var again = await RotatingLogins.RotateAsync(database, _keys);
        Assert.Equal((0, 0), (again.RowsUpdated, again.Unreadable.Count));
    }

    [Fact]
    public async Task Rotation_beside_writers_and_a_changing_user_loses_and_doubles_nothing_and_leaves_no_old_prefix()
    {
        const int rows = 4000;
        var database = await TestDatabase.InitializedAsync(servers);
        await RotatingLogins.WriteAsync(database, RotatingLogins.Records(_keys, rows));
        using var stop = new CancellationTokenSource();
        var writers = Enumerable.Range(0, 2).Select(w => Task.Run(() => WriteOnAsync(database, w, stop.Token), TestDatabase.Token)).ToList();
        var user = Task.Run(async () =>
        {
            // Moves rows about while the rotation goes by.
            for (var i = 0; !stop.IsCancellationRequested; i++)
            {
                await database.RunAsync($"UPDATE user_logins SET locale = 'X{i % 10}' WHERE user_id LIKE 'user-%{i % 100:00}'");
            }
        }, TestDatabase.Token);
        RotationReceipt receipt;
        try
        {
            await Task.Delay(300, TestDatabase.Token);
            _keys.Promote();
            receipt = await RotatingLogins.RotateAsync(database, _keys, batchSize: 200);
            Assert.Equal(0, await RotatingLogins.CountOldAsync(database, _keys));
            await Task.Delay(200, TestDatabase.Token);
        }
        finally
        {
            await stop.CancelAsync();
        }

        var written = (await Task.WhenAll(writers)).Sum();
        await user;

        Assert.Equal(0, await RotatingLogins.CountOldAsync(database, _keys));
        Assert.Equal(rows + written, await database.CountAsync());
        Assert.Equal(rows + written, await RotatingLogins.CountNewAsync(database, _keys));
        Assert.Equal(rows + written, await database.ReadAsync<long>("SELECT count(DISTINCT user_id) FROM user_logins"));
        Assert.InRange(receipt.RowsUpdated, rows, rows + written);
        Assert.True(written > 0);
    }

    [Fact]
    public async Task Rotation_whose_connection_is_cut_goes_on_and_one_that_was_stopped_is_run_again()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await RotatingLogins.WriteAsync(database, RotatingLogins.Records(_keys, 1500));
        _keys.Promote();
        await using var tokens = await database.TokensAsync();
        using var ring = _keys.Open();
        using var stop = new CancellationTokenSource();
        using (var first = new TokenRotation(tokens, ring, new RotationOptions { BatchSize = 200 }))
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first.RunAsync(p => { if (p.RowsUpdated > 400) { stop.Cancel(); } }, stop.Token));
        }

        Assert.InRange(await RotatingLogins.CountOldAsync(database, _keys), 1, 1100);
        var cuts = 0;
        var receipt = await RotatingLogins.RotateAsync(database, _keys, 200, _ =>
        {
            if (cuts++ == 1)
            {
                database.RunAsync("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name = 'LoginEtl'").GetAwaiter().GetResult();
            }
        });
        Assert.True(cuts > 2);
        Assert.InRange(receipt.RowsUpdated, 1, 1100);
        Assert.Equal(0, await RotatingLogins.CountOldAsync(database, _keys));
        Assert.Equal(1500, await RotatingLogins.CountNewAsync(database, _keys));
    }

    [Fact]
    public async Task Rows_that_cannot_be_read_are_told_by_key_and_number_and_stay_as_they_are()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await RotatingLogins.WriteAsync(database, RotatingLogins.Records(_keys, 50));
        var damaged = RotatingLogins.Record(_keys, 7).MaskedIp!;
        damaged = damaged[..20] + (damaged[20] == 'A' ? 'B' : 'A') + damaged[21..];
        await database.RunAsync(
            $"""
            INSERT INTO user_logins (user_id, masked_ip, masked_device_id) VALUES
                ('plain', '192.0.2.77', NULL), ('unknown', 'siv1.AQQQQQQ{new string('A', 44)}', NULL), ('mac', NULL, 'mac1.AQQQQQQ{new string('A', 43)}'),
                ('damaged', '{damaged}', NULL), ('damaged', '{damaged}', NULL)
            """);
        _keys.Promote();
        var before = await database.ReadAsync<string>("SELECT string_agg(t::text, ',' ORDER BY t::text) FROM user_logins t WHERE user_id NOT LIKE 'user%'");
        var receipt = await RotatingLogins.RotateAsync(database, _keys);
        Assert.Equal((50, 2), (receipt.RowsUpdated, receipt.ExitCode));
        Assert.Equal(
            [
                ("device_id", "mac1.AQQQQQ", 1L), ("ip", null, 1), ("ip", "siv1.AQQQQQ", 1), ("ip", _keys.OldPrefix("ip"), 2),
            ],
            receipt.Unreadable.Select(u => (u.Attribute, u.Prefix, u.Rows)).OrderBy(u => u.Attribute).ThenBy(u => u.Rows).ThenBy(u => u.Prefix));
        Assert.Equal(before, await database.ReadAsync<string>("SELECT string_agg(t::text, ',' ORDER BY t::text) FROM user_logins t WHERE user_id NOT LIKE 'user%'"));
        Assert.DoesNotContain("192.0.2.77", string.Join(' ', receipt.Unreadable), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rows_under_a_disabled_key_are_told_and_left()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await RotatingLogins.WriteAsync(database, RotatingLogins.Records(_keys, 30));
        _keys.Promote(KeyStatus.Disabled);
        var receipt = await RotatingLogins.RotateAsync(database, _keys);
        Assert.Equal((0, 2), (receipt.RowsUpdated, receipt.ExitCode));
        Assert.All(receipt.Unreadable, u => Assert.Equal((30, "their key is disabled"), (u.Rows, u.Reason)));
        Assert.Equal(30, await RotatingLogins.CountOldAsync(database, _keys));
    }

    [Theory]
    [InlineData("ALTER TABLE user_logins ADD CONSTRAINT one_device UNIQUE (user_id, masked_device_id)", "one_device")]
    [InlineData("CREATE UNIQUE INDEX one_lower ON user_logins (lower(masked_ip))", "one_lower")]
    [InlineData("CREATE UNIQUE INDEX one_partial ON user_logins (user_id) WHERE masked_ip IS NOT NULL", "one_partial")]
    public async Task Unique_key_over_masked_values_is_refused_by_name_before_anything_changes(string unique, string name)
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await database.RunAsync(unique);
        await RotatingLogins.WriteAsync(database, RotatingLogins.Record(_keys, 1));
        _keys.Promote();
        var fault = await Assert.ThrowsAsync<LoginEtlException>(() => RotatingLogins.RotateAsync(database, _keys));
        Assert.Equal("UniqueMaskedColumn", fault.Id);
        Assert.Contains(name, fault.Message, StringComparison.Ordinal);
        Assert.Equal(0, await database.CountAsync("login_etl_key"));
    }

    [Fact]
    public async Task Unique_key_over_other_columns_is_no_hindrance_and_partitions_are_rotated()
    {
        var database = await TestDatabase.InitializedAsync(
            servers, LoginTable.Begun + " PARTITION BY LIST (locale); ALTER TABLE user_logins ALTER user_id SET NOT NULL, ALTER locale SET NOT NULL, ADD UNIQUE (user_id, locale); CREATE TABLE ru PARTITION OF user_logins FOR VALUES IN ('RU'); CREATE TABLE others PARTITION OF user_logins DEFAULT");
        await RotatingLogins.WriteAsync(database, RotatingLogins.Records(_keys, 20));
        var russian = RotatingLogins.Record(_keys, 1, "r");
        russian.Locale = "RU";
        await RotatingLogins.WriteAsync(database, russian);
        _keys.Promote();
        Assert.Equal(21, (await RotatingLogins.RotateAsync(database, _keys)).RowsUpdated);
        Assert.Equal(21, await RotatingLogins.CountNewAsync(database, _keys));
    }

    [Fact]
    public async Task Host_with_retired_primary_keys_does_not_bring_them_back()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await RotatingLogins.WriteAsync(database, RotatingLogins.Records(_keys, 10));
        await RotatingLogins.RetireAsync(database, _keys);
        var fault = await Assert.ThrowsAsync<LoginEtlException>(() => RotatingLogins.RotateAsync(database, _keys));
        Assert.Equal("KeyRetired", fault.Id);
        Assert.Equal(2, await database.CountAsync("login_etl_key WHERE state = 'retired'"));
    }

    [Fact]
    public async Task Key_that_somebody_registered_beside_the_primary_one_stops_it_and_retires_none()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await RotatingLogins.WriteAsync(database, RotatingLogins.Records(_keys, 10));
        await database.RunAsync($"INSERT INTO login_etl_key (attribute, prefix, method) VALUES ('ip', '{_keys.OldPrefix("ip")}', 'siv'), ('ip', '{_keys.NewPrefix("ip")}', 'siv')");
        _keys.Add();
        var fault = await Assert.ThrowsAsync<LoginEtlException>(() => RotatingLogins.RotateAsync(database, _keys));
        Assert.Equal("PrimaryKeyAmbiguous", fault.Id);
        Assert.Contains(_keys.NewPrefix("ip"), fault.Message, StringComparison.Ordinal);
        Assert.Equal(0, await database.CountAsync("login_etl_key WHERE state <> 'primary'"));
        Assert.Equal(0, await RotatingLogins.CountNewAsync(database, _keys));
    }

    [Fact]
    public async Task Host_whose_file_says_otherwise_brings_the_rows_to_the_databases_primary_keys()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await RotatingLogins.WriteAsync(database, RotatingLogins.Records(_keys, 10));
        await RotatingLogins.RetireAsync(database, _keys);
        _keys.Add();
        Assert.Equal(10, (await RotatingLogins.RotateAsync(database, _keys)).RowsUpdated);
        Assert.Equal(10, await RotatingLogins.CountNewAsync(database, _keys));
        Assert.Equal(2, await database.CountAsync("login_etl_key WHERE state = 'primary' AND method = 'siv'"));
    }

    [Fact]
    public async Task Rotation_under_way_ends_when_its_key_is_retired_and_brings_no_row_to_it_any_more()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await RotatingLogins.WriteAsync(database, RotatingLogins.Records(_keys, 300));
        _keys.Promote();
        var then = 0L;
        var fault = await Assert.ThrowsAsync<LoginEtlException>(() => RotatingLogins.RotateAsync(database, _keys, batchSize: 50, report: _ =>
        {
            if (then == 0)
            {
                // Back to the old keys.
                RotatingLogins.RetireAsync(database, _keys, back: true).GetAwaiter().GetResult();
                then = RotatingLogins.CountNewAsync(database, _keys).GetAwaiter().GetResult();
            }
        }));
        Assert.Equal("KeyRetired", fault.Id);
        Assert.InRange(then, 1, 299);
        Assert.Equal(then, await RotatingLogins.CountNewAsync(database, _keys));
    }

    [Fact]
    public async Task Plan_counts_and_changes_nothing()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await RotatingLogins.WriteAsync(database, RotatingLogins.Records(_keys, 10));
        _keys.Promote();
        await using var tokens = await database.TokensAsync();
        using var ring = _keys.Open();
        using var rotation = new TokenRotation(tokens, ring);
        var (values, unreadable) = await rotation.PlanAsync(TestDatabase.Token);
        Assert.Equal((20, 0), (values, unreadable.Count));
        Assert.Equal(10, await RotatingLogins.CountOldAsync(database, _keys));
        Assert.Equal(0, await database.CountAsync("login_etl_key"));
    }

    [Fact]
    public async Task Throttled_rotation_keeps_to_its_rate()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await RotatingLogins.WriteAsync(database, RotatingLogins.Records(_keys, 600));
        _keys.Promote();
        await using var tokens = await database.TokensAsync();
        using var ring = _keys.Open();
        using var rotation = new TokenRotation(tokens, ring, new RotationOptions { BatchSize = 100, MaxRowsPerSecond = 500 });
        var receipt = await rotation.RunAsync(null, TestDatabase.Token);
        Assert.Equal(600, receipt.RowsUpdated);
        Assert.InRange(receipt.Elapsed.TotalSeconds, 1.1, 60);
    }

    /// <summary>Writes until told to stop, with whichever key is primary now; a batch under a retired one is made anew.</summary>
    private async Task<int> WriteOnAsync(TestDatabase database, int writer, CancellationToken stop)
    {
        var written = 0;
        await using var sink = await database.SinkAsync();
        for (var batch = 0; !stop.IsCancellationRequested; batch++)
        {
            try
            {
                written += (await sink.WriteAsync(RotatingLogins.Records(_keys, 20, $"writer-{writer}-{batch}"), TestDatabase.Token)).Outcomes.Count;
            }
            catch (LoginEtlException e) when (e.Error == ErrorId.KeyRetired)
            {
            }
        }

        return written;
    }
}
