using LoginEtl.Faults;
using LoginEtl.Keysets;
using LoginEtl.Postgres.Catalog;
using LoginEtl.Postgres.History;
using LoginEtl.Postgres.Keys;
using LoginEtl.Postgres.Targets;
using LoginEtl.Records;
using LoginEtl.Run;
using LoginEtl.Settings;
using Npgsql;

namespace LoginEtl.Postgres.Writing;

/// <summary>Tries to write one batch in one transaction: ledgers first, then rows, then quarantine.</summary>
/// <param name="table">As it was read.</param>
/// <param name="timeout">Of statements.</param>
/// <param name="limit">Of rejects.</param>
/// <param name="options">How rows are written.</param>
/// <param name="committed">What this run has committed.</param>
/// <param name="log">The run's row; null where it is not remembered.</param>
internal sealed class BatchTransaction(TargetTable table, TimeSpan timeout, RejectLimit limit, SinkOptions options, CommittedBatches committed, RunLog? log)
{
    private readonly TransactionStart _start = new(
        table,
        [.. new[] { SchemaNames.Ledger, SchemaNames.FileLedger, SchemaNames.Quarantine }.Concat(log is null ? [] : [SchemaNames.Runs]).Select(table.Name.Beside)],
        holdsKeys: !options.DryRun);

    private readonly LedgerCopy _ledger = new(table.Name.Beside(SchemaNames.Ledger), timeout);
    private readonly LedgerCopy _fileLedger = new(table.Name.Beside(SchemaNames.FileLedger), timeout);
    private readonly QuarantineCopy _quarantine = new(table.Name.Beside(SchemaNames.Quarantine), timeout);
    private readonly VaultInsert _vault = new(table.Name);
    private readonly TableCopy _copy = new(table, timeout);
    private readonly RowByRow _oneByOne = new(table);
    private readonly KeyRegistration _registration = new(table.Live, options.NewKey, options.DryRun);

