using LoginEtl.Faults;
using LoginEtl.Postgres.Catalog;
using LoginEtl.Postgres.Connections;
using Npgsql;

namespace LoginEtl.Postgres.Targets;

/// <summary>A ledger, the quarantine, the vault, the keys, the runs or their receipts, beside the user's table, as it is.</summary>
/// <param name="Name">Schema and name.</param>
/// <param name="Exists">Something of that name is there; without it the rest says nothing.</param>
/// <param name="IsLoginEtlTable">A table with the columns the writer fills, of the types it fills them with.</param>
/// <param name="IsOlder">It has those that an earlier version made.</param>
/// <param name="IsUnique">Nothing can be in it twice: an index sees to it.</param>
/// <param name="IsLogged">Not UNLOGGED.</param>
/// <param name="IsGranted">The user may write it as a run does.</param>
/// <param name="HasRowSecurity">Row security applies to this user.</param>
internal sealed record CompanionTable(QualifiedName Name, bool Exists, bool IsLoginEtlTable, bool IsOlder, bool IsUnique, bool IsLogged, bool IsGranted, bool HasRowSecurity)
{
    /// <summary>A condition of SQL: the row <c>i</c> of <c>pg_index</c> refuses, in the statement itself, whatever is there already.</summary>
    public const string IndexRefuses = "i.indisunique AND i.indisvalid AND i.indimmediate AND i.indpred IS NULL AND i.indexprs IS NULL";

    // UPDATE (outcome): a row that the database refuses is settled as quarantined after its ledger entry was made.
    private const string Query =
        $"""
        SELECT c.relname, c.relpersistence = 'p', c.relkind IN ('r', 'p'),
               ARRAY(SELECT pg_catalog.concat(a.attname, ' ', t.typname) FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),
               CASE WHEN c.relname = $4 THEN pg_catalog.has_table_privilege(c.oid, 'SELECT')
                   WHEN c.relname = $5 THEN pg_catalog.has_table_privilege(c.oid, 'SELECT') AND pg_catalog.has_table_privilege(c.oid, 'INSERT') AND pg_catalog.has_table_privilege(c.oid, 'UPDATE')
                   WHEN c.relname = $6 THEN pg_catalog.has_table_privilege(c.oid, 'SELECT') AND pg_catalog.has_any_column_privilege(c.oid, 'INSERT') ELSE
               pg_catalog.has_table_privilege(c.oid, 'INSERT') AND (c.relname = ANY($3) OR (pg_catalog.has_table_privilege(c.oid, 'SELECT')
                   AND coalesce(pg_catalog.has_column_privilege(c.oid, (SELECT a.attnum FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'outcome'), 'UPDATE'), false))) END,
               pg_catalog.row_security_active(c.oid),
               ARRAY(SELECT pg_catalog.string_agg(a.attname::text, ' '::text ORDER BY a.attname::text) FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey[0:i.indnkeyatts - 1])
                   WHERE i.indrelid = c.oid AND {IndexRefuses} GROUP BY i.indexrelid)
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = $1 AND c.relname = ANY($2)
        """;

    // What the writer adds to and never reads.
    private static readonly string[] InsertOnly = [SchemaNames.Quarantine, SchemaNames.Vault];

    /// <summary>All of <see cref="SchemaNames.OfRuns"/>, in their order.</summary>
    public static Task<IReadOnlyList<CompanionTable>> ReadAsync(NpgsqlConnection connection, QualifiedName table, CancellationToken cancellationToken) =>
        ReadAsync(connection, table, SchemaNames.OfRuns, cancellationToken);

    /// <summary>The vault, which runs need that mask by escrow.</summary>
    public static async Task<CompanionTable> ReadVaultAsync(NpgsqlConnection connection, QualifiedName table, CancellationToken cancellationToken) =>
        (await ReadAsync(connection, table, [SchemaNames.Vault], cancellationToken).ConfigureAwait(false))[0];

