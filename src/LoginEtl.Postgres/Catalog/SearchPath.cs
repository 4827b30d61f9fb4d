using LoginEtl.Faults;
using LoginEtl.Postgres.Connections;
using Npgsql;

namespace LoginEtl.Postgres.Catalog;

/// <summary>
/// What a table's name without a schema stands for. Whoever may create schemas in the database may make one that the path
/// names and that is not there yet, as that of the account's name: what is in it would be taken for what is meant.
/// </summary>
internal static class SearchPath
{
    private static readonly string s_query =
        $"""
        SELECT p.parts, n.nspname, pg_get_userbyid(n.nspowner), {ForeignObjects.MayActAsOwnerOfDatabase("n.nspowner")} OR pg_get_userbyid(n.nspowner) = 'pg_database_owner'
                   OR (n.nspname <> current_user AND NOT EXISTS (
                       SELECT FROM pg_roles r
                       WHERE pg_catalog.pg_has_role(r.oid, n.nspowner, 'MEMBER') AND pg_catalog.has_database_privilege(r.oid, current_database()::text, 'CREATE')
                           AND NOT {ForeignObjects.MayActAsOwnerOfDatabase("r.oid")})),
               EXISTS (SELECT FROM pg_class c WHERE c.relnamespace = n.oid AND c.relname = p.parts[1]::name)
        FROM (SELECT pg_catalog.parse_ident($1)) AS p(parts)
        LEFT JOIN (pg_catalog.unnest(current_schemas(false)) WITH ORDINALITY AS s(name, place) JOIN pg_namespace n ON n.nspname = s.name)
            ON pg_catalog.cardinality(p.parts) = 1
        ORDER BY s.place
        """;

    /// <summary>
    /// The table that is meant, there or not: with its schema, so that it is looked up by no path any more, which may have
    /// changed meanwhile. One schema alone has it, and it is nobody's who may have made it to be found there.
    /// </summary>
    /// <param name="connection">Open.</param>
    /// <param name="table">As it was given; with a schema it is what it says.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="LoginEtlException"><c>TableAmbiguous</c>, <c>ForeignObject</c>, <c>SchemaNotFound</c>, <c>InvalidTableName</c>.</exception>
    public static async Task<QualifiedName> MeantAsync(NpgsqlConnection connection, string table, CancellationToken cancellationToken)
    {
        var rows = await connection.QueryAsync(
            s_query, [table],
            r => (Parts: r.GetFieldValue<string[]>(0), Schema: r.IsDBNull(1) ? default : (Name: r.GetString(1), Owner: r.GetString(2), IsTrusted: r.GetBoolean(3), HasTable: r.GetBoolean(4))),
            cancellationToken).ConfigureAwait(false);
        var parts = rows[0].Parts;
        if (parts.Length != 1)
        {
            return parts switch
            {
                [var schema, var relation] => Lasting(new QualifiedName(schema, relation)),
                [_, _, _] => throw TableNames.OfAnotherDatabase(),
                _ => throw TableNameText.Invalid(),
            };
        }

        var schemas = rows.Select(r => r.Schema).Where(s => s.Name is not null).ToList();
        var found = schemas.Where(s => s.HasTable).ToList();
        if (found.Count > 1)
        {
            throw new LoginEtlException(
                ErrorId.TableAmbiguous,
                $"More than one schema of the search path has a {Shown(table)}: {string.Join(", ", found.Select(s => QualifiedName.Quote(s.Name)))}.",
                "Name the schema of the one that is meant: -Table schema.table. If you do not know the other, find out who made it.");
        }

        if (found.Concat(schemas).FirstOrDefault() is not { Name: { } name } first)
        {
            throw new LoginEtlException(
                ErrorId.SchemaNotFound, "None of the schemas of the search path exists.",
                "Name the schema: -Table schema.table.");
        }

        if (!first.IsTrusted)
        {
            throw new LoginEtlException(
                ErrorId.ForeignObject,
                $"The search path leads to the schema {QualifiedName.Quote(name)}, which {first.Owner} may have made to be found there, and to whom it belongs: what is in it may be made to look like what is meant.",
                "Name the schema of the table: -Table schema.table. If this one is yours, give it to this user or to the database's owner (ALTER SCHEMA … OWNER TO).");
        }

        return Lasting(new QualifiedName(name, parts[0]));
    }

    // The server keeps these names for itself: they are temporary schemas, and its own.
    private static QualifiedName Lasting(QualifiedName table) => !table.Schema.StartsWith("pg_", StringComparison.Ordinal) ? table
        : throw new LoginEtlException(
            ErrorId.TableUnsuitable, $"{table} is temporary or the system's own: what is written there is lost, or nobody's.",
            "Name a table that stays: -Table schema.table.");

    private static string Shown(string table) => Quotable.IsTable(table) ? table : "table of the name that was given";
}
