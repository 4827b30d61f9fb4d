using System.CommandLine;
using LoginEtl.Aws;
using LoginEtl.Checks;
using LoginEtl.Faults;
using LoginEtl.Keysets;
using LoginEtl.Postgres;
using LoginEtl.Protecting;
using LoginEtl.Run;
using LoginEtl.Settings;

namespace LoginEtl.Worker;

/// <summary>One run of the worker, from settings to exit code.</summary>
internal sealed class WorkerRun(WorkerSettings settings, ParseResult parsed, TextWriter output, TextWriter log, CancellationToken stop)
{
    private static readonly TimeSpan SoFarEvery = TimeSpan.FromMinutes(1);

    private readonly PostgresConnector _database = new();
    private readonly OwnWords _words = new(settings.All);

    private WorkerLog Log => field ??= new WorkerLog(log, _words);

    public async Task<int> RunAsync()
    {
        var startedAt = DateTimeOffset.UtcNow;
        Receipt receipt;
        try
        {
            settings.TakeFile(parsed);
            if (settings.Check(parsed))
            {
                return await CheckAsync();
            }

            receipt = await ReceiptAsync();
            Log.Say(ReceiptText.Line(receipt));
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
            Log.Say($"login-etl: {fault.Id}: {receipt.Error}");
        }

        StopSignals.RunIsOver();
        await output.WriteLineAsync(ReceiptText.Json(receipt));
        return receipt.ExitCode;
    }

    // What Test-LoginEtl looks at, a line each. 1 where a run would fail.
    private async Task<int> CheckAsync()
    {
        var failed = false;
        var check = new JobCheck
        {
            Methods = () => settings.ProtectOptions(parsed).Methods,
            Keyring = () => settings.OpenKeyring(parsed, stop),
            Into = () => settings.Database(parsed),
            Sink = _ => settings.SinkOptions(parsed),
            From = () => settings.Queue(parsed),
        };
        await foreach (var found in check.RunAsync(new SqsConnector(), _database, stop))
        {
            failed |= found.Outcome == CheckOutcome.Fail;
            await output.WriteLineAsync(_words.Of($"{found.Outcome} {found.Name}: {found.Detail} {found.Remedy}").TrimEnd());
        }

        return failed ? 1 : 0;
    }

    private async Task<Receipt> ReceiptAsync()
    {
        using var manager = new ServiceManager();
        using var stopping = stop.Register(manager.Stopping);
        if (settings.DatabaseFlag(parsed) is { } flag && _database.CarriesPassword(flag))
        {
            Log.Warn($"The password in --database can be seen in the list of processes. {EnvironmentSettings.DatabaseVariable}, a .pgpass file or --iam-authentication keep it out of there.");
        }

        if (SettingVariables.Unknown() is { } unknown)
        {
            Log.Warn(unknown);
        }

        using var protectors = new ProtectorSource(OpenKeyring, settings.ProtectOptions(parsed));
        var quiet = settings.Quiet(parsed);
        var job = settings.Job(parsed, new SqsConnector(), _database, Log.Warn, Started, quiet ? null : new SoFar(r => Log.Say(ReceiptText.SoFar(r)), SoFarEvery));
        if (settings.Initialize(parsed))
        {
            await _database.InitializeAsync(job.Into, new SchemaOptions { Warned = Log.Warn }, stop);
        }

        return await job.RunAsync(protectors, quiet ? null : Report, stop);

        void Started(string what)
        {
            manager.Ready();
            if (!quiet)
            {
                Log.Say(what);
            }
        }
    }

    private Keyring OpenKeyring()
    {
        var keyring = settings.OpenKeyring(parsed, stop);
        foreach (var warning in keyring.Warnings)
        {
            Log.Warn(warning);
        }

        return keyring;
    }

    private void Report(BatchReport batch)
    {
        foreach (var warning in BatchText.Warnings(batch))
        {
            Log.Warn(warning);
        }

        Log.Say(BatchText.Of(batch));
    }
}
