using LoginEtl.Postgres.Catalog;

namespace LoginEtl.Postgres.Keys;

/// <summary>
/// The lock between writers and a change of a key's state: every batch holds it shared until its end, a change takes it
/// alone. So when a change has committed, no batch is under way that has not seen it.
/// </summary>
/// <remarks>
/// An advisory lock, and not FOR SHARE of the key's row: that needs the right to UPDATE, and writes to the row at every
/// batch. The states are read in a later statement than the lock, which sees what was committed before the lock was had.
/// </remarks>
internal static class KeyLock
{
    // Any numbers, the same in every process: "LogK" and "LogN" in ASCII, above the table's oid.
    private const long Space = 0x4C6F674BL << 32;
    private const long SpaceOfNew = 0x4C6F674EL << 32;

    /// <summary>An expression that takes it shared.</summary>
    public static string Shared(QualifiedName keys) => $"pg_advisory_xact_lock_shared({Number(keys)})";

    /// <summary>A statement that takes it alone.</summary>
    public static string Alone(QualifiedName keys) => $"SELECT pg_advisory_xact_lock({Number(keys)})";

    /// <summary>A statement that lets one writer at a time register a key, until its transaction ends.</summary>
    public static string Registering(QualifiedName keys) => $"SELECT pg_advisory_xact_lock({Number(keys, SpaceOfNew)})";

    private static string Number(QualifiedName keys, long space = Space) =>
        $"{space} + {keys.Literal}::regclass::oid::bigint";
}
