using System.CommandLine;
using System.Runtime.InteropServices;
using LoginEtl.Connections;
using LoginEtl.Faults;
using LoginEtl.Keysets;
using LoginEtl.Masking;
using LoginEtl.Postgres;
using LoginEtl.Records;
using LoginEtl.Running;
using LoginEtl.Settlement;
using LoginEtl.Sqs;

namespace LoginEtl.Worker;

/// <summary>One run of the worker, from settings to exit code.</summary>
internal sealed class WorkerRun(WorkerSettings settings, ParseResult parsed, TextWriter output, TextWriter log) : IDisposable
{
    private readonly PostgresConnector _database = new();
    private readonly CancellationTokenSource _stop = new();

    public async Task<int> RunAsync()
    {
        using var terminate = StopOn(PosixSignal.SIGTERM);
        using var interrupt = StopOn(PosixSignal.SIGINT);
        try
        {
            var receipt = await ReceiptAsync();
            await log.WriteLineAsync(ReceiptText.Line(receipt));
            if (receipt.Error is not null)
            {
                await log.WriteLineAsync($"login-etl: {receipt.Error}");
            }

            await output.WriteLineAsync(ReceiptText.Json(receipt));
            return receipt.ExitCode;
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            await log.WriteLineAsync("login-etl: stopped before it began; nothing was received.");
            return 1;
        }
        catch (Exception e)
        {
            var fault = e as LoginEtlException ?? LoginEtlException.Unexpected(e);
            await log.WriteLineAsync($"login-etl: {fault.Message} {fault.Remedy}");
            return 1;
        }
    }

    public void Dispose() => _stop.Dispose();

    private async Task<Receipt> ReceiptAsync()
    {
        if (settings.DatabaseFlag(parsed) is { } flag && _database.CarriesPassword(flag))
        {
            await log.WriteLineAsync($"warning: The password in --database can be seen in the list of processes. {EnvironmentSettings.DatabaseVariable}, a .pgpass file or --iam-authentication keep it out of there.");
        }

        using var protectors = new ProtectorSource(OpenKeyring, settings.ProtectOptions(parsed));
        var database = settings.Database(parsed);
        var queue = settings.Queue(parsed);
        if (settings.Initialize(parsed))
        {
            await _database.InitializeAsync(database, new SchemaOptions(), _stop.Token);
        }

        // The table first: nothing is received that could not be written.
        await using var sink = await _database.WriteToAsync(database, settings.SinkOptions(parsed), _stop.Token);
        var source = await new SqsConnector().ReceiveFromAsync(queue, settings.ReceiveOptions(parsed), _stop.Token);
        return await EtlRun.RunAsync(
            source, protectors, sink, settings.BatchOptions(parsed), settings.Quiet(parsed) ? null : Report, _stop.Token);
    }

    private Keyring OpenKeyring()
    {
        var keyring = settings.OpenKeyring(parsed, _stop.Token);
        foreach (var warning in keyring.Warnings)
        {
            log.WriteLine($"warning: {warning}");
        }

        return keyring;
    }

    private void Report(BatchReport batch)
    {
        foreach (var reject in batch.Logins.OfType<SealedReject>())
        {
            log.WriteLine($"rejected: {reject.MessageId}: {new Rejection(reject.Reason, reject.Field)}");
        }

        foreach (var group in batch.Held)
        {
            log.WriteLine($"warning: {group}");
        }

        log.WriteLine(BatchText.Of(batch));
    }

    /// <summary>The first signal stops well; a second one is left to the system.</summary>
    private PosixSignalRegistration StopOn(PosixSignal signal) => PosixSignalRegistration.Create(signal, context =>
    {
        if (!_stop.IsCancellationRequested)
        {
            context.Cancel = true;
            _stop.Cancel();
        }
    });
}
