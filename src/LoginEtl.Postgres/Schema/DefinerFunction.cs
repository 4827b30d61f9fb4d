using LoginEtl.Postgres.Catalog;
using LoginEtl.Postgres.Connections;
using Npgsql;

namespace LoginEtl.Postgres.Schema;

/// <summary>
/// A function beside the user's table that deletes with its owner's rights what runs may not delete themselves: it takes the
/// most that a call deletes, and answers how much that was.
/// </summary>
/// <param name="table">The user's.</param>
/// <param name="name">The function's.</param>
internal abstract class DefinerFunction(QualifiedName table, string name)
{
    /// <summary>What a call deletes when it is not told how much.</summary>
    public const int Most = 10_000;

    // Others may have made one of the name, or one more beside it: of that name and argument there is one.
    private static readonly string s_state =
        $"""
        WITH RECURSIVE tree(oid, place) AS (
            SELECT pg_catalog.to_regclass(r.name)::oid, r.place FROM pg_catalog.unnest($5) WITH ORDINALITY r(name, place)
            UNION SELECT i.inhrelid, t.place FROM pg_inherits i JOIN tree t ON t.oid = i.inhparent)
        SELECT coalesce((SELECT pg_catalog.has_function_privilege(r.oid, p.oid, 'EXECUTE') FROM pg_roles r WHERE r.rolname = coalesce(nullif($2, ''), current_user)), false),
               p.prosrc = $3 AND p.prosecdef AND l.lanname = 'plpgsql' AND p.proconfig OPERATOR(pg_catalog.=) ARRAY['search_path={Queries.SystemPath}', 'enable_seqscan=off'],
               {ForeignObjects.Trusted("p.proowner", "$4")}, pg_get_userbyid(p.proowner),
               (SELECT ARRAY[n.nspname::text, c.relname::text, CASE WHEN {ForeignObjects.MayActAs("c.relowner", "p.proowner")} THEN pg_get_userbyid({SchemaOwner})::text ELSE pg_get_userbyid(c.relowner)::text END]
                FROM tree t JOIN pg_class c ON c.oid = t.oid JOIN pg_namespace n ON n.oid = c.relnamespace
                WHERE NOT ({ForeignObjects.MayActAs("c.relowner", "p.proowner")} AND {SchemaFits("p.proowner")}) ORDER BY t.place, c.oid LIMIT 1),
               (SELECT pg_catalog.concat(b.oid::regprocedure, ' of ', pg_get_userbyid(b.proowner)) FROM pg_proc b
                WHERE b.pronamespace = p.pronamespace AND b.proname = p.proname AND b.oid <> p.oid AND b.pronargs > 1 AND b.pronargs - b.pronargdefaults <= 1 LIMIT 1)
        FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_language l ON l.oid = p.prolang
        WHERE p.oid = pg_catalog.to_regprocedure($1)::oid
        """;

    private const string Missing = "SELECT x.name FROM pg_catalog.unnest($1) x(name) WHERE pg_catalog.to_regclass(x.name)::oid IS NULL";

    // Whom the schema n belongs to, or the database where that is said of the schema.
    private const string SchemaOwner =
        "(CASE WHEN pg_get_userbyid(n.nspowner) = 'pg_database_owner' THEN (SELECT datdba FROM pg_database WHERE datname = current_database()) ELSE n.nspowner END)";

    /// <summary>
    /// A condition: whoever owns the schema <c>n</c>, and may exchange what is in it, may do what the function's owner may. The
    /// database's owner is trusted with everybody's rights but a superuser's.
    /// </summary>
    /// <param name="owner">An expression: the function's owner.</param>
    protected static string SchemaFits(string owner) =>
        $"""
        ({ForeignObjects.MayActAs(SchemaOwner, owner)} OR ({ForeignObjects.MayActAs(SchemaOwner, "(SELECT datdba FROM pg_database WHERE datname = current_database())")}
            AND NOT (SELECT rolsuper FROM pg_roles WHERE oid = {owner})))
        """;

    /// <summary>It, as people read it.</summary>
    public QualifiedName Name { get; } = table.Beside(name);

    /// <summary>It with its argument, by which it is told from others of its name.</summary>
    public string Signature => $"{Name.Quoted}(integer)";

    /// <summary>What comes of its not being called, in words.</summary>
    public abstract string Neglect { get; }

    /// <summary>The user's.</summary>
    protected QualifiedName Table { get; } = table;

    /// <summary>What stands between the dollar signs.</summary>
    protected abstract string Body { get; }

    /// <summary>What it says of itself, as SQL takes it.</summary>
    protected abstract string Comment { get; }

    /// <summary>What it deletes from.</summary>
    protected abstract IReadOnlyList<QualifiedName> Relations { get; }

    /// <summary>The indexes by which it finds what is old, and the statement that makes each.</summary>
    protected abstract IReadOnlyList<(QualifiedName Name, string Create)> Indexes { get; }

