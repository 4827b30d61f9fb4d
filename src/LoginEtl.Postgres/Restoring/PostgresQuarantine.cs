using System.Runtime.CompilerServices;
using LoginEtl.Faults;
using LoginEtl.Keysets;
using LoginEtl.Postgres.Catalog;
using LoginEtl.Postgres.Connections;
using LoginEtl.Postgres.Faults;
using LoginEtl.Postgres.Keys;
using LoginEtl.Postgres.Schema;
using LoginEtl.Postgres.Targets;
using LoginEtl.Postgres.Writing;
using LoginEtl.Quarantine;
using LoginEtl.Settings;
using Npgsql;

namespace LoginEtl.Postgres.Restoring;

/// <summary>The quarantine beside a table. What restoring needs of the table is looked at when the first entry is restored.</summary>
internal sealed class PostgresQuarantine(Database database, DatabaseSettings settings, SinkOptions options, QualifiedName name) : IQuarantine
{
    // Of the table, for one batch.
    private const int MostReads = 10;

    private static readonly string[] s_written = [.. SchemaNames.TrustedByRuns, SchemaNames.Vault];

    private readonly EntryReader _reader = new(name);
    private readonly CommittingSession _session = new(database);
    private readonly DismissTransaction _dismiss = new(name);
    private RestoreTransaction? _restore;

    /// <inheritdoc/>
    public string Name => name.ToString();

