using LoginEtl.Faults;

namespace LoginEtl.Postgres.Connections;

/// <summary>
/// Temporary relations and types are found before the system's own. Behind a pooler a session may have some that another
/// client made, or whoever runs the pooler.
/// </summary>
internal static class TemporaryNames
{
    /// <summary>A query for one such name. Named in full, operators too: nothing of it is looked up where they could stand in the way.</summary>
    public const string Query =
        """
        SELECT t.name::pg_catalog.text FROM (
            SELECT relname FROM pg_catalog.pg_class WHERE relnamespace OPERATOR(pg_catalog.=) pg_catalog.pg_my_temp_schema()
            UNION ALL SELECT typname FROM pg_catalog.pg_type WHERE typnamespace OPERATOR(pg_catalog.=) pg_catalog.pg_my_temp_schema()) t(name)
        WHERE pg_catalog.pg_my_temp_schema() OPERATOR(pg_catalog.<>) 0::pg_catalog.oid AND (pg_catalog.starts_with(t.name::pg_catalog.text, 'login_etl_'::pg_catalog.text)
            OR EXISTS (SELECT FROM pg_catalog.pg_class s WHERE s.relnamespace OPERATOR(pg_catalog.=) 11::pg_catalog.oid AND s.relname OPERATOR(pg_catalog.=) t.name)
            OR EXISTS (SELECT FROM pg_catalog.pg_type s WHERE s.typnamespace OPERATOR(pg_catalog.=) 11::pg_catalog.oid AND s.typname OPERATOR(pg_catalog.=) t.name))
        LIMIT 1
        """;

    /// <param name="name">The object's.</param>
    public static LoginEtlException Found(string name) => new(
        ErrorId.SearchPathUnsafe,
        $"The session has a temporary object {(Quotable.IsName(name) ? name : "")} that would be taken for the system's, or for one of this module's.",
        "Another client of the pooler made it: let the pooler end that session (DISCARD TEMP), or connect to the server itself.");
}