    /// <summary>The statements that make it, and what it lacks of its indexes. Where another of its name is there, that one's owner and grants stay.</summary>
    /// <param name="state">As it is.</param>
    public string Create(DefinerFunctionState state) =>
        $"""
        {string.Concat(Indexes.Where(i => state.MissingIndexes.Contains(i.Name.Quoted)).Select(i => $"{i.Create};\n"))}CREATE {(state.Exists ? "OR REPLACE " : "")}FUNCTION {Name.Quoted}(most integer DEFAULT {Most}) RETURNS bigint
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = {Queries.SystemPath} SET enable_seqscan = off AS $login_etl${Body}$login_etl$;
        REVOKE ALL ON FUNCTION {Signature} FROM PUBLIC;
        COMMENT ON FUNCTION {Signature} IS {Comment}
        """;

    /// <summary>The statement that lets a role call it.</summary>
    public string Grant(string role) => $"GRANT EXECUTE ON FUNCTION {Signature} TO {role}";

    /// <summary>Whether it is there, whether a role may call it, and whether it is the one that this version makes.</summary>
    /// <param name="connection">Open.</param>
    /// <param name="role">Null for the connection's own.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    public async Task<DefinerFunctionState> StateAsync(NpgsqlConnection connection, string? role, CancellationToken cancellationToken)
    {
        var found = await connection.QueryAsync(
            s_state,
            [Signature, role ?? "", Body, Table.Quoted, Relations.Select(r => r.Quoted).ToArray()],
            r => new DefinerFunctionState(Exists: true, r.GetBoolean(0), r.GetBoolean(1), r.GetBoolean(2) ? null : r.GetString(3), r.GetString(3))
            {
                Lesser = r.IsDBNull(4) ? null : r.GetFieldValue<string[]>(4) is [var schema, var relation, var owner] ? (new QualifiedName(schema, relation), owner) : null,
                Rival = r.IsDBNull(5) ? null : r.GetString(5),
            },
            cancellationToken).ConfigureAwait(false);
        var missing = await connection.QueryAsync(Missing, [Indexes.Select(i => i.Name.Quoted).ToArray()], r => r.GetString(0), cancellationToken).ConfigureAwait(false);
        return (found.FirstOrDefault() ?? new DefinerFunctionState(false, false, false, null, "")) with { MissingIndexes = missing };
    }

    /// <summary>What keeps it from deleting that its state does not say, in words; null where nothing does.</summary>
    /// <param name="connection">Open.</param>
    /// <param name="state">As it is.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    public virtual Task<string?> ObstacleAsync(NpgsqlConnection connection, DefinerFunctionState state, CancellationToken cancellationToken) => Task.FromResult<string?>(null);

    /// <summary>What is to be said, and done, where whoever owns something it deletes from may do less than its owner.</summary>
    public (string Detail, string Remedy) Mightier(DefinerFunctionState state)
    {
        var (relation, owner) = state.Lesser!.Value;
        var role = QualifiedName.Quote(owner);
        return (
            $"{Name} has the rights of {state.Owner}, and {(relation.Name == SchemaNames.Ledger ? "the ledger" : relation)} or its schema belongs to {owner}, who could have their way with these: it is not called, and {Neglect}",
            $"Give both to one owner: ALTER TABLE {relation} OWNER TO {role}; ALTER FUNCTION {Name}(integer) OWNER TO {role}.");
    }
}

/// <summary>A function of ours as it is.</summary>
/// <param name="Exists">One of its name and argument is there; without it the rest says nothing.</param>
/// <param name="IsGranted">The role may call it.</param>
/// <param name="IsCurrent">It does what this version's does, with the rights and settings of this version's.</param>
/// <param name="Stranger">Its owner, where that is nobody to be trusted: then it is not to be called.</param>
/// <param name="Owner">Its owner.</param>
internal sealed record DefinerFunctionState(bool Exists, bool IsGranted, bool IsCurrent, string? Stranger, string Owner)
{
    /// <summary>
    /// What it deletes from, and the owner of that or of its schema, where that one may not act as the function's: what they
    /// put there, or in its place, would run with the function's rights. So it is not to be called, and refuses whoever calls it.
    /// </summary>
    public (QualifiedName Relation, string Owner)? Lesser { get; init; }

    /// <summary>Another of its name that a call of ours might mean as well, and its owner: the server calls neither.</summary>
    public string? Rival { get; init; }

    /// <summary>The indexes, as SQL takes their names, by which it would find what is old and that are not there.</summary>
    public IReadOnlyList<string> MissingIndexes { get; init; } = [];

    /// <summary>None of its indexes is missing.</summary>
    public bool HasIndexes => MissingIndexes.Count == 0;

    /// <summary>A run may call it, as far as this says.</summary>
    public bool IsCallable => this is { IsGranted: true, IsCurrent: true, Stranger: null, Lesser: null, Rival: null };
}