    /// <summary>The runs and their receipts, which are kept where they are there.</summary>
    public static async Task<(CompanionTable Runs, CompanionTable Receipts)> ReadRunsAsync(NpgsqlConnection connection, QualifiedName table, CancellationToken cancellationToken) =>
        await ReadAsync(connection, table, [SchemaNames.Runs, SchemaNames.Receipts], cancellationToken).ConfigureAwait(false) is [var runs, var receipts] ? (runs, receipts) : throw new InvalidOperationException();

    /// <summary>Of the runs and their receipts: why there will be nothing of this one, and what to do; null where there will.</summary>
    public (string Detail, string Remedy)? WhyForgotten =>
        !Exists ? ($"there is no {Name}", "Run Initialize-LoginDatabase, which makes it.")
        : !IsLoginEtlTable ? ($"{Name} is not the table this version makes", "Move it out of the way, then run Initialize-LoginDatabase.")
        : !IsUnique ? ($"{Name} has no unique index", WithoutKey().Remedy)
        : !IsLogged ? ($"{Name} is UNLOGGED: a crash empties it", $"ALTER TABLE {Name} SET LOGGED.")
        : !IsGranted ? ($"the user may not write {Name}", $"GRANT {Rights} ON {Name} TO the user, as Initialize-LoginDatabase -Role does for login_etl_writer.")
        : null;

    /// <summary>Looks at the vault before anything is written.</summary>
    /// <exception cref="LoginEtlException"><c>LedgerNotFound</c>, <c>LedgerUnsuitable</c>, <c>DatabaseNotDurable</c>, <c>TableAccessDenied</c>.</exception>
    public static async Task RequireVaultAsync(NpgsqlConnection connection, QualifiedName table, CancellationToken cancellationToken)
    {
        var vault = await ReadVaultAsync(connection, table, cancellationToken).ConfigureAwait(false);
        vault.RequireLoginEtlTable();
        vault.RequireUnique();
        await ForeignObjects.RequireNoneAsync(connection, table, [SchemaNames.Vault], cancellationToken).ConfigureAwait(false);
        vault.RequireDurable();
        vault.RequireGranted();
    }

    /// <summary>Makes sure that a crash empties none of the names that are there.</summary>
    /// <exception cref="LoginEtlException"><c>DatabaseNotDurable</c>.</exception>
    public static async Task RequireDurableAsync(NpgsqlConnection connection, QualifiedName table, string[] names, CancellationToken cancellationToken)
    {
        foreach (var beside in (await ReadAsync(connection, table, names, cancellationToken).ConfigureAwait(false)).Where(b => b.Exists))
        {
            beside.RequireDurable();
        }
    }

    /// <summary>Those of the names, in their order.</summary>
    public static async Task<IReadOnlyList<CompanionTable>> ReadAsync(
        NpgsqlConnection connection, QualifiedName table, string[] names, CancellationToken cancellationToken)
    {
        var found = await connection.QueryAsync(
            Query, [table.Schema, names, InsertOnly, SchemaNames.Keys, SchemaNames.Runs, SchemaNames.Receipts],
            r =>
            {
                var lacks = SchemaNames.ColumnsOf(r.GetString(0)).Where(c => !r.GetFieldValue<string[]>(3).Contains($"{c} {SchemaNames.TypeOf(c)}")).ToList();
                return new CompanionTable(
                    table.Beside(r.GetString(0)), Exists: true, IsLoginEtlTable: r.GetBoolean(2) && lacks.Count == 0,
                    IsOlder: r.GetBoolean(2) && lacks is [SchemaNames.SchemaVersion or SchemaNames.CheckValue],
                    IsUnique: SchemaNames.KeyOf(r.GetString(0)) is not { } key || r.GetFieldValue<string[]>(6).Contains(string.Join(' ', key)),
                    IsLogged: r.GetBoolean(1), IsGranted: r.GetBoolean(4), HasRowSecurity: r.GetBoolean(5));
            },
            cancellationToken).ConfigureAwait(false);
        return [.. names.Select(n => found.FirstOrDefault(f => f.Name.Name == n) ?? new CompanionTable(table.Beside(n), false, false, false, false, false, false, false))];
    }

