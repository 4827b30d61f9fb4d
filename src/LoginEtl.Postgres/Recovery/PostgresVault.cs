using LoginEtl.Postgres.Catalog;
using LoginEtl.Postgres.Connections;
using LoginEtl.Postgres.Targets;
using LoginEtl.Recovery;
using LoginEtl.Settings;

namespace LoginEtl.Postgres.Recovery;

/// <summary>Reads sealed originals.</summary>
internal sealed class PostgresVault(Database database, QualifiedName vault) : IVault
{
    /// <summary>Finds the vault.</summary>
    /// <param name="database">Taken over.</param>
    /// <param name="settings">With the name of the table beside which it is.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    public static Task<PostgresVault> OpenAsync(Database database, DatabaseSettings settings, CancellationToken cancellationToken) => database.UseAsync(
        async connection =>
        {
            var table = await Preflight.FindAsync(connection, settings, cancellationToken).ConfigureAwait(false);
            var vault = await CompanionTable.ReadVaultAsync(connection, table.Name, cancellationToken).ConfigureAwait(false);
            vault.RequireLoginEtlTable();
            await ForeignObjects.RequireNoneAsync(connection, table.Name, [SchemaNames.Vault], cancellationToken).ConfigureAwait(false);
            return new PostgresVault(database, vault.Name);
        },
        cancellationToken);

    /// <inheritdoc/>
    public async Task<IReadOnlyDictionary<string, ReadOnlyMemory<byte>>> FindAsync(
        string attribute, IReadOnlyCollection<string> tokens, CancellationToken cancellationToken)
    {
        var found = await database.UseAsync(
            connection => connection.QueryAsync(
                $"SELECT token, sealed FROM {vault.Quoted} WHERE attribute = $1 AND token = ANY ($2)", [attribute, tokens.ToArray()],
                r => (Token: r.GetString(0), Sealed: r.GetFieldValue<byte[]>(1)), cancellationToken),
            cancellationToken).ConfigureAwait(false);
        return found.ToDictionary(f => f.Token, f => (ReadOnlyMemory<byte>)f.Sealed, StringComparer.Ordinal);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => database.DisposeAsync();
}
