using LoginEtl.Sandbox.Servers;

namespace LoginEtl.Sandbox.Demo;

/// <summary>The main job on sample messages: send, run, look, and with --replay the same messages once more.</summary>
internal sealed class DemoRun(DemoOptions options, SandboxServers servers, Action<string> show)
{
    private const string QueueName = "demo-queue";
    private const string KeptQueueName = "login-queue";
    private const string DatabaseName = "demo";
    private const string KeptDatabaseName = "login_etl";
    private const int ShownRows = 8;

    /// <summary>Runs the demo and returns what was not as expected, one line each.</summary>
    /// <exception cref="SandboxException">It could not go on.</exception>
    public async Task<IReadOnlyList<string>> RunAsync(CancellationToken cancellationToken)
    {
        using var sqs = new SqsCalls(servers.Sqs);
        var process = new HostProcess(servers.Keeper, show);
        HostChoice choice = await HostChoice.MakeAsync(options.Host, servers.Keeper, process, cancellationToken);
        string instead = choice.WhyNotPowerShell is { } reason ? $" ({reason})" : "";
        show($"PostgreSQL and SQS are up on 127.0.0.1. The run is in {choice.Host.Name}{instead}.");

        RunSettings settings = await SettingsAsync(QueueName, DatabaseName, cancellationToken);
        DemoQueue queue = await DemoQueue.CreateAsync(sqs, settings.Queue, cancellationToken);
        IReadOnlyList<string> bodies = SampleMessages.Create(options.Count);
        await queue.SendAsync(sqs, bodies, cancellationToken);
        show($"Sent {bodies.Count} sample messages to {queue.Name}.");
        await Preparation.PrepareAsync(settings, cancellationToken);

        var database = new DemoDatabase(settings.Database);
        var expectations = new Expectations(SampleTally.Of(bodies));
        RunReceipt receipt = options.Replay
            ? await RunWithLostDeletesAsync(choice.Host, settings, sqs, queue, cancellationToken)
            : await choice.Host.RunAsync(settings, cancellationToken);
        expectations.FirstRun(receipt);
        await ShowAsync(database, cancellationToken);
        show($"\nReceipt: {receipt}");

        if (options.Replay)
        {
            show("\nThe deletes of this run were lost on purpose; the same messages come again.");
            RunReceipt second = await choice.Host.RunAsync(settings, cancellationToken);
            expectations.SecondRun(second);
            show($"Receipt of the second run: {second}");
            show($"Entries in quarantine: {await database.CountQuarantinedAsync(cancellationToken)}");
        }

        // An existing database may have held rows before.
        if (servers.Postgres.IsPrivate) await expectations.TablesAsync(database, cancellationToken);
        if (options.Keep) await KeepAsync(sqs, cancellationToken);
        return expectations.Failures;
    }

    private static async Task<RunReceipt> RunWithLostDeletesAsync(
        IRunHost host, RunSettings settings, SqsCalls sqs, DemoQueue queue, CancellationToken cancellationToken)
    {
        IReadOnlyCollection<string> undeleted;
        RunReceipt receipt;
        await using (var proxy = new LostDeletes(settings.Endpoint))
        {
            receipt = await host.RunAsync(settings with { Endpoint = proxy.EndpointUrl }, cancellationToken);
            undeleted = proxy.Receipts;
        }
        await queue.MakeVisibleAsync(sqs, undeleted, cancellationToken);
        return receipt;
    }

    private async Task ShowAsync(DemoDatabase database, CancellationToken cancellationToken)
    {
        Show(await database.FirstRowsAsync(ShownRows, cancellationToken),
            $"The first of {await database.CountRowsAsync(cancellationToken)} rows in user_logins (tokens shortened):");
        Show(await database.SharedAsync("masked_ip", ShownRows, cancellationToken),
            $"{await database.CountSharedAsync("masked_ip", cancellationToken)} ips with more than one login, found by token:");
        Show(await database.SharedAsync("masked_device_id", ShownRows, cancellationToken),
            $"{await database.CountSharedAsync("masked_device_id", cancellationToken)} devices with more than one login, found by token:");
        Show(await database.QuarantinedAsync(ShownRows, cancellationToken), $"{await database.CountQuarantinedAsync(cancellationToken)} in quarantine:");
    }

    private void Show(TextTable table, string heading)
    {
        show($"\n{heading}");
        foreach (string line in table.RowCount > 0 ? table.Lines() : []) show($"  {line}");
    }

    private async Task KeepAsync(SqsCalls sqs, CancellationToken cancellationToken)
    {
        RunSettings kept = await SettingsAsync(KeptQueueName, KeptDatabaseName, cancellationToken);
        await DemoQueue.CreateAsync(sqs, kept.Queue, cancellationToken);
        await Preparation.PrepareAsync(kept, cancellationToken);
        foreach (string line in KeptSettings.Lines(kept)) show(line);
    }

    /// <summary>A database of its own on a private server; an existing one is used as it is.</summary>
    private async Task<RunSettings> SettingsAsync(string queue, string database, CancellationToken cancellationToken)
    {
        string connection = servers.Postgres.IsPrivate
            ? await servers.Postgres.CreateDatabaseAsync(database, cancellationToken)
            : servers.Postgres.ConnectionString;
        return new RunSettings(servers.Sqs, servers.Sqs.EndpointUrl, queue, connection, servers.Folder);
    }
}
