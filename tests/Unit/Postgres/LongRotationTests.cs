using System.Diagnostics;
using LoginEtl.Faults;
using LoginEtl.Rotation;
using LoginEtl.Unit.Fixtures;
using LoginEtl.Unit.Pester;
using LoginEtl.Unit.Privacy.Recovery;
using Xunit;

namespace LoginEtl.Unit.Postgres;

/// <summary>The rotation of a large table, killed in the middle, beside two writers.</summary>
public sealed class LongRotationTests(ServersFixture servers, ITestOutputHelper output) : IDisposable
{
    private const int Rows = 1_000_000;
    private readonly RotatingKeys _keys = new();

    public void Dispose() => _keys.Dispose();

    [LongRun]
    public async Task Million_rows_are_rotated_beside_two_writers_and_a_kill_without_loss_or_double_and_no_old_prefix_is_left()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        var copy = await LoadAsync(database);
        using var stop = new CancellationTokenSource();
        var writers = Enumerable.Range(0, 2).Select(w => Task.Run(() => WriteOnAsync(database, w, stop.Token), TestDatabase.Token)).ToList();
        long left;
        RotationReceipt receipt;
        try
        {
            await Task.Delay(1000, TestDatabase.Token);
            _keys.Promote();
            left = await RotateUntilKilledAsync(database);
            receipt = await RotatingLogins.RotateAsync(database, _keys, batchSize: 5000);
            Assert.Equal(0, await RotatingLogins.CountOldAsync(database, _keys));
        }
        finally
        {
            await stop.CancelAsync();
        }

        var written = (await Task.WhenAll(writers)).Sum();

        Assert.Equal(0, await RotatingLogins.CountOldAsync(database, _keys));
        Assert.Equal(Rows + written, await database.CountAsync());
        Assert.Equal(Rows + written, await RotatingLogins.CountNewAsync(database, _keys));
        Assert.Equal(Rows + written, await database.ReadAsync<long>("SELECT count(DISTINCT user_id) FROM user_logins"));
        Assert.Equal(300_000, await database.ReadAsync<long>("SELECT count(DISTINCT masked_device_id) FROM user_logins WHERE user_id LIKE 'row-%'"));
        var rate = receipt.RowsUpdated / receipt.Elapsed.TotalSeconds;
        output.WriteLine(
            $"COPY {Rows / copy.TotalSeconds:0} rows/s; killed with {left} rows to go; then {receipt.RowsUpdated} rows in {receipt.Elapsed.TotalSeconds:0.0} s, {rate:0} rows/s beside two writers ({written} rows), {receipt.Passes} passes; ratio to COPY {rate / (Rows / copy.TotalSeconds):0.000}");
    }

    /// <summary>Rotates a quarter of the rows; how many are left.</summary>
    private async Task<long> RotateUntilKilledAsync(TestDatabase database)
    {
        var script = $"Import-Module '{Repository.Root}/LoginEtl.psd1'; Update-LoginToken '{database.ConnectionString}' '{_keys.Folder}' -Confirm:$false";
        using var killed = await PowerShellHost.StartAsync(["-Command", script], new Dictionary<string, string>(), TestDatabase.Token);
        try
        {
            while (await RotatingLogins.CountNewAsync(database, _keys) is var moved && moved < Rows / 4)
            {
                Assert.False(killed.HasExited);
                await Task.Delay(500, TestDatabase.Token);
            }
        }
        finally
        {
            killed.Kill();
            await killed.WaitForExitAsync(CancellationToken.None);
        }

        var left = await RotatingLogins.CountOldAsync(database, _keys);
        Assert.InRange(left, 1, Rows);
        return left;
    }

    /// <summary>Plain binary COPY, one transaction: what the rotation's speed is compared with.</summary>
    private async Task<TimeSpan> LoadAsync(TestDatabase database)
    {
        var ips = _keys.MaskAll("ip", [.. Enumerable.Range(0, 500_000).Select(i => $"10.{i >> 16}.{(i >> 8) & 255}.{i & 255}")]);
        var devices = _keys.MaskAll("device_id", [.. Enumerable.Range(0, 300_000).Select(i => $"593-47-{i}")]);
        await using var connection = await database.OpenAsync();
        var clock = Stopwatch.StartNew();
        await using var importer = await connection.BeginBinaryImportAsync(
            "COPY user_logins (user_id, device_type, masked_ip, masked_device_id, locale, app_version, create_date) FROM STDIN (FORMAT BINARY)", TestDatabase.Token);
        for (var i = 0; i < Rows; i++)
        {
            await importer.StartRowAsync(TestDatabase.Token);
            await importer.WriteAsync($"row-{i}", TestDatabase.Token);
            await importer.WriteAsync("ios", TestDatabase.Token);
            await importer.WriteAsync(ips[i % ips.Length], TestDatabase.Token);
            await importer.WriteAsync(devices[i % devices.Length], TestDatabase.Token);
            await importer.WriteAsync("DE", TestDatabase.Token);
            await importer.WriteAsync(2003000, TestDatabase.Token);
            await importer.WriteAsync(new DateOnly(2026, 11, 21), TestDatabase.Token);
        }

        await importer.CompleteAsync(TestDatabase.Token);
        return clock.Elapsed;
    }

    private async Task<int> WriteOnAsync(TestDatabase database, int writer, CancellationToken stop)
    {
        var written = 0;
        await using var sink = await database.SinkAsync();
        for (var batch = 0; !stop.IsCancellationRequested; batch++)
        {
            try
            {
                written += (await sink.WriteAsync(RotatingLogins.Records(_keys, 100, $"writer-{writer}-{batch}"), TestDatabase.Token)).Outcomes.Count;
            }
            catch (LoginEtlException e) when (e.Error == ErrorId.KeyRetired)
            {
            }
        }

        return written;
    }
}
