using LoginEtl.Connections;
using LoginEtl.Faults;
using LoginEtl.Postgres.Connections;
using LoginEtl.Postgres.Faults;
using LoginEtl.Postgres.Schema;
using LoginEtl.Recovery;

namespace LoginEtl.Postgres.Recovery;

/// <summary>Reads sealed originals.</summary>
internal sealed class PostgresVault(Database database, QualifiedName vault) : IVault
{
    /// <summary>Finds the vault.</summary>
    /// <param name="database">Taken over.</param>
    /// <param name="settings">With the name of the table beside which it is.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    public static async Task<PostgresVault> OpenAsync(Database database, DatabaseSettings settings, CancellationToken cancellationToken)
    {
        try
        {
            var connection = await database.Source.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
            await using var _ = connection.ConfigureAwait(false);
            var table = await Targets.Preflight.FindAsync(connection, settings, cancellationToken).ConfigureAwait(false);
            var vault = table.Name.Beside(SchemaNames.Vault);
            var columns = await TableNames.ColumnsAsync(connection, vault, cancellationToken).ConfigureAwait(false);
            return columns.IsSupersetOf(SchemaNames.VaultColumns)
                ? new PostgresVault(database, vault)
                : throw new LoginEtlException(
                    "VaultNotFound", FaultKind.NotFound, $"There is no {vault} as this version makes it.", "Run Initialize-LoginDatabase.");
        }
        catch (Exception e) when (DatabaseFault.IsOfDatabase(e))
        {
            throw DatabaseFault.From(e, database.Endpoint);
        }
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyDictionary<string, ReadOnlyMemory<byte>>> FindAsync(
        string attribute, IReadOnlyCollection<string> tokens, CancellationToken cancellationToken)
    {
        try
        {
            var connection = await database.Source.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
            await using var _ = connection.ConfigureAwait(false);
            var found = await connection.QueryAsync(
                $"SELECT token, sealed FROM {vault.Quoted} WHERE attribute = $1 AND token = ANY ($2)", [attribute, tokens.ToArray()],
                r => (Token: r.GetString(0), Sealed: r.GetFieldValue<byte[]>(1)), cancellationToken).ConfigureAwait(false);
            return found.ToDictionary(f => f.Token, f => (ReadOnlyMemory<byte>)f.Sealed, StringComparer.Ordinal);
        }
        catch (Exception e) when (DatabaseFault.IsOfDatabase(e))
        {
            throw DatabaseFault.From(e, database.Endpoint);
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => database.DisposeAsync();
}
