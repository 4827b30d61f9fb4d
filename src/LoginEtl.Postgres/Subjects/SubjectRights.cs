using LoginEtl.Faults;
using LoginEtl.Postgres.Catalog;
using LoginEtl.Postgres.Connections;
using LoginEtl.Postgres.Targets;
using Npgsql;

namespace LoginEtl.Postgres.Subjects;

/// <summary>Whether the user may read what is asked for, and whether it is what this version makes.</summary>
internal static class SubjectRights
{
    private const string Lacking =
        "SELECT n.name FROM pg_catalog.unnest($1) WITH ORDINALITY n(name, place) WHERE NOT pg_catalog.has_table_privilege(pg_catalog.to_regclass(n.name)::oid, $2) ORDER BY n.place";

    /// <exception cref="LoginEtlException"><c>TableAccessDenied</c>, <c>LedgerNotFound</c>, <c>LedgerUnsuitable</c>, <c>ForeignObject</c>.</exception>
    public static async Task RequireReadableAsync(NpgsqlConnection connection, SubjectQueries queries, CancellationToken cancellationToken)
    {
        foreach (var beside in await CompanionTable.ReadAsync(connection, queries.Table, [SchemaNames.Quarantine, SchemaNames.Vault], cancellationToken).ConfigureAwait(false))
        {
            beside.RequireLoginEtlTable();
        }

        await ForeignObjects.RequireNoneAsync(connection, queries.Table, [SchemaNames.Quarantine, SchemaNames.Vault], cancellationToken).ConfigureAwait(false);
        QualifiedName[] read = [queries.Table, queries.Quarantine, queries.Vault];
        var lacking = await connection.QueryAsync(Lacking, [read.Select(r => r.Quoted).ToArray(), "SELECT"], r => r.GetString(0), cancellationToken).ConfigureAwait(false);
        if (lacking.Count > 0)
        {
            throw new LoginEtlException(
                ErrorId.TableAccessDenied, $"The user may not read {string.Join(", ", read.Where(r => lacking.Contains(r.Quoted)))}, and a person's data may be there. Nothing was read.",
                "Initialize-LoginDatabase -Role makes login_etl_recoverer, a role that may: grant it to the user.");
        }
    }
}
