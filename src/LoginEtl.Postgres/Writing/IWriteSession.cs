using System.Data;
using LoginEtl.Faults;
using LoginEtl.Postgres.Connections;
using LoginEtl.Postgres.Faults;
using Npgsql;

namespace LoginEtl.Postgres.Writing;

/// <summary>Where the transactions of a run's batches come from.</summary>
internal interface IWriteSession : IAsyncDisposable
{
    /// <summary>Whether what failed can be tried again.</summary>
    bool MayRetry { get; }

    /// <summary>Begins the work of one try.</summary>
    Task<WriteScope> BeginAsync(CancellationToken cancellationToken);
}

/// <summary>The work of one try: it stands after <see cref="CommitAsync"/>, and is undone when disposed of before.</summary>
internal abstract class WriteScope(NpgsqlConnection connection) : IAsyncDisposable
{
    /// <summary>Open, in a transaction.</summary>
    public NpgsqlConnection Connection { get; } = connection;

    /// <summary>Not to be cancelled: whether it took place would not be known.</summary>
    public abstract Task CommitAsync();

    /// <inheritdoc/>
    public abstract ValueTask DisposeAsync();
}

/// <summary>A transaction a try, on a connection of the pool.</summary>
internal sealed class CommittingSession(Database database) : IWriteSession
{
    /// <inheritdoc/>
    public bool MayRetry => true;

    /// <inheritdoc/>
    public async Task<WriteScope> BeginAsync(CancellationToken cancellationToken)
    {
        var connection = await database.Source.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return new Scope(
                connection, await connection.BeginTransactionAsync(IsolationLevel.ReadCommitted, cancellationToken).ConfigureAwait(false));
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => default;

    private sealed class Scope(NpgsqlConnection connection, NpgsqlTransaction transaction) : WriteScope(connection)
    {
        public override Task CommitAsync() => transaction.CommitAsync(CancellationToken.None);

        public override async ValueTask DisposeAsync()
        {
            await transaction.DisposeAsync().ConfigureAwait(false);
            await Connection.DisposeAsync().ConfigureAwait(false);
        }
    }
}

/// <summary>
/// One transaction for a whole run, which is never committed: every batch finds what earlier ones would have written.
/// What fails or is cancelled cannot be tried again, because the transaction holds all that came before.
/// </summary>
internal sealed class DryRunSession(Database database) : IWriteSession
{
    private const string Savepoint = "login_etl";

    // The run waits for messages inside the transaction. The limit ends one whose client is gone without a word.
    private const string Start = "SET LOCAL idle_in_transaction_session_timeout = '1h'";

    private NpgsqlConnection? _connection;
    private NpgsqlTransaction? _transaction;

    /// <inheritdoc/>
    public bool MayRetry => false;

    /// <inheritdoc/>
    public async Task<WriteScope> BeginAsync(CancellationToken cancellationToken)
    {
        if (_transaction is null)
        {
            _connection = await database.Source.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
            _transaction = await _connection.BeginTransactionAsync(IsolationLevel.ReadCommitted, cancellationToken).ConfigureAwait(false);
            await _connection.RunAsync(Start, cancellationToken).ConfigureAwait(false);
        }
        else if (_connection!.FullState != ConnectionState.Open)
        {
            throw new LoginEtlException(
                ErrorId.DryRunEnded, $"The dry run on {database.Endpoint} has lost its transaction, and with it what earlier batches found.",
                "Run it again: nothing was written.");
        }

        await _transaction.SaveAsync(Savepoint, cancellationToken).ConfigureAwait(false);
        return new Scope(_connection, _transaction);
    }

    /// <summary>Rolls everything back.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_connection is not null)
        {
            // Closing rolls back, and a connection that is gone has done so already.
            await _connection.DisposeAsync().ConfigureAwait(false);
        }
    }

    private sealed class Scope(NpgsqlConnection connection, NpgsqlTransaction transaction) : WriteScope(connection)
    {
        private bool _stands;

        public override async Task CommitAsync()
        {
            await transaction.ReleaseAsync(Savepoint).ConfigureAwait(false);
            _stands = true;
        }

        public override async ValueTask DisposeAsync()
        {
            if (_stands)
            {
                return;
            }

            try
            {
                await transaction.RollbackAsync(Savepoint, CancellationToken.None).ConfigureAwait(false);
            }
            catch (Exception e) when (DatabaseFault.IsOfDatabase(e) || e is InvalidOperationException)
            {
                // The transaction is gone as a whole; the fault that ended it is under way already.
            }
        }
    }
}
