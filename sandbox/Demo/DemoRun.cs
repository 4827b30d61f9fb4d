using System.Security.Cryptography;
using LoginEtl.Sandbox.PowerShell;
using LoginEtl.Sandbox.Servers;

namespace LoginEtl.Sandbox.Demo;

/// <summary>The main job on sample messages: send, run, look, and with --replay the same messages once more.</summary>
internal sealed class DemoRun(DemoOptions options, SandboxServers servers, SqsCalls sqs, Action<string> show)
{
    private const string QueueName = "demo-queue";
    private const string KeptQueueName = "login-queue";
    private const string DatabaseName = "demo";
    private const string KeptDatabaseName = "login_etl";

    /// <summary>Runs the demo and returns what was not as expected, one line each.</summary>
    /// <exception cref="SandboxException">It could not go on.</exception>
    public async Task<IReadOnlyList<string>> RunAsync(CancellationToken cancellationToken)
    {
        var process = new HostProcess(servers.Keeper, show);
        IRunHost host;
        string instead = "";
        if (options.InWorker)
        {
            host = new WorkerRun(process);
        }
        else
        {
            PowerShellProgram program = await PowerShellSearch.FindAsync(cancellationToken);
            if (program.PassedBy is { } reason) instead = $" ({reason})";
            host = new PowerShellRun(process, program);
        }
        Version postgres = await servers.Postgres.ReadVersionAsync(cancellationToken);
        show($"PostgreSQL {postgres} is at {servers.Postgres.Host}:{servers.Postgres.Port}, SQS at {servers.Sqs.EndpointUrl}. " +
            $"The run is in {host.Name}{instead}.");

        RunSettings settings = await SettingsAsync(QueueName, DatabaseName, cancellationToken);
        DemoQueue queue = await DemoQueue.CreateAsync(sqs, settings.Queue, cancellationToken);
        IReadOnlyList<string> failures;
        try
        {
            failures = await RunAsync(host, settings, queue, cancellationToken);
        }
        finally
        {
            // Not the caller's token: an existing server is left as it was found, however this ended.
            if (!servers.Sqs.IsPrivate) await queue.DeleteAsync(sqs, CancellationToken.None);
        }
        if (options.Keep) await KeepAsync(cancellationToken);
        return failures;
    }

    private async Task<IReadOnlyList<string>> RunAsync(
        IRunHost host, RunSettings settings, DemoQueue queue, CancellationToken cancellationToken)
    {
        IReadOnlyList<string> bodies = SampleMessages.Create(options.Count);
        await queue.SendAsync(sqs, bodies, cancellationToken);
        show($"Sent {bodies.Count} sample messages to {queue.Name}.");
        await Preparation.PrepareAsync(settings, cancellationToken);
        if (!servers.Postgres.IsPrivate) await Preparation.TellOfKeysAsync(settings, cancellationToken);

        var database = new DemoDatabase(settings.Database);
        var expectations = new Expectations(SampleTally.Of(bodies));
        RunReceipt receipt = options.Replay
            ? await RunWithLostDeletesAsync(host, settings, queue, cancellationToken)
            : await host.RunAsync(settings, cancellationToken);
        expectations.FirstRun(receipt);
        await foreach (string line in DemoReport.LinesAsync(database, cancellationToken)) show(line);
        show($"\nReceipt: {receipt}");

        if (options.Replay)
        {
            show("\nThe deletes of this run were lost on purpose; the same messages come again.");
            RunReceipt second = await host.RunAsync(settings, cancellationToken);
            expectations.SecondRun(second);
            show($"\nReceipt of the second run: {second}");
            show($"Entries in quarantine: {await database.CountQuarantinedAsync(cancellationToken)}");
        }

        // An existing database may have held rows before.
        if (servers.Postgres.IsPrivate) await expectations.TablesAsync(database, cancellationToken);
        return expectations.Failures;
    }

    private async Task<RunReceipt> RunWithLostDeletesAsync(
        IRunHost host, RunSettings settings, DemoQueue queue, CancellationToken cancellationToken)
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

    private async Task KeepAsync(CancellationToken cancellationToken)
    {
        RunSettings kept = await SettingsAsync(KeptQueueName, KeptDatabaseName, cancellationToken);
        await DemoQueue.CreateAsync(sqs, kept.Queue, cancellationToken);
        await Preparation.PrepareAsync(kept, cancellationToken);
        foreach (string line in KeptSettings.Lines(kept)) show(line);
    }

    /// <summary>
    /// A queue and a database of its own. On an existing queue server the name is drawn, so that nobody else's queue is
    /// meant; an existing database is used as it is.
    /// </summary>
    private async Task<RunSettings> SettingsAsync(string queue, string database, CancellationToken cancellationToken)
    {
        string name = servers.Sqs.IsPrivate ? queue : $"{queue}-{RandomNumberGenerator.GetHexString(8, lowercase: true)}";
        string connection = servers.Postgres.IsPrivate
            ? await servers.Postgres.CreateDatabaseAsync(database, cancellationToken)
            : servers.Postgres.ConnectionString;
        return new RunSettings(servers.Sqs, servers.Sqs.EndpointUrl, name, connection, servers.Folder);
    }
}