    /// <summary>It did not take what was sent to it, without an error.</summary>
    public static LoginEtlException NotTaken(QualifiedName name) => new(
        ErrorId.LedgerUnsuitable, $"{name} did not take every entry that was sent to it: a trigger keeps entries out.",
        $"Drop the triggers of {name}; nothing of this batch was written, quarantined or deleted.");

    /// <exception cref="LoginEtlException"><c>LedgerNotFound</c>, <c>LedgerUnsuitable</c>.</exception>
    public void RequireLoginEtlTable()
    {
        if (!Exists)
        {
            throw new LoginEtlException(
                ErrorId.LedgerNotFound, $"There is no {Name}, without which nothing keeps {Kept}.",
                Name.Name is SchemaNames.Ledger or SchemaNames.FileLedger
                    ? "Create it with Initialize-LoginDatabase; where it was there before, bring it from a backup first (docs/recovery.md, A lost ledger)."
                    : "Create it with Initialize-LoginDatabase.");
        }

        if (IsOlder)
        {
            throw new LoginEtlException(
                ErrorId.SchemaOutdated, $"{Name} was made by an earlier version.", "Run Initialize-LoginDatabase, which adds what it lacks.");
        }

        if (!IsLoginEtlTable)
        {
            throw new LoginEtlException(
                ErrorId.LedgerUnsuitable, $"{Name} is not the table this version makes.", "Move it out of the way, then run Initialize-LoginDatabase.");
        }

    }

    /// <exception cref="LoginEtlException"><c>LedgerUnsuitable</c>: something can be in it twice.</exception>
    public void RequireUnique()
    {
        if (Exists && !IsUnique)
        {
            throw WithoutKey();
        }
    }

    /// <summary>Of the ledgers, where one has lost its key under a run.</summary>
    public static async Task<LoginEtlException> WithoutKeyAsync(NpgsqlConnection connection, QualifiedName table, CancellationToken cancellationToken) =>
        (await ReadAsync(connection, table, [SchemaNames.Ledger, SchemaNames.FileLedger], cancellationToken).ConfigureAwait(false)).OrderBy(l => l.IsUnique).First().WithoutKey();

    private LoginEtlException WithoutKey() => new(
        ErrorId.LedgerUnsuitable, $"{Name} has no unique index on {string.Join(" and ", SchemaNames.KeyOf(Name.Name)!)}, as where pg_restore brought it by -t: nothing keeps {Kept}. Nothing was written or deleted.",
        "Run Initialize-LoginDatabase, which makes the key.");

    /// <exception cref="LoginEtlException"><c>DatabaseNotDurable</c>.</exception>
    public void RequireDurable()
    {
        if (!IsLogged)
        {
            throw new LoginEtlException(
                ErrorId.DatabaseNotDurable, $"{Name} is UNLOGGED: a crash empties it.", $"ALTER TABLE {Name} SET LOGGED.");
        }
    }

    private string Kept => Name.Name switch
    {
        SchemaNames.Vault => "the originals of tokens",
        SchemaNames.Keys => "rows from being written under a retired key",
        SchemaNames.Runs => "runs in mind",
        SchemaNames.Receipts => "what they counted",
        _ => "messages from being written twice",
    };

    private string Rights => Name.Name switch
    {
        SchemaNames.Quarantine or SchemaNames.Vault => "INSERT",
        SchemaNames.Keys => "SELECT",
        SchemaNames.Runs => "SELECT, INSERT, UPDATE",
        SchemaNames.Receipts => "SELECT, INSERT",
        _ => "SELECT, INSERT, UPDATE (outcome)",
    };

    /// <exception cref="LoginEtlException"><c>TableAccessDenied</c>.</exception>
    public void RequireGranted()
    {
        if (!IsGranted)
        {
            throw new LoginEtlException(
                ErrorId.TableAccessDenied, $"The user has not the rights that a run needs on {Name}.",
                $"GRANT {Rights} ON {Name} TO the user.");
        }
    }
}