    /// <summary>One try.</summary>
    /// <param name="scope">The transaction; undone by the caller unless this commits it.</param>
    /// <param name="plan">The batch.</param>
    /// <param name="attempt">How to go about it; afterwards, how far it came.</param>
    /// <param name="cancellationToken">Not heeded any more once COMMIT is sent.</param>
    public async Task<AttemptOutcome> TryWriteAsync(
        WriteScope scope, BatchPlan plan, Attempt attempt, CancellationToken cancellationToken)
    {
        var connection = scope.Connection;
        var start = await _start.RunAsync(connection, committed.LastIsThere, cancellationToken).ConfigureAwait(false);
        SchemaRecord.RequireNotNewer(table.Name, start.SchemaVersion);
        if (!start.LedgersHaveKeys)
        {
            throw await CompanionTable.WithoutKeyAsync(connection, table.Name, cancellationToken).ConfigureAwait(false);
        }

        if (!start.LastIsThere)
        {
            throw await committed.LostAsync(connection, cancellationToken).ConfigureAwait(false);
        }

        if (!start.TableIsAsRead)
        {
            return AttemptOutcome.MetChangedTable;
        }

        CheckHorizon(plan, start.Now);
        var outcomes = new Outcome[plan.Size];
        Array.Fill(outcomes, Outcome.Duplicate);
        var fresh = attempt.Probes ? await ProbeAsync(connection, plan, outcomes, cancellationToken).ConfigureAwait(false) : plan.Items;
        attempt.FoundDuplicates = fresh.Count < plan.Items.Count;
        var decodes = fresh.Any(i => i.Login is LoginRecord);
        (fresh, var bad) = HoldBack(plan, fresh, outcomes);
        if (fresh.Count == 0)
        {
            // While a COMMIT is in doubt, what its try has counted stands.
            if (!attempt.CommitInDoubt)
            {
                StopIfAlike(plan, bad, i => plan.Hold?.WhyOf(i), decodes);
                limit.Check(0, 0, bad.Select(i => i.Key));
            }

            return AttemptOutcome.Settled(outcomes);
        }

        foreach (var (ledger, items) in ByLedger(fresh))
        {
            if (!await ledger.TryWriteAsync(connection, items, plan.BatchId, cancellationToken).ConfigureAwait(false))
            {
                return AttemptOutcome.MetDuplicates;
            }
        }

        // Our own earlier try, if any is still about, holds these keys or has given them up: it can commit no more.
        attempt.CommitInDoubt = false;
        start.Keys.Refuse(fresh.Select(i => i.Login));
        var keys = KeyRegistration.KeysOf(fresh.Select(i => i.Login));
        await _registration.RegisterAsync(connection, keys, start.Keys, cancellationToken).ConfigureAwait(false);
        plan.Foreign = _registration.Foreign;
        plan.KnownByIdAlone = StoredKeys.KnownByIdAlone(keys, start.Keys.All);
        limit.Begin();
        var rows = BatchPlan.InTableOrder(fresh.Where(i => i.Refusal is null), table);
        var results = (RowResults?)RowResults.AllWritten;
        if (rows.Count > 0)
        {
            results = attempt.OneByOne ? null : await _copy.TryWriteAsync(connection, rows, cancellationToken).ConfigureAwait(false);
        }

        if (results is null)
        {
            results = await _oneByOne.InsertAsync(connection, rows, cancellationToken).ConfigureAwait(false);
            attempt.FoundBadRows = !results.AreClean;
        }

        var isWritten = rows.Count > results.Refused.Count;
        if (isWritten)
        {
            plan.Hold?.TableTakesRows = true;
        }

        // Before anything is held because of them: what is held and what goes to quarantine was refused alike.
        StopIfAlike(plan, fresh.Concat(bad), i => i.Refusal ?? results.Refused.GetValueOrDefault(i) ?? plan.Hold?.WhyOf(i), decodes, isWritten);
        if (plan.Hold?.AddAll(results.Refused) == true)
        {
            return AttemptOutcome.MetBadInGroup;
        }

        plan.Refused = await QuarantineAsync(connection, plan, fresh, results.Refused, cancellationToken).ConfigureAwait(false);
        foreach (var item in fresh)
        {
            outcomes[item.Ordinal] = results.Of(item);
        }

        // A record in quarantine may be restored one day: its originals are kept too.
        await _vault.WriteAsync(
            connection, fresh.Where(i => outcomes[i.Ordinal] != Outcome.Skipped).Select(i => i.Login).OfType<LoginRecord>(), cancellationToken).ConfigureAwait(false);

        limit.Check(fresh.Count, fresh.Count(i => IsReject(outcomes[i.Ordinal])), bad.Select(i => i.Key));

        if (log is not null)
        {
            await log.CountAsync(connection, fresh.Select(i => (outcomes[i.Ordinal], i.Login.SentTimestamp)), cancellationToken).ConfigureAwait(false);
        }

        cancellationToken.ThrowIfCancellationRequested();
        (plan.Promised, plan.Added) = (outcomes, fresh[^1]);
        attempt.CommitInDoubt = true;
        await scope.CommitAsync().ConfigureAwait(false);
        attempt.CommitInDoubt = false;
        return AttemptOutcome.Settled(outcomes);
    }

    private bool IsReject(Outcome outcome) =>
        outcome == Outcome.Quarantined || (outcome == Outcome.Suppressed && options.OnSuppressed != SuppressedAction.Accept);

    // By the server's clock, in the transaction: pruning goes by the same.
    private static void CheckHorizon(BatchPlan plan, DateTime now)
    {
        foreach (var old in plan.Items.Where(i => i.Login.GetDelivery() is QueueDelivery { Group: null } && i.Login.SentTimestamp < now - LedgerAges.Horizon))
        {
            if (old.Login.GetDelivery().Origin is not null)
            {
                // It began a new life in this queue, so it may be as old as that. It stops no run.
                old.Refusal ??= Refusal.Of(new Rejection(RejectReason.TooOld));
                continue;
            }

            throw new LoginEtlException(
                ErrorId.MessageTooOld,
                $"Message {old.Login.MessageId} was sent more than {LedgerAges.Horizon.TotalDays} days ago, longer than SQS keeps messages: whether it was written before can no longer be known.",
                "Check the clocks of queue and database; nothing of this batch was written or deleted.");
        }
    }

    private async Task<IReadOnlyList<BatchItem>> ProbeAsync(
        NpgsqlConnection connection, BatchPlan plan, Outcome[] outcomes, CancellationToken cancellationToken)
    {
        var fresh = new List<BatchItem>(plan.Items.Count);
        foreach (var (ledger, items) in ByLedger(plan.Items))
        {
            var found = await ledger.ProbeAsync(connection, items.Select(i => i.Key), cancellationToken).ConfigureAwait(false);
            var settled = found.ToDictionary(f => f.Key);
            foreach (var item in items)
            {
                if (!settled.TryGetValue(item.Key, out var entry))
                {
                    fresh.Add(item);
                }
                else if (entry.Outcome == LedgerOutcome.Quarantined)
                {
                    // Its entry stands, once, however often it comes.
                    outcomes[item.Ordinal] = Outcome.Quarantined;
                }
                else if (entry.Batch == plan.BatchId)
                {
                    // A try of ours committed, and its answer was lost.
                    outcomes[item.Ordinal] = plan.Promised![item.Ordinal];
                }
            }
        }

        return fresh;
    }

