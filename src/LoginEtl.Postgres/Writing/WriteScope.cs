using Npgsql;

namespace LoginEtl.Postgres.Writing;

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
