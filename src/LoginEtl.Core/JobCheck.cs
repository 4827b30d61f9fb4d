using System.Runtime.CompilerServices;
using LoginEtl.Checks;
using LoginEtl.Faults;
using LoginEtl.Keysets;
using LoginEtl.Ports;
using LoginEtl.Protecting;
using LoginEtl.Rotation;
using LoginEtl.Settings;

namespace LoginEtl;

/// <summary>
/// All that an <see cref="EtlJob"/> needs, looked at one after the other: settings, keys, database, queue. Receives and writes nothing. What
/// cannot be read or reached is a check that failed, and the rest is looked at all the same.
/// </summary>
public sealed class JobCheck
{
    private const string NotLookedAt = "not looked at, for what failed above";

    /// <summary>Reads how attributes are masked.</summary>
    public required Func<MaskMethods> Methods { get; init; }

    /// <summary>Opens the keys. Called before anything is awaited, on the caller's thread.</summary>
    public required Func<Keyring> Keyring { get; init; }

    /// <summary>Reads the database's settings.</summary>
    public required Func<DatabaseSettings> Into { get; init; }

    /// <summary>Reads how rows are written.</summary>
    public required Func<MaskMethods, SinkOptions> Sink { get; init; }

    /// <summary>Reads the queue's settings.</summary>
    public required Func<QueueSettings> From { get; init; }

    /// <summary>The checks, as they come.</summary>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public async IAsyncEnumerable<Check> RunAsync(IQueueConnector queues, IDatabaseConnector databases, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(queues);
        ArgumentNullException.ThrowIfNull(databases);
        var failed = new List<Check>();
        var methods = Read("Methods", Methods);
        using var keyring = methods is null ? null : Read("Keysets", () => OpenKeyring(methods));
        var database = Read("Database", Into);
        var queue = Read("Queue", From);
        if (SettingVariables.Unknown() is { } unknown)
        {
            yield return new Check("Environment", CheckOutcome.Warn, unknown, "Correct or unset it; the worker's --help names those that there are.");
        }

        if (keyring is not null)
        {
            yield return keyring.Warnings.Count == 0
                ? new Check("Keysets", CheckOutcome.Pass, $"{keyring.Source} masks and seals.")
                : new Check("Keysets", CheckOutcome.Warn, string.Join(" ", keyring.Warnings), "Use file: where you can.");
        }

        foreach (var check in failed.Where(c => c.Name != "Queue"))
        {
            yield return check;
        }

        if (database is not null)
        {
            foreach (var check in await LookAsync("Database", () => databases.CheckAsync(database, Sink(methods ?? MaskMethods.Default), cancellationToken)).ConfigureAwait(false))
            {
                yield return check;
            }
        }

        foreach (var check in database is null || keyring is null
            ? [new Check("Key states", CheckOutcome.Warn, NotLookedAt, "Mend that first, and look again.")]
            : await LookAsync("Key states", () => KeysAsync(databases, database, keyring, methods!, cancellationToken)).ConfigureAwait(false))
        {
            yield return check;
        }

        foreach (var check in queue is null ? failed.Where(c => c.Name == "Queue") : await LookAsync("Queue", () => queues.CheckAsync(queue, cancellationToken)).ConfigureAwait(false))
        {
            yield return check;
        }

        T? Read<T>(string name, Func<T> read)
            where T : class
        {
            try
            {
                return read();
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                failed.Add(Failed(name, e));
                return null;
            }
        }

        async Task<IReadOnlyList<Check>> LookAsync(string name, Func<Task<IReadOnlyList<Check>>> look)
        {
            try
            {
                return await look().ConfigureAwait(false);
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                return [Failed(name, e)];
            }
        }
    }

    // Keys that can mask here.
    private Keyring OpenKeyring(MaskMethods methods)
    {
        var keyring = Keyring();
        try
        {
            using var protector = new Protector(keyring, new ProtectOptions { Methods = methods });
            return keyring;
        }
        catch
        {
            keyring.Dispose();
            throw;
        }
    }

    /// <summary>Whether keys and database belong together.</summary>
    internal static async Task<IReadOnlyList<Check>> KeysAsync(
        IDatabaseConnector databases, DatabaseSettings database, Keyring keyring, MaskMethods methods, CancellationToken cancellationToken)
    {
        var table = await databases.OpenTokensAsync(database, cancellationToken).ConfigureAwait(false);
        await using var _ = table.ConfigureAwait(false);
        var known = await table.KeysAsync(cancellationToken).ConfigureAwait(false);
        // Reading a stranger's table could run code of his.
        var isStrangers = (await table.StrangersAsync(cancellationToken).ConfigureAwait(false)).Count > 0;
        var sample = isStrangers ? null : await SampleAsync(table, cancellationToken).ConfigureAwait(false);
        return await KeyChecks.RunAsync(keyring, methods, known, sample, isStrangers).ConfigureAwait(false);
    }

    private static async Task<TokenSample?> SampleAsync(ITokenTable table, CancellationToken cancellationToken)
    {
        try
        {
            return await table.SampleAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (LoginEtlException e) when (e.Error == ErrorId.RowSecurity)
        {
            return null;
        }
    }

    // Others' messages are not said: they may quote a setting.
    private static Check Failed(string name, Exception exception)
    {
        var fault = exception as LoginEtlException ?? LoginEtlException.Unexpected(exception);
        return new Check(name, CheckOutcome.Fail, fault.Message, fault.Remedy);
    }
}
