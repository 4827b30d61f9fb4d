using System.CommandLine;
using LoginEtl.Aws;
using LoginEtl.Checks;
using LoginEtl.Faults;
using LoginEtl.Keysets;
using LoginEtl.Postgres;
using LoginEtl.Protecting;
using LoginEtl.Run;
using LoginEtl.Settings;
using LoginEtl.Worker.Health;
using LoginEtl.Worker.Lambda;
using Microsoft.Extensions.Logging;

namespace LoginEtl.Worker;

/// <summary>One run of the worker, from settings to exit code.</summary>
internal sealed class WorkerRun(WorkerSettings settings, ParseResult parsed, TextWriter output, TextWriter log, CancellationToken stop)
{
    private static readonly TimeSpan SoFarEvery = TimeSpan.FromMinutes(1);

    // Far longer than any call or statement may take, and than a row waits for its batch.
    private static readonly TimeSpan StuckAfter = TimeSpan.FromMinutes(5);

    private readonly PostgresConnector _database = new();
    private readonly OwnWords _words = new(settings.All);

    // Until the settings are read, and where they cannot be.
    private WorkerLog _log = new(new LineLogger(log, LogFormat.Text), new OwnWords(settings.All));

    private OtlpExport? _export;

    public async Task<int> RunAsync()
    {
        try
        {
            return await RunToEndAsync();
        }
        finally
        {
            _export?.Dispose();
        }
    }

    private async Task<int> RunToEndAsync()
    {
        var startedAt = DateTimeOffset.UtcNow;
        Receipt receipt;
        var hasRun = false;
        try
        {
            settings.TakeFile(parsed);
            BeginLog();
            if (settings.Check(parsed))
            {
                return await CheckToEndAsync();
            }

            if (settings.Lambda(parsed) is not LambdaFailures.Off and var failures)
            {
                return await ServeAsync(failures);
            }

            receipt = await ReceiptAsync();
            hasRun = true;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            receipt = Receipt.StoppedAtStart(settings.QueueName(parsed), startedAt);
            hasRun = true;
        }
        catch (Exception e)
        {
            receipt = Receipt.Failed(settings.QueueName(parsed), startedAt, e as LoginEtlException ?? LoginEtlException.Unexpected(e));
        }

        receipt = InOwnWords(receipt);
        StopSignals.RunIsOver();
        await TellAsync(receipt, hasRun);
        return receipt.ExitCode;
    }

    private async Task<int> CheckToEndAsync()
    {
        try
        {
            return await CheckAsync();
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            _log.Warn("The check was stopped before it had looked at everything.");
            return 1;
        }
    }

    private Receipt InOwnWords(Receipt receipt) => receipt.GetFault() is { } fault
        ? receipt.FailedBy(new LoginEtlException(fault.Error, _words.Of(fault.Message), _words.Of(fault.Remedy)))
        : receipt;

    private Task TellAsync(Receipt receipt, bool hasRun)
    {
        if (ReceiptText.PiiWarning(receipt) is { } found)
        {
            _log.Warn(found);
        }

        if (hasRun)
        {
            _log.Ended(receipt);
        }

        if (receipt.GetFault() is { } fault)
        {
            _log.Failed(fault);
        }

        return output.WriteLineAsync(ReceiptText.Json(receipt));
    }

    // Until Lambda ends the process. A receipt for each invocation.
    private async Task<int> ServeAsync(LambdaFailures failures)
    {
        WarnOfSettings();
        using var api = RuntimeApi.Open();
        var host = new LambdaHost(_database, () => new ProtectorSource(OpenKeyring, settings.ProtectOptions(parsed)))
        {
            Into = settings.Database(parsed, stop),
            Sink = settings.SinkOptions(parsed) with { RetryFor = LambdaHost.RetryFor, Waiting = _log.Waiting },
            Batch = settings.BatchOptions(parsed),
            Decoding = settings.ReceiveOptions(parsed).Decoding,
            Failures = failures,
            Written = _log.Written,
            Ended = async receipt =>
            {
                var own = InOwnWords(receipt);
                await TellAsync(own, hasRun: true);
                return own;
            },
        };
        await using (host)
        {
            await host.RunAsync(api, stop);
        }

        return 0;
    }

    private void BeginLog()
    {
        var (lines, level) = (new LineLogger(log, settings.Format(parsed)), settings.Level(parsed));
        // Before what may fail: it is told in this form.
        _log = LogOf(new LoggerFactory([lines], new LoggerFilterOptions { MinLevel = level }));
        _export = OtlpExport.Begin(lines, level, text => _log.Warn(text));
        if (_export?.Loggers is { } loggers)
        {
            _log = LogOf(loggers);
        }

        WorkerLog LogOf(ILoggerFactory from) => new(from.CreateLogger("LoginEtl"), _words);
    }

    // What Test-LoginEtl looks at, a line each. 1 where a run would fail.
    private async Task<int> CheckAsync()
    {
        var failed = false;
        var check = new JobCheck
        {
            Methods = () => settings.ProtectOptions(parsed).Methods,
            Keyring = () => settings.OpenKeyring(parsed, stop),
            Into = () => settings.Database(parsed, stop),
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
        var health = new RunHealth(StuckAfter + settings.BatchOptions(parsed).FlushInterval, TimeProvider.System);
        using var listener = new HealthListener(health, stop);
        using var port = settings.HealthPort(parsed) is { } number ? HealthPort.Open(number, listener, settings.HealthPortName) : null;
        using var manager = new ServiceManager(isLive: () => listener.Stuck() is null);
        using var stopping = stop.Register(manager.Stopping);
        WarnOfSettings();
        using var protectors = new ProtectorSource(OpenKeyring, settings.ProtectOptions(parsed));
        var job = settings.Job(parsed, new SqsConnector(), _database, _log.Waiting, _log.Warn, Started, new SoFar(_log.SoFar, SoFarEvery), stop);
        if (settings.Initialize(parsed))
        {
            await _database.InitializeAsync(job.Into, new SchemaOptions { Warned = _log.Warn }, stop);
        }

        return await job.RunAsync(protectors, _log.Written, stop);

        void Started(RunStart start)
        {
            health.Started(start.PingAsync);
            manager.Ready();
            _log.Started(start);
        }
    }

    private void WarnOfSettings()
    {
        if (settings.DatabaseFlag(parsed) is { } flag && _database.CarriesPassword(flag))
        {
            _log.Warn($"The password in --database can be seen in the list of processes. {EnvironmentSettings.DatabaseVariable}, a .pgpass file or --iam-authentication keep it out of there.");
        }

        if (SettingVariables.Unknown() is { } unknown)
        {
            _log.Warn(unknown);
        }
    }

    private Keyring OpenKeyring()
    {
        var keyring = settings.OpenKeyring(parsed, stop);
        foreach (var warning in keyring.Warnings)
        {
            _log.Warn(warning);
        }

        return keyring;
    }
}
