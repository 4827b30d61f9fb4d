using LoginEtl.Faults;
using LoginEtl.Postgres.Catalog;
using LoginEtl.Postgres.Connections;
using LoginEtl.Postgres.Targets;
using Npgsql;

namespace LoginEtl.Postgres.Subjects;

/// <summary>Whether the user may do what is asked for, and whether it is what this version makes.</summary>
internal static class SubjectRights
{
    private const string Lacking =
        "SELECT n.name FROM pg_catalog.unnest($1) WITH ORDINALITY n(name, place) WHERE NOT pg_catalog.has_table_privilege(pg_catalog.to_regclass(n.name)::oid, 'SELECT') ORDER BY n.place";

    private const string Kept =
        """
        SELECT n.name FROM pg_catalog.unnest($1) WITH ORDINALITY n(name, place)
        WHERE NOT CASE n.place WHEN 2 THEN pg_catalog.has_column_privilege(pg_catalog.to_regclass(n.name)::oid, 'record', 'UPDATE') ELSE pg_catalog.has_table_privilege(pg_catalog.to_regclass(n.name)::oid, 'DELETE') END
        ORDER BY n.place
        """;

    /// <exception cref="LoginEtlException"><c>TableAccessDenied</c>, <c>LedgerNotFound</c>, <c>LedgerUnsuitable</c>, <c>ForeignObject</c>.</exception>
    public static async Task RequireReadableAsync(NpgsqlConnection connection, SubjectQueries queries, CancellationToken cancellationToken)
    {
        foreach (var beside in await CompanionTable.ReadAsync(connection, queries.Table, [SchemaNames.Quarantine, SchemaNames.Vault], cancellationToken).ConfigureAwait(false))
        {
            beside.RequireLoginEtlTable();
        }

        await ForeignObjects.RequireNoneAsync(connection, queries.Table, [SchemaNames.Quarantine, SchemaNames.Vault], cancellationToken).ConfigureAwait(false);
        if (await NamesAsync(connection, queries, Lacking, cancellationToken).ConfigureAwait(false) is { Length: > 0 } hidden)
        {
            throw new LoginEtlException(
                ErrorId.TableAccessDenied, $"The user may not read {hidden}, and a person's data may be there. Nothing was read.",
                "Initialize-LoginDatabase -Role makes login_etl_recoverer, a role that may, and login_etl_eraser, which may erase: grant one to the user.");
        }
    }

    /// <exception cref="LoginEtlException"><c>TableAccessDenied</c>.</exception>
    public static async Task RequireErasableAsync(NpgsqlConnection connection, SubjectQueries queries, CancellationToken cancellationToken)
    {
        if (await NamesAsync(connection, queries, Kept, cancellationToken).ConfigureAwait(false) is { Length: > 0 } kept)
        {
            throw new LoginEtlException(
                ErrorId.TableAccessDenied, $"The user may not erase what is in {kept}. Nothing was removed.", "Initialize-LoginDatabase -Role makes login_etl_eraser, a role that may: grant it to the user.");
        }
    }

    private static async Task<string> NamesAsync(NpgsqlConnection connection, SubjectQueries queries, string query, CancellationToken cancellationToken)
    {
        QualifiedName[] all = [queries.Table, queries.Quarantine, queries.Vault];
        var found = await connection.QueryAsync(query, [all.Select(r => r.Quoted).ToArray()], r => r.GetString(0), cancellationToken).ConfigureAwait(false);
        return string.Join(", ", all.Where(r => found.Contains(r.Quoted)));
    }
}
