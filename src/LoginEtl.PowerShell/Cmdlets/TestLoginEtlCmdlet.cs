using System.Management.Automation;
using LoginEtl.Checks;
using LoginEtl.Faults;
using LoginEtl.Keysets;
using LoginEtl.PowerShell.Hosting;
using LoginEtl.PowerShell.Loading;
using LoginEtl.Protecting;
using LoginEtl.Settings;

namespace LoginEtl.PowerShell.Cmdlets;

/// <summary>Test-LoginEtl: everything a run needs, looked at before it; one object a check. Receives and writes nothing.</summary>
[Cmdlet(VerbsDiagnostic.Test, "LoginEtl")]
[OutputType(typeof(Check))]
public sealed class TestLoginEtlCmdlet : JobCmdlet
{
    private const string NotLookedAt = "not looked at, for what failed above";

    /// <inheritdoc/>
    protected override void Process()
    {
        if (SettingVariables.Unknown() is { } unknown)
        {
            WriteObject(new Check("Environment", CheckOutcome.Warn, unknown, "Correct or unset it; the worker's --help names those that there are."));
        }

        var methods = Read("Methods", Methods);
        using var keyring = methods is null ? null : ReadKeys(methods);
        var database = Read("Database", ConnectionSettings);
        if (database is not null)
        {
            WriteChecks("Database", () => Connectors.Database.CheckAsync(database, SinkOptions(methods ?? MaskMethods.Default), StopToken));
        }

        if (database is not null && keyring is not null)
        {
            WriteChecks("Key states", () => KeysAsync(database, keyring, methods!));
        }
        else
        {
            WriteObject(new Check("Key states", CheckOutcome.Warn, NotLookedAt, "Mend that first, and look again."));
        }

        if (Read("Queue", QueueSettings) is { } queue)
        {
            WriteChecks("Queue", () => Connectors.Queue.CheckAsync(queue, StopToken));
        }
    }

    /// <summary>The keys, which can mask here; null where they cannot.</summary>
    private Keyring? ReadKeys(MaskMethods methods) => Read("Keysets", () =>
    {
        var keyring = OpenKeyring();
        try
        {
            using var protector = new Protector(keyring, new ProtectOptions { Methods = methods });
            WriteObject(keyring.Warnings.Count == 0
                ? new Check("Keysets", CheckOutcome.Pass, $"{keyring.Source} masks and seals.")
                : new Check("Keysets", CheckOutcome.Warn, string.Join(" ", keyring.Warnings), "Use file: where you can."));
            return keyring;
        }
        catch
        {
            keyring.Dispose();
            throw;
        }
    });

    /// <summary>Whether keys and database belong together.</summary>
    private async Task<IReadOnlyList<Check>> KeysAsync(DatabaseSettings database, Keyring keyring, MaskMethods methods)
    {
        await using var table = await Connectors.Database.OpenTokensAsync(database, StopToken).ConfigureAwait(false);
        var known = await table.KeysAsync(StopToken).ConfigureAwait(false);
        return await KeyChecks.RunAsync(keyring, methods, known, await table.SampleAsync(StopToken).ConfigureAwait(false)).ConfigureAwait(false);
    }

    /// <summary>What a setting says; null, and a check that failed, where it cannot be used.</summary>
    private T? Read<T>(string name, Func<T> read)
        where T : class
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is not PipelineStoppedException)
        {
            WriteObject(Failed(name, e));
            return null;
        }
    }

    private void WriteChecks(string name, Func<Task<IReadOnlyList<Check>>> check)
    {
        IReadOnlyList<Check> checks;
        try
        {
            checks = check().GetAwaiter().GetResult();
        }
        catch (OperationCanceledException) when (StopToken.IsCancellationRequested)
        {
            throw new PipelineStoppedException();
        }
        catch (Exception e) when (e is not PipelineStoppedException)
        {
            checks = [Failed(name, e)];
        }

        WriteObject(checks, enumerateCollection: true);
    }

    // Others' messages are not said: they may quote a setting.
    private static Check Failed(string name, Exception exception)
    {
        var fault = exception as LoginEtlException ?? LoginEtlException.Unexpected(exception);
        return new Check(name, CheckOutcome.Fail, fault.Message, fault.Remedy);
    }
}
