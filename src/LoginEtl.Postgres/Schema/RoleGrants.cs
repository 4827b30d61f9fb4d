using LoginEtl.Faults;
using LoginEtl.Postgres.Analysis;
using LoginEtl.Postgres.Catalog;
using LoginEtl.Postgres.Connections;
using LoginEtl.Records;
using LoginEtl.Settings;
using Npgsql;

namespace LoginEtl.Postgres.Schema;

/// <summary>The roles, none of which can log in, and what each may do.</summary>
internal static class RoleGrants
{
    /// <summary>What a run needs.</summary>
    public const string Writer = "login_etl_writer";

    /// <summary>What it takes to read the rows, whose values are masked.</summary>
    public const string Reader = "login_etl_reader";

    /// <summary>What it takes to see the quarantine, to restore from it and to dismiss entries.</summary>
    public const string Auditor = "login_etl_auditor";

    /// <summary>What it takes to recover: rows, sealed bodies, the vault's originals (and to erase those), and the audit's anchor.</summary>
    public const string Recoverer = "login_etl_recoverer";

    /// <summary>What it takes to rotate keys; the keys themselves are elsewhere.</summary>
    public const string KeyKeeper = "login_etl_key_keeper";

    /// <summary>What it takes to erase a person: what the recoverer reads, and to delete it.</summary>
    public const string Eraser = "login_etl_eraser";

    /// <summary>What it takes to read counts, and no row.</summary>
    public const string Analyst = "login_etl_analyst";

    private const string CreateRole = "CREATE ROLE ";
    private static readonly (string Privilege, string Column)[] RightsOfSettling =
    [
        .. new[] { SchemaNames.RestoredAt, SchemaNames.DismissedAt, SchemaNames.DismissedBy, SchemaNames.DismissalReason, "sealed_body", "record" }
            .Select(c => ("UPDATE", c)),
    ];

    private static readonly (string Privilege, string Column)[] RightsOfAnchoring = [("SELECT", ""), .. SchemaNames.AuditAnchorContent.Select(c => ("INSERT", c))];

    // Enough to register a key as primary, and no state of any other can be changed by it.
    private static readonly (string Privilege, string Column)[] RightsOfRegistering =
        [("SELECT", ""), ("INSERT", "attribute"), ("INSERT", "method"), ("INSERT", "prefix"), ("INSERT", SchemaNames.CheckValue)];

    private static readonly string[] Roles = [Writer, Reader, Analyst, Auditor, Recoverer, Eraser, KeyKeeper];

    private const string HasRole = "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)";

    private const string CanLogIn = "SELECT rolname FROM pg_roles WHERE rolname = ANY ($1::name[]) AND rolcanlogin ORDER BY rolname";

    private const string HasUsage =
        "SELECT coalesce((SELECT pg_catalog.has_schema_privilege(r.oid, n.oid, 'USAGE') FROM pg_roles r, pg_namespace n WHERE r.rolname = $1 AND n.nspname = $2), false)";

    // A column's right counts where the role has it for the column or for the whole table.
    private const string HasRights =
        """
        SELECT coalesce((
            SELECT bool_and(CASE WHEN p.col = '' THEN pg_catalog.has_table_privilege(r.oid, c.oid, p.privilege)
                                 ELSE coalesce(pg_catalog.has_column_privilege(r.oid, c.oid, (SELECT a.attnum FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = p.col), p.privilege), false) END)
            FROM pg_roles r, pg_class c, unnest($3, $4) AS p(privilege, col)
            WHERE r.rolname = $1 AND c.oid = pg_catalog.to_regclass($2)::oid), false)
        """;

    /// <summary>Whether a statement makes a role.</summary>
    public static bool IsCreateRole(string statement) => statement.StartsWith(CreateRole, StringComparison.Ordinal);

