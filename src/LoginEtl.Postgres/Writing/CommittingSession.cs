using System.Data;
using LoginEtl.Postgres.Connections;
using Npgsql;

namespace LoginEtl.Postgres.Writing;

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
