using LoginEtl.Connections;
using LoginEtl.Faults;
using LoginEtl.Postgres.Connections;
using LoginEtl.Postgres.Faults;
using LoginEtl.Postgres.Targets;
using LoginEtl.Records;
using LoginEtl.Running;

namespace LoginEtl.Postgres.Writing;

/// <summary>
/// Writes batches until they stand: faults of the system are retried, duplicates and bad rows sorted out, and a COMMIT
/// whose answer was lost is looked up in the ledger.
/// </summary>
internal sealed class PostgresSink : IRecordSink
{
    // Duplicates and bad rows come in runs. Batches that must be clean before the fast way is trusted again.
    private const int CleanBatches = 8;

    // Every round needs another writer to have committed in between. More of them than this means that the ledger's
    // rows are hidden from us, by row security say.
    private const int MostRounds = 50;

    private readonly Database _database;
    private readonly TargetTable _table;
    private readonly TimeSpan _retryFor;
    private readonly RowEncoder _encoder;
    private readonly BatchTransaction _writer;
    private readonly IWriteSession _session;
    private readonly LedgerPruning? _pruning;
    private readonly RejectLimit _limit;
    private readonly BadInGroup _onBadInGroup;
    private int _probing;
    private int _suspecting;

    /// <summary>Owns the database from here on.</summary>
    public PostgresSink(Database database, TargetTable table, DatabaseSettings settings, SinkOptions options)
    {
        _database = database;
        _table = table;
        _retryFor = options.RetryFor;
        _encoder = new RowEncoder(table, options.OnTooLong);
        _limit = RejectLimit.Of(options.MaxRejectRatio);
        _onBadInGroup = options.OnBadInGroup;
        _writer = new BatchTransaction(table, settings.Timeout, _limit, holdsKeys: !options.DryRun);
        _pruning = options.DryRun ? null : new LedgerPruning(database, table.Name);
        _session = options.DryRun ? new DryRunSession(database) : new CommittingSession(database);
    }

    /// <inheritdoc/>
    public string Name => _table.Name.ToString();

    /// <inheritdoc/>
    public async Task<BatchResult> WriteAsync(IReadOnlyList<ProtectedLogin> batch, CancellationToken cancellationToken)
    {
        var plan = BatchPlan.Of(batch, _encoder, _onBadInGroup);
        if (plan.Items.Count == 0)
        {
            return new BatchResult(plan.BatchId, []);
        }

        _limit.Begin();
        var retry = new FaultRetry(_retryFor, _database.Endpoint, _session.MayRetry);
        var attempt = Next(null, probes: plan.Hold is not null);
        for (var rounds = 0; ;)
        {
            // A COMMIT in doubt is cleared up even when the run is being stopped: the time for it is bounded.
            var token = attempt.CommitInDoubt ? CancellationToken.None : cancellationToken;
            try
            {
                var scope = await _session.BeginAsync(token).ConfigureAwait(false);
                await using var _ = scope.ConfigureAwait(false);
                var outcome = await _writer.TryWriteAsync(scope, plan, attempt, token).ConfigureAwait(false);
                if (outcome.Outcomes is { } outcomes)
                {
                    Remember(attempt);
                    _limit.Settle();
                    _pruning?.Begin();
                    return new BatchResult(plan.BatchId, outcomes) { Held = plan.Held, Refused = plan.Refused };
                }

                if (outcome == AttemptOutcome.MetBadInGroup)
                {
                    // Each time one group more: it ends.
                    attempt = Next(attempt);
                    continue;
                }

                if (++rounds > MostRounds)
                {
                    throw new LoginEtlException(
                        "LedgerUnreadable", FaultKind.Failed, $"The ledger beside {Name} refuses messages as settled that it does not show as settled.",
                        "Turn row security off on the ledger, or let the user see every row of it; nothing of this batch was written or deleted.")
                    {
                        CommitUnknown = attempt.CommitInDoubt,
                    };
                }

                attempt = Next(attempt, probes: true);
            }
            catch (Exception e) when (FaultRetry.Concerns(e, attempt.CommitInDoubt))
            {
                await retry.WaitAsync(e, cancellationToken, attempt.CommitInDoubt).ConfigureAwait(false);
                attempt = Next(attempt, probes: true);
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_pruning is not null)
        {
            await _pruning.DisposeAsync().ConfigureAwait(false);
        }

        await _session.DisposeAsync().ConfigureAwait(false);
        await _database.DisposeAsync().ConfigureAwait(false);
    }

    private Attempt Next(Attempt? last, bool probes = false) => new()
    {
        Probes = probes || (last?.Probes ?? _probing > 0),
        OneByOne = last is { OneByOne: true } or { FoundBadRows: true } || _suspecting > 0 || _table.Live.HasRowSecurity,
        CommitInDoubt = last?.CommitInDoubt ?? false,
    };

    private void Remember(Attempt attempt)
    {
        _probing = attempt.FoundDuplicates ? CleanBatches : Math.Max(0, _probing - 1);
        _suspecting = attempt.FoundBadRows ? CleanBatches : Math.Max(0, _suspecting - 1);
    }
}
