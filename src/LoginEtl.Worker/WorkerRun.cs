using System.CommandLine;
using LoginEtl.Faults;
using LoginEtl.Keysets;
using LoginEtl.Postgres;
using LoginEtl.Protecting;
using LoginEtl.Run;
using LoginEtl.Settings;
using LoginEtl.Aws;

namespace LoginEtl.Worker;

/// <summary>One run of the worker, from settings to exit code.</summary>
internal sealed class WorkerRun(WorkerSettings settings, ParseResult parsed, TextWriter output, TextWriter log, CancellationToken stop)
{
    private readonly PostgresConnector _database = new();
    private readonly OwnWords _words = new(settings.All);

    public async Task<int> RunAsync()
    {
        var startedAt = DateTimeOffset.UtcNow;
        Receipt receipt;
        try
        {
            receipt = await ReceiptAsync();
            await log.WriteLineAsync(ReceiptText.Line(receipt));
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            receipt = Receipt.Failed(settings.QueueName(parsed), startedAt, new LoginEtlException(
                ErrorId.StoppedBeforeBegin, "Stopped before it began; nothing was received.", "Run it again."));
        }
        catch (Exception e)
        {
            receipt = Receipt.Failed(settings.QueueName(parsed), startedAt, e as LoginEtlException ?? LoginEtlException.Unexpected(e));
        }

        if (receipt.GetFault() is { } fault)
        {
            receipt = receipt.FailedBy(new LoginEtlException(fault.Error, _words.Of(fault.Message), _words.Of(fault.Remedy)));
            await log.WriteLineAsync($"login-etl: {fault.Id}: {receipt.Error}");
        }

        StopSignals.RunIsOver();
        await output.WriteLineAsync(ReceiptText.Json(receipt));
        return receipt.ExitCode;
    }

    private async Task<Receipt> ReceiptAsync()
    {
        settings.TakeFile(parsed);
        if (settings.DatabaseFlag(parsed) is { } flag && _database.CarriesPassword(flag))
        {
            await log.WriteLineAsync($"warning: The password in --database can be seen in the list of processes. {EnvironmentSettings.DatabaseVariable}, a .pgpass file or --iam-authentication keep it out of there.");
        }

        if (SettingVariables.Unknown() is { } unknown)
        {
            await log.WriteLineAsync($"warning: {unknown}");
        }

        using var protectors = new ProtectorSource(OpenKeyring, settings.ProtectOptions(parsed));
        var job = settings.Job(parsed, new SqsConnector(), _database, Warn);
        if (settings.Initialize(parsed))
        {
            await _database.InitializeAsync(job.Into, new SchemaOptions { Warned = Warn }, stop);
        }

        return await job.RunAsync(protectors, settings.Quiet(parsed) ? null : Report, stop);
    }

    private Keyring OpenKeyring()
    {
        var keyring = settings.OpenKeyring(parsed, stop);
        foreach (var warning in keyring.Warnings)
        {
            Warn(warning);
        }

        return keyring;
    }

    private void Warn(string warning) => log.WriteLine($"warning: {_words.Of(warning)}");

    private void Report(BatchReport batch)
    {
        foreach (var warning in BatchText.Warnings(batch))
        {
            Warn(warning);
        }

        log.WriteLine(BatchText.Of(batch));
    }
}
