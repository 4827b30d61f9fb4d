using System.Diagnostics.CodeAnalysis;
using LoginEtl.Faults;
using LoginEtl.Keysets;
using LoginEtl.Postgres.Catalog;
using LoginEtl.Postgres.Connections;
using LoginEtl.Postgres.Faults;
using LoginEtl.Postgres.History;
using LoginEtl.Postgres.Keys;
using LoginEtl.Postgres.Targets;
using LoginEtl.Records;
using LoginEtl.Run;
using LoginEtl.Settings;
using Npgsql;

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
    private readonly DatabaseSettings _settings;
    private readonly SinkOptions _options;
    private readonly IWriteSession _session;
    private readonly Tidying? _tidying;
    private readonly RejectLimit _limit;
    private readonly KeyStates _keys;
    private readonly CommittedBatches _committed;
    private readonly SinkNotices _notices;
    private readonly LockWatch _locks;
    private readonly RunLog _log;
    private readonly string? _whyUnchained;
    private string? _whyForgotten;
    private TargetTable _table;
    private RowEncoder _encoder;
    private BatchTransaction _writer;
    private int _probing;
    private int _suspecting;

    /// <summary>Owns the database from here on.</summary>
    public PostgresSink(Database database, ApprovedTable approved, DatabaseSettings settings, SinkOptions options)
    {
        var table = approved.Target;
        _database = database;
        // By the name that it was found under: what is beside it is in that schema.
        _settings = settings with { Table = table.Name.Quoted };
        _options = options;
        _limit = RejectLimit.Of(options.MaxRejectRatio);
        _keys = new KeyStates(table.Name.Beside(SchemaNames.Keys));
        _committed = new CommittedBatches(table.Name);
        _notices = new SinkNotices(database, approved.Schema, options);
        _locks = new LockWatch(database, options.Waiting);
        _log = new RunLog(database, table.Name, isChained: approved.WhyUnchained is null);
        _whyUnchained = approved.WhyUnchained;
        WriteTo(approved);
        _tidying = options.DryRun ? null : new Tidying(database, () => _table.Live);
        _session = options.DryRun ? new DryRunSession(database) : new CommittingSession(database);
    }

    /// <inheritdoc/>
    public string Name => _table.Name.ToString();

    /// <inheritdoc/>
    public string Place => $"{Name} at {_database.Endpoint}";

    /// <inheritdoc/>
    public Task<IReadOnlyList<StoredKey>> KeysAsync(CancellationToken cancellationToken) => LookAsync(_keys.ListAsync, cancellationToken);

    /// <inheritdoc/>
    public Task RequireKeysAsync(IReadOnlyList<StoredKey> keys, CancellationToken cancellationToken) => LookAsync(
        async (connection, token) =>
        {
            var known = await _keys.ListAsync(connection, token).ConfigureAwait(false);
            new KnownKeys(known).Refuse(keys);
            return await new KeyRegistration(_table.Live, _options.NewKey, _options.DryRun).RequireAsync(connection, keys, known, token).ConfigureAwait(false);
        },
        cancellationToken);

    /// <inheritdoc/>
    public Task PingAsync(CancellationToken cancellationToken) => _database.UseAsync(
        connection => connection.QueryAsync("SELECT 1", [], _ => 0, cancellationToken), cancellationToken);

    private async Task<T> LookAsync<T>(Func<NpgsqlConnection, CancellationToken, Task<T>> look, CancellationToken cancellationToken)
    {
        var retry = new FaultRetry(_options.RetryFor, _database.Endpoint, _options.Waiting);
        while (true)
        {
            try
            {
                var connection = await _database.Source.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
                await using var _ = connection.ConfigureAwait(false);
                return await look(connection, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (FaultRetry.Concerns(e))
            {
                await retry.WaitAsync(e, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <inheritdoc/>
    public async Task<BatchResult> WriteAsync(IReadOnlyList<ProtectedLogin> batch, CancellationToken cancellationToken)
    {
        var plan = BatchPlan.Of(batch, _encoder, _options.OnBadInGroup, _log.NextBatch());
        if (plan.Items.Count == 0)
        {
            return new BatchResult(plan.BatchId, []);
        }

        _limit.Begin();
        var retry = new FaultRetry(_options.RetryFor, _database.Endpoint, _options.Waiting, _session.MayRetry);
        var attempt = Next(null, probes: plan.Hold is not null);
        var changes = new List<string>();
        PostgresException? sign = null;
        for (var rounds = 0; ;)
        {
            // A COMMIT in doubt is cleared up even when the run is being stopped: the time for it is bounded.
            var token = attempt.CommitInDoubt ? CancellationToken.None : cancellationToken;
            try
            {
                var scope = await _session.BeginAsync(token).ConfigureAwait(false);
                await using var _ = scope.ConfigureAwait(false);
                if (sign is not null)
                {
                    await ReadAgainAsync(scope.Connection, attempt, changes, sign, token).ConfigureAwait(false);
                    plan = BatchPlan.Of(batch, _encoder, _options.OnBadInGroup, plan.BatchId, plan);
                    sign = null;
                }

                var outcome = await _locks.WatchAsync(scope.Connection, () => _writer.TryWriteAsync(scope, plan, attempt, token)).ConfigureAwait(false);
                while (outcome == AttemptOutcome.MetChangedTable)
                {
                    // Behind the table's lock still, and nothing is written yet: who changes it again waits for this batch.
                    rounds = ++rounds <= MostRounds ? rounds : throw TableChange.Restless(_table.Live, attempt.CommitInDoubt);
                    await ReadAgainAsync(scope.Connection, attempt, changes, null, token).ConfigureAwait(false);
                    plan = BatchPlan.Of(batch, _encoder, _options.OnBadInGroup, plan.BatchId, plan);
                    attempt = Next(attempt);
                    outcome = await _writer.TryWriteAsync(scope, plan, attempt, token).ConfigureAwait(false);
                }

                if (outcome.Outcomes is { } outcomes)
                {
                    Remember(attempt);
                    _limit.Settle();
                    _tidying?.Begin();
                    if (!_options.DryRun)
                    {
                        _committed.Add(plan, outcomes);
                    }

                    return new BatchResult(plan.BatchId, outcomes)
                    {
                        Held = plan.Held,
                        Refused = plan.Refused,
                        Notices = await _notices.OfAsync(_table.Name, changes, outcomes, plan).ConfigureAwait(false),
                        SuppressedAccepted = _options.OnSuppressed == SuppressedAction.Accept,
                    };
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
                        ErrorId.LedgerUnreadable, $"The ledger beside {Name} refuses messages as settled that it does not show as settled.",
                        "Turn row security off on the ledger, or let the user see every row of it; nothing of this batch was written or deleted.")
                    {
                        CommitUnknown = attempt.CommitInDoubt,
                    };
                }

                attempt = Next(attempt, probes: true);
            }
            catch (PostgresException e) when (TableChange.MayExplain(e))
            {
                sign = e;
                attempt = Next(attempt);
                rounds = ++rounds <= MostRounds ? rounds : throw TableChange.Restless(_table.Live, attempt.CommitInDoubt);
            }
            catch (Exception e) when (FaultRetry.Concerns(e, attempt.CommitInDoubt))
            {
                await retry.WaitAsync(e, cancellationToken, attempt.CommitInDoubt, _locks.Locked).ConfigureAwait(false);
                attempt = Next(attempt, probes: true);
            }
        }
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<string>> BeginRunAsync(string? source, CancellationToken cancellationToken)
    {
        if (_options.DryRun)
        {
            return [];
        }

        // Not with the first batch alone: what is old goes where nothing comes any more, too.
        _tidying?.Begin();
        if (_whyForgotten is { } why)
        {
            return [why];
        }

        var lost = await LookAsync((connection, token) => _log.BeginAsync(connection, source, token), cancellationToken).ConfigureAwait(false);
        _writer = NewWriter();
        return _whyUnchained is { } gap ? [.. lost, gap] : lost;
    }

    /// <inheritdoc/>
    public Task<string?> EndRunAsync(Receipt receipt) => _log.EndAsync(receipt);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _log.DisposeAsync().ConfigureAwait(false);
        if (_tidying is not null)
        {
            await _tidying.DisposeAsync().ConfigureAwait(false);
        }

        await _session.DisposeAsync().ConfigureAwait(false);
        await _database.DisposeAsync().ConfigureAwait(false);
    }

    [MemberNotNull(nameof(_table), nameof(_encoder), nameof(_writer))]
    private void WriteTo(ApprovedTable approved)
    {
        (_table, _whyForgotten) = (approved.Target, approved.WhyForgotten);
        _encoder = new RowEncoder(_table, _options.OnTooLong);
        _writer = NewWriter();
    }

    private BatchTransaction NewWriter() => new(_table, _settings.Timeout, _limit, _options, _committed, _whyForgotten is null && _log.HasBegun ? _log : null);

    /// <summary>Reads the table as it is; from here on rows are encoded for that.</summary>
    /// <param name="connection">In a transaction, behind the table's lock where there is no <paramref name="sign"/>.</param>
    /// <param name="attempt">Under way.</param>
    /// <param name="changes">Gets what is another.</param>
    /// <param name="sign">The fault that made one look; it stands when the table is as it was.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="LoginEtlException"><c>TableChanged</c>, or what the fault is.</exception>
    private async Task ReadAgainAsync(
        NpgsqlConnection connection, Attempt attempt, List<string> changes, PostgresException? sign, CancellationToken cancellationToken)
    {
        var was = _table.Live;
        try
        {
            WriteTo(await Preflight.CheckAsync(connection, _settings, _options, cancellationToken).ConfigureAwait(false));
        }
        catch (LoginEtlException why)
        {
            var now = await LiveTableReader.ReadAsync(connection, _settings, cancellationToken).ConfigureAwait(false);
            throw now?.Fingerprint == was.Fingerprint && sign is not null
                ? DatabaseFault.From(sign, _database.Endpoint, attempt.CommitInDoubt)
                : TableChange.Refused(was, now, why, attempt.CommitInDoubt);
        }

        if (sign is not null && _table.Live.Fingerprint == was.Fingerprint && _table.Live.IsInsertable == was.IsInsertable)
        {
            throw sign.SqlState is PostgresErrorCodes.ProtocolViolation or PostgresErrorCodes.InvalidBinaryRepresentation
                ? TableChange.Unread(was, sign, attempt.CommitInDoubt)
                : DatabaseFault.From(sign, _database.Endpoint, attempt.CommitInDoubt);
        }

        if (TableChange.Between(was, _table.Live) is { Length: > 0 } change)
        {
            changes.Add(change);
        }
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
