using System.Management.Automation;
using LoginEtl.Connections;
using LoginEtl.Faults;
using LoginEtl.Keysets;
using LoginEtl.Masking;
using LoginEtl.PowerShell.Hosting;
using LoginEtl.PowerShell.Loading;

namespace LoginEtl.PowerShell.Cmdlets;

/// <summary>Test-LoginEtl: everything a run needs, looked at before it; one object a check. Receives and writes nothing.</summary>
/// <example>
/// <code>Test-LoginEtl login-queue keys/ $dsn | Where-Object Outcome -NE Pass | Format-List</code>
/// <para>What would hinder a run, and what to do about it.</para>
/// </example>
[Cmdlet(VerbsDiagnostic.Test, "LoginEtl")]
[OutputType(typeof(Check))]
public sealed class TestLoginEtlCmdlet : JobCmdlet
{
    private const string NotLookedAt = "not looked at, for what failed above";

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        var methods = Read("Methods", Methods);
        var prefixes = methods is null ? null : WriteKeys(methods);
        var database = Read("Database", ConnectionSettings);
        if (database is not null)
        {
            WriteChecks("Database", () => Connectors.Database.CheckAsync(database, SinkOptions(methods ?? MaskMethods.Default), StopToken));
        }

        if (database is not null && prefixes is not null)
        {
            WriteChecks("Key states", () => KeyStatesAsync(database, prefixes));
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

    /// <summary>The prefixes of the keys that mask here; null where they cannot be opened.</summary>
    private IReadOnlyList<string>? WriteKeys(MaskMethods methods) => Read<IReadOnlyList<string>>("Keysets", () =>
    {
        using var keyring = OpenKeyring();
        using var protector = new Protector(keyring, new ProtectOptions { Methods = methods });
        WriteObject(keyring.Warnings.Count == 0
            ? new Check("Keysets", CheckOutcome.Pass, $"{keyring.Source} masks and seals.")
            : new Check("Keysets", CheckOutcome.Warn, string.Join(" ", keyring.Warnings), "Use file: where you can."));
        return [.. protector.Keys.Select(k => k.Prefix)];
    });

    /// <summary>Whether the keys that mask here are still those that may be written with.</summary>
    private async Task<IReadOnlyList<Check>> KeyStatesAsync(DatabaseSettings database, IReadOnlyList<string> prefixes)
    {
        await using var table = await Connectors.Database.OpenTokensAsync(database, StopToken).ConfigureAwait(false);
        var retired = (await table.KeysAsync(StopToken).ConfigureAwait(false))
            .Where(k => k.State != StoredKeyState.Primary && prefixes.Contains(k.Prefix)).Select(k => $"{k.Prefix} of {k.Attribute} is {k.State.ToString().ToLowerInvariant()}").ToList();
        return
        [
            retired.Count == 0
                ? new Check("Key states", CheckOutcome.Pass, "the database has retired none of the primary keys")
                : new Check("Key states", CheckOutcome.Fail, string.Join(", ", retired), "Give this host the keyset with the new primary key."),
        ];
    }

    /// <summary>What a setting says; null, and a check that failed, where it cannot be used.</summary>
    private T? Read<T>(string name, Func<T> read)
        where T : class
    {
        try
        {
            return read();
        }
        catch (LoginEtlException fault)
        {
            WriteObject(Failed(name, fault));
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
        catch (LoginEtlException fault)
        {
            checks = [Failed(name, fault)];
        }

        WriteObject(checks, enumerateCollection: true);
    }

    private static Check Failed(string name, LoginEtlException fault) =>
        new(name, CheckOutcome.Fail, fault.Message, fault.Remedy);
}