    /// <summary>Finds the quarantine.</summary>
    /// <param name="database">Taken over.</param>
    /// <param name="settings">With the table's name.</param>
    /// <param name="options">Of the rows that are restored.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    public static Task<PostgresQuarantine> OpenAsync(
        Database database, DatabaseSettings settings, SinkOptions options, CancellationToken cancellationToken) => database.UseAsync(
        async connection =>
        {
            var table = await Preflight.FindAsync(connection, settings, cancellationToken).ConfigureAwait(false);
            var beside = await CompanionTable.ReadAsync(connection, table.Name, cancellationToken).ConfigureAwait(false);
            var quarantine = beside.Single(b => b.Name.Name == SchemaNames.Quarantine);
            quarantine.RequireLoginEtlTable();
            await ForeignObjects.RequireNoneAsync(connection, table.Name, SchemaNames.OfRuns, cancellationToken).ConfigureAwait(false);
            var columns = await QuarantineMigration.LackingAsync(connection, quarantine.Name, cancellationToken).ConfigureAwait(false);
            return columns.FirstOrDefault().Name is not { } lacking
                ? new PostgresQuarantine(database, settings, options, quarantine.Name)
                : throw new LoginEtlException(
                    ErrorId.LedgerUnsuitable, $"{quarantine.Name} was made by an earlier version and lacks the column {lacking}.",
                    "Run Initialize-LoginDatabase, which adds it.");
        },
        cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<StoredKey>> KeysAsync(CancellationToken cancellationToken) =>
        database.UseAsync(connection => new KeyStates(name.Beside(SchemaNames.Keys)).ListAsync(connection, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public async IAsyncEnumerable<QuarantineEntry> ListAsync(QuarantineFilter filter, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(filter);
        var left = filter.Max ?? long.MaxValue;
        for (long after = 0, page = Math.Min(left, EntryReader.PageSize); page > 0; page = Math.Min(left, EntryReader.PageSize))
        {
            var entries = await _reader.ReadAsync(database, filter, after, page, cancellationToken).ConfigureAwait(false);
            foreach (var entry in entries)
            {
                yield return entry;
            }

            if (entries.Count < page)
            {
                yield break;
            }

            after = entries[^1].Id;
            left -= page;
        }
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<RestoreResult>> RestoreAsync(IReadOnlyList<RestoreRequest> requests, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(requests);
        if (requests.FirstOrDefault(r => r.Entry.MessageId != r.Record.MessageId) is { } mixed)
        {
            throw new ArgumentException($"Entry {mixed.Entry.Id} and its record are not of the same message.", nameof(requests));
        }

        LiveTable? was = null;
        var reads = 0;
        return await SettleAsync(
            requests.Count, [ToSettle, WriteLock.ToUpdate(name.Beside(SchemaNames.Ledger), "outcome"), WriteLock.ToUpdate(name.Beside(SchemaNames.FileLedger), "outcome")],
            async (connection, commitUnknown, token) =>
            {
                // Others may restore at the same time, and find the table changed.
                var restore = _restore ??= await ReadTableAsync(connection, was, commitUnknown, token).ConfigureAwait(false);
                try
                {
                    if (await restore.RunAsync(connection, requests, token).ConfigureAwait(false) is { } results)
                    {
                        return results;
                    }

                    (was, _restore) = (restore.Table, null);
                    reads = ++reads <= MostReads ? reads : throw TableChange.Restless(was, commitUnknown);
                }
                catch (PostgresException e) when (TableChange.MayExplain(e) && ++reads <= MostReads)
                {
                    (was, _restore) = (restore.Table, null);
                }

                return null;
            },
            r => r.Outcome is RestoreOutcome.Restored or RestoreOutcome.Suppressed, r => r.Outcome == RestoreOutcome.AlreadyRestored,
            cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<DismissResult>> DismissAsync(
        IReadOnlyList<QuarantineEntry> entries, Dismissal dismissal, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(entries);
        ArgumentNullException.ThrowIfNull(dismissal);
        return await SettleAsync(
            entries.Count, [ToSettle], async (connection, _, token) => await _dismiss.RunAsync(connection, entries, dismissal, token).ConfigureAwait(false),
            r => r.Outcome == DismissOutcome.Dismissed, r => r.Outcome == DismissOutcome.AlreadyDismissed, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => database.DisposeAsync();

    private string ToSettle => WriteLock.ToUpdate(name.Beside(SchemaNames.Quarantine), "record");

    /// <summary>Settles entries in one transaction, again and again until it stands.</summary>
    /// <param name="count">How many; none need no transaction.</param>
    /// <param name="locks">Keep others' triggers out of what it writes to.</param>
    /// <param name="work">
    /// All but the commit; one result an entry, in their order, or null to be begun anew. It is told whether an earlier COMMIT
    /// may have taken place.
    /// </param>
    /// <param name="isSettled">Says of a result that this transaction settles its entry.</param>
    /// <param name="wasSettled">Says of a result that an earlier one had settled it in the same way.</param>
    /// <param name="cancellationToken">Not heeded any more once COMMIT is sent.</param>
    private async Task<T[]> SettleAsync<T>(
        int count, string[] locks, Func<NpgsqlConnection, bool, CancellationToken, Task<T[]?>> work, Func<T, bool> isSettled, Func<T, bool> wasSettled, CancellationToken cancellationToken)
    {
        if (count == 0)
        {
            return [];
        }

        // What the last try had to say when it sent COMMIT; while set, whether that took place is not known.
        T[]? promised = null;
        var retry = new FaultRetry(options.RetryFor, database.Endpoint);
        while (true)
        {
            var token = promised is null ? cancellationToken : CancellationToken.None;
            try
            {
                var scope = await _session.BeginAsync(token).ConfigureAwait(false);
                await using var _ = scope.ConfigureAwait(false);
                await TakeAsync(scope.Connection, locks, isInDoubt: promised is not null, token).ConfigureAwait(false);
                if (await work(scope.Connection, promised is not null, token).ConfigureAwait(false) is not { } results)
                {
                    continue;
                }

                // The entries that a lost COMMIT promised are settled now, and were locked meanwhile: it took place.
                if (promised is not null && promised.Any(isSettled) && promised.Zip(results).All(p => !isSettled(p.First) || wasSettled(p.Second)))
                {
                    return promised;
                }

                token.ThrowIfCancellationRequested();
                if (options.DryRun)
                {
                    return results;
                }

                await ForeignObjects.RequireNoneAsync(scope.Connection, name, s_written, token).ConfigureAwait(false);
                promised = results;
                await scope.CommitAsync().ConfigureAwait(false);
                return results;
            }
            catch (Exception e) when (FaultRetry.Concerns(e, commitInDoubt: promised is not null))
            {
                await retry.WaitAsync(e, cancellationToken, commitInDoubt: promised is not null).ConfigureAwait(false);
            }
        }
    }

    private async Task TakeAsync(NpgsqlConnection connection, string[] locks, bool isInDoubt, CancellationToken cancellationToken)
    {
        try
        {
            await WriteLock.TakeAsync(connection, name, locks, s_written, cancellationToken).ConfigureAwait(false);
        }
        catch (LoginEtlException fault) when (isInDoubt)
        {
            throw new LoginEtlException(
                fault.Error, $"{fault.Message} The answer to a COMMIT before it is missing: whether the entries were settled by it is not known.", $"{fault.Remedy} Then look at the entries again.");
        }
    }

    private async Task<RestoreTransaction> ReadTableAsync(
        NpgsqlConnection connection, LiveTable? was, bool commitUnknown, CancellationToken cancellationToken)
    {
        try
        {
            return new RestoreTransaction(await Preflight.CheckToRestoreAsync(connection, settings, options, cancellationToken).ConfigureAwait(false), options);
        }
        catch (LoginEtlException why) when (was is not null)
        {
            throw TableChange.Refused(was, null, why, commitUnknown);
        }
    }
}