    // Neither the ledger nor the table sees anything of what is held; answers the rest, and what of the held was refused.
    private static (IReadOnlyList<BatchItem> Free, IReadOnlyList<BatchItem> Bad) HoldBack(
        BatchPlan plan, IReadOnlyList<BatchItem> fresh, Outcome[] outcomes)
    {
        if (plan.Hold is not { } hold)
        {
            return (fresh, []);
        }

        foreach (var item in fresh.Where(i => i.Refusal is not null))
        {
            hold.Add(item, item.Refusal!);
        }

        var held = fresh.Where(hold.Holds).ToList();
        held.ForEach(i => outcomes[i.Ordinal] = Outcome.Returned);
        foreach (var twin in plan.Duplicates.Where(t => outcomes[t.Of.Ordinal] == Outcome.Returned))
        {
            // What is not written must not be deleted by its other delivery.
            outcomes[twin.Ordinal] = Outcome.Returned;
        }

        plan.Held = hold.Groups(held);
        return (held.Count == 0 ? fresh : [.. fresh.Where(i => !hold.Holds(i))], [.. held.Where(i => hold.WhyOf(i) is not null)]);
    }

    private async Task<IReadOnlyList<RefusedRow>> QuarantineAsync(
        NpgsqlConnection connection, BatchPlan plan, IReadOnlyList<BatchItem> fresh, IReadOnlyDictionary<BatchItem, Refusal> refused, CancellationToken cancellationToken)
    {
        var entries = fresh.Select(i => (Item: i, Refusal: i.Refusal ?? refused.GetValueOrDefault(i)))
            .Where(e => e.Refusal is not null).Select(e => (e.Item, Refusal: e.Refusal!)).ToList();
        if (entries.Count == 0)
        {
            return [];
        }

        foreach (var (ledger, items) in ByLedger(refused.Keys))
        {
            await ledger.QuarantineAsync(connection, items.Select(i => i.Key), plan.BatchId, cancellationToken).ConfigureAwait(false);
        }

        await _quarantine.WriteAsync(connection, entries, plan.BatchId, cancellationToken).ConfigureAwait(false);
        // Whoever rejected a body has told of it.
        return [.. entries.Where(e => e.Item.Login is LoginRecord).OrderBy(e => e.Item.Ordinal).Select(e => Told(e.Item, e.Refusal))];
    }

    // A trigger may raise what it likes as the names of columns and constraints, a value of the row among it.
    private RefusedRow Told(BatchItem item, Refusal refusal)
    {
        var isName = refusal.SqlState is null || table.Columns.Any(c => c.Name == refusal.Field) || table.Live.Columns.Any(c => c.Name == refusal.Field);
        return new RefusedRow(item.Login.MessageId, new Rejection(refusal.Reason, isName ? refusal.Field : null), refusal.SqlState);
    }

    // When all fail in the same way it is the table or the settings, and not the rows: but for the user's own keys, which
    // a producer that sends everything again meets row by row, and for held messages, which come again until they are gone.
    private void StopIfAlike(BatchPlan plan, IEnumerable<BatchItem> tried, Func<BatchItem, Refusal?> why, bool decodes, bool isWritten = false) =>
        limit.Alike.Check(
            table.Name,
            decodes && isWritten ? [] : tried.Select(i => (Item: i, Why: why(i))).Where(i => i.Why is not null && !IsReplay(i.Why) && !limit.IsHeld(i.Item.Key))
                .OrderBy(i => i.Item.Ordinal).Select(i => (i.Item.Login, i.Why!)),
            decodes, isWritten || plan.Hold is { TableTakesRows: true });

    private bool IsReplay(Refusal refusal) =>
        refusal is { SqlState: PostgresErrorCodes.UniqueViolation, Constraint: { } name } && table.Live.UniqueKeys.Any(k => k.Names.Contains(name));

    private IEnumerable<(LedgerCopy Ledger, IReadOnlyList<BatchItem> Items)> ByLedger(IEnumerable<BatchItem> items) =>
        items.GroupBy(i => i.IsLine).OrderBy(g => g.Key).Select(g => (g.Key ? _fileLedger : _ledger, (IReadOnlyList<BatchItem>)g.ToList()));
}
