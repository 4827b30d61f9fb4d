using LoginEtl.Postgres.Catalog;
using LoginEtl.Postgres.Connections;
using LoginEtl.Postgres.Targets;
using LoginEtl.Records;
using Npgsql;
using NpgsqlTypes;

namespace LoginEtl.Postgres.Writing;

/// <summary>
/// Puts sealed originals into the vault; one that is there stays as it is. Needs INSERT and nothing else: without a named
/// arbiter ON CONFLICT reads no column. So nothing but our own key may be unique there, by which <see cref="WriteLock"/> looks.
/// </summary>
internal sealed class VaultInsert(QualifiedName table)
{
    private readonly QualifiedName _vault = table.Beside(SchemaNames.Vault);
    private bool _checked;

    /// <summary>Adds those of the records. The transaction's rows and ledger come first, in every writer.</summary>
    /// <exception cref="LoginEtl.Faults.LoginEtlException">There is no vault, or it may not be written.</exception>
    public async Task WriteAsync(NpgsqlConnection connection, IEnumerable<LoginRecord> records, CancellationToken cancellationToken)
    {
        // Sorted, so that two writers with the same values queue up instead of deadlocking.
        var originals = records.SelectMany(r => r.GetSealedOriginals()).DistinctBy(o => (o.Attribute, o.Token))
            .OrderBy(o => o.Attribute, StringComparer.Ordinal).ThenBy(o => o.Token, StringComparer.Ordinal).ToList();
        if (originals.Count == 0)
        {
            return;
        }

        if (!_checked)
        {
            await CompanionTable.RequireVaultAsync(connection, table, cancellationToken).ConfigureAwait(false);
            _checked = true;
        }

        await WriteLock.TakeAsync(connection, table, [WriteLock.ToInsert(_vault, SchemaNames.VaultColumns)], [SchemaNames.Vault], cancellationToken).ConfigureAwait(false);
        await connection.RunAsync(
            $"INSERT INTO {_vault.Quoted} ({string.Join(", ", SchemaNames.VaultColumns)}) "
            + "SELECT a, t, s FROM unnest($1, $2, $3) WITH ORDINALITY o(a, t, s, place) ORDER BY place ON CONFLICT DO NOTHING",
            [
                originals.ConvertAll(o => o.Attribute).ToArray(),
                originals.ConvertAll(o => o.Token).ToArray(),
                new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bytea, Value = originals.ConvertAll(o => o.AsMemory().ToArray()).ToArray() },
            ],
            cancellationToken).ConfigureAwait(false);
    }
}
