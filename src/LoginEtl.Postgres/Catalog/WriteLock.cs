using LoginEtl.Postgres.Connections;
using Npgsql;

namespace LoginEtl.Postgres.Catalog;

/// <summary>
/// Keeps triggers and foreign keys out of what is written to, and looks then. A look alone does not see what somebody has made
/// and not committed: the write waits for it, and it fires. What fires may mislead every look after it.
/// </summary>
/// <remarks>
/// By the plan of a statement, which takes the lock that the statement would, needs rights to the columns alone, and runs nothing.
/// </remarks>
internal static class WriteLock
{
    /// <summary>A statement that takes it as an INSERT would.</summary>
    public static string ToInsert(QualifiedName relation, IReadOnlyCollection<string> columns) =>
        $"EXPLAIN (COSTS OFF) INSERT INTO {relation.Quoted} ({string.Join(", ", columns)}) SELECT {string.Join(", ", columns.Select(_ => "NULL"))} WHERE false";

    /// <summary>A statement that takes it as an UPDATE of a column would.</summary>
    public static string ToUpdate(QualifiedName relation, string column) => $"EXPLAIN (COSTS OFF) UPDATE {relation.Quoted} SET {column} = NULL WHERE false";

    /// <summary>Takes it until the transaction ends, and looks: after it nothing of a stranger's can come.</summary>
    /// <param name="connection">In a transaction that sees what is committed by now.</param>
    /// <param name="table">The user's.</param>
    /// <param name="statements">Of this class.</param>
    /// <param name="names">What is written to beside it.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="LoginEtl.Faults.LoginEtlException"><c>ForeignObject</c>.</exception>
    public static async Task TakeAsync(
        NpgsqlConnection connection, QualifiedName table, IReadOnlyList<string> statements, string[] names, CancellationToken cancellationToken)
    {
        await connection.RunAsync(string.Join(";\n", statements), cancellationToken).ConfigureAwait(false);
        await ForeignObjects.RequireNoneAsync(connection, table, names, cancellationToken).ConfigureAwait(false);
    }
}