    /// <summary>A role of these names that was there before and can log in: whoever has its password gets what it is granted.</summary>
    public static async Task<LoginEtlException?> StrangerAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var names = await connection.QueryAsync(CanLogIn, [Roles], r => r.GetString(0), cancellationToken).ConfigureAwait(false);
        return names.Count == 0 ? null : new LoginEtlException(
            ErrorId.ForeignObject, $"The role{(names.Count > 1 ? "s" : "")} {string.Join(", ", names)} can log in; this module makes roles that cannot: somebody else made or changed what the rights are given to.",
            "Find out who did. ALTER ROLE … NOLOGIN mends it; look at its members, too.");
    }

    /// <summary>The statements for what is missing.</summary>
    /// <param name="connection">Open.</param>
    /// <param name="table">The user's.</param>
    /// <param name="names">Of its columns.</param>
    /// <param name="makesViews">The views for analysts are there, or are made before this.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    public static async Task<List<string>> MissingAsync(NpgsqlConnection connection, QualifiedName table, ColumnNames names, bool makesViews, CancellationToken cancellationToken)
    {
        if (await StrangerAsync(connection, cancellationToken).ConfigureAwait(false) is { } stranger)
        {
            throw stranger;
        }

        var statements = new List<string>();
        foreach (var role in Roles)
        {
            if (!await IsSoAsync(HasRole, role).ConfigureAwait(false))
            {
                statements.Add($"{CreateRole}{role} NOLOGIN");
            }
        }

        // Tokens are replaced in each partition by itself, and there a right on the table does not hold.
        var partitions = await TableLeaves.NamesAsync(connection, table, cancellationToken).ConfigureAwait(false);
        partitions.Remove(table);
        var schemas = Roles.Select(r => (Role: r, table.Schema)).Concat(partitions.Select(p => (Role: KeyKeeper, p.Schema))).Distinct();
        foreach (var (role, schema) in schemas)
        {
            if (!await IsSoAsync(HasUsage, role, schema).ConfigureAwait(false))
            {
                statements.Add($"GRANT USAGE ON SCHEMA {QualifiedName.Quote(schema)} TO {role}");
            }
        }

        (string Privilege, string Column)[] rotation = [("SELECT", ""), ("UPDATE", names.Of(LoginFields.MaskedIp)), ("UPDATE", names.Of(LoginFields.MaskedDeviceId))];
        foreach (var (role, relation, rights) in Wanted(table).Concat(makesViews ? OfViews(table) : []).Concat(partitions.Prepend(table).Select(p => (KeyKeeper, p, rotation))))
        {
            // Earlier versions gave the whole row: who and when could be made up. With it go the rights to single columns.
            var tooMuch = relation.Name == SchemaNames.AuditAnchor && await AnchorMigration.FillsRowsAsync(connection, relation, role, cancellationToken).ConfigureAwait(false);
            if (tooMuch)
            {
                statements.Add($"REVOKE INSERT ON {relation.Quoted} FROM {role}");
            }

            object[] parameters = [role, relation.Quoted, rights.Select(r => r.Privilege).ToArray(), rights.Select(r => r.Column).ToArray()];
            if (tooMuch || !await IsSoAsync(HasRights, parameters).ConfigureAwait(false))
            {
                var list = string.Join(", ", rights.Select(r => r.Column.Length == 0 ? r.Privilege : $"{r.Privilege} ({QualifiedName.Quote(r.Column)})"));
                statements.Add($"GRANT {list} ON {relation.Quoted} TO {role}");
            }
        }

        var prune = new PruneFunction(table);
        if (!(await prune.StateAsync(connection, Writer, cancellationToken).ConfigureAwait(false)).IsGranted)
        {
            statements.Add(prune.Grant(Writer));
        }

        return statements;

        async Task<bool> IsSoAsync(string sql, params object[] parameters) =>
            (await connection.QueryAsync(sql, parameters, r => r.GetBoolean(0), cancellationToken).ConfigureAwait(false))[0];
    }

    private static IEnumerable<(string Role, QualifiedName Relation, (string Privilege, string Column)[] Rights)> OfViews(QualifiedName table)
    {
        (string, string)[] select = [("SELECT", "")];
        return [.. AnalysisNames.All.Select(v => (Reader, table.Beside(v), select)), (Analyst, table.Beside(AnalysisNames.Days), select)];
    }

    private static IEnumerable<(string Role, QualifiedName Relation, (string Privilege, string Column)[] Rights)> Wanted(QualifiedName table)
    {
        var quarantine = table.Beside(SchemaNames.Quarantine);
        yield return (Writer, table, [("INSERT", "")]);
        yield return (Writer, quarantine, [("INSERT", "")]);
        yield return (Writer, table.Beside(SchemaNames.Vault), [("INSERT", "")]);
        yield return (Auditor, table.Beside(SchemaNames.Vault), [("INSERT", "")]);
        yield return (Recoverer, table, [("SELECT", "")]);
        yield return (Recoverer, quarantine, [("SELECT", "")]);
        yield return (Recoverer, table.Beside(SchemaNames.Keys), [("SELECT", "")]);
        yield return (Recoverer, table.Beside(SchemaNames.Vault), [("SELECT", ""), ("DELETE", "")]);
        yield return (Eraser, table, [("SELECT", ""), ("DELETE", "")]);
        yield return (Eraser, quarantine, [("SELECT", ""), .. RightsOfSettling]);
        yield return (Eraser, table.Beside(SchemaNames.Keys), [("SELECT", "")]);
        yield return (Eraser, table.Beside(SchemaNames.Vault), [("SELECT", ""), ("DELETE", "")]);
        yield return (Eraser, table.Beside(SchemaNames.Schema), [("SELECT", "")]);
        yield return (Eraser, table.Beside(SchemaNames.AuditAnchor), RightsOfAnchoring);
        yield return (Reader, table, [("SELECT", "")]);
        yield return (Writer, table.Beside(SchemaNames.Schema), [("SELECT", ""), ("UPDATE", "timeline")]);
        yield return (Auditor, table.Beside(SchemaNames.Schema), [("SELECT", "")]);
        yield return (KeyKeeper, table.Beside(SchemaNames.Schema), [("SELECT", "")]);
        yield return (Auditor, table, [("INSERT", "")]);
        yield return (Auditor, quarantine, [("SELECT", ""), .. RightsOfSettling]);
        yield return (KeyKeeper, quarantine, [("SELECT", ""), ("UPDATE", "record")]);
        yield return (KeyKeeper, table.Beside(SchemaNames.Keys), [("SELECT", ""), ("INSERT", ""), ("UPDATE", "")]);
        yield return (Writer, table.Beside(SchemaNames.Keys), RightsOfRegistering);
        yield return (Auditor, table.Beside(SchemaNames.Keys), RightsOfRegistering);
        yield return (Auditor, table.Beside(SchemaNames.AuditAnchor), RightsOfAnchoring);
        yield return (Recoverer, table.Beside(SchemaNames.AuditAnchor), RightsOfAnchoring);
        yield return (Writer, table.Beside(SchemaNames.Runs), [("SELECT", ""), ("INSERT", ""), ("UPDATE", "")]);
        yield return (Auditor, table.Beside(SchemaNames.Runs), [("SELECT", "")]);
        yield return (Writer, table.Beside(SchemaNames.Receipts), [("SELECT", ""), .. SchemaNames.ReceiptContent.Select(c => ("INSERT", c))]);
        yield return (Auditor, table.Beside(SchemaNames.Receipts), [("SELECT", "")]);
        foreach (var ledger in new[] { table.Beside(SchemaNames.Ledger), table.Beside(SchemaNames.FileLedger) })
        {
            yield return (Writer, ledger, [("SELECT", ""), ("INSERT", ""), ("UPDATE", "outcome")]);
            yield return (Auditor, ledger, [("SELECT", ""), ("UPDATE", "outcome")]);
        }

        // An entry that an envelope is taken off is known under the envelope's identity, too.
        yield return (Auditor, table.Beside(SchemaNames.Ledger), [("INSERT", "")]);
    }
}
