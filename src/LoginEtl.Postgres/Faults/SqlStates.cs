using Npgsql;

namespace LoginEtl.Postgres.Faults;

/// <summary>
/// What a SQLSTATE means for a run: the row's own fault (quarantine it), the system's (retry), or neither (stop).
/// </summary>
/// <remarks>https://www.postgresql.org/docs/current/errcodes-appendix.html</remarks>
internal static class SqlStates
{
    // Classes of PostgreSQL's own; what is in none of them was made up by a trigger, about the row it was given.
    private static readonly string[] Classes =
    [
        "00", "01", "02", "03", "08", "09", "0A", "0B", "0F", "0L", "0P", "0Z", "10", "20", "21", "22", "23", "24", "25", "26", "27", "28", "2B",
        "2D", "2F", "34", "38", "39", "3B", "3D", "3F", "40", "42", "44", "53", "54", "55", "57", "58", "72", "F0", "HV", "P0", "XX",
    ];

    // What a trigger meets when it looks a row's values up: P0001 RAISE, P0002 and P0003 no row or several for INTO STRICT,
    // P0004 ASSERT, 21000 a subquery with several rows.
    private static readonly string[] OfTriggers =
    [
        PostgresErrorCodes.RaiseException, PostgresErrorCodes.NoDataFound, PostgresErrorCodes.TooManyRows, PostgresErrorCodes.AssertFailure,
        PostgresErrorCodes.CardinalityViolation,
    ];

    /// <summary>SQL condition over <c>state</c>, <c>conname</c>, <c>tabname</c> of plpgsql; the same rule as <see cref="IsRowError"/>.</summary>
    /// <param name="partitionedBySender">Names of partitioned tables of which a missing partition is the row's fault.</param>
    /// <remarks>
    /// 22P03 is a binary value that is not of the column's type, 22P04 a malformed COPY stream. 23514 that names a table and no constraint is "no partition of
    /// relation found for row". 42501 is left to the caller: row security and a lost grant share it.
    /// </remarks>
    public static string RowErrorCondition(IReadOnlyCollection<string> partitionedBySender) =>
        "(state LIKE '22%' AND state NOT IN ('22P03', '22P04')) OR (state LIKE '23%' AND NOT (state = '23514' AND conname = '' AND tabname <> ''))"
        + $" OR state IN ('44000', '54000', {Literals(OfTriggers)}) OR left(state, 2) NOT IN ({Literals(Classes)})"
        + (partitionedBySender.Count == 0 ? "" : $" OR (state = '23514' AND conname = '' AND tabname IN ({Literals(partitionedBySender)}))");

    private const string IdleInTransactionSessionTimeout = "25P03";

    /// <summary>Whether the row is at fault, and neither the system nor the table's layout.</summary>
    /// <param name="e">What the server said.</param>
    /// <param name="partitionedBySender">Names of partitioned tables of which a missing partition is the row's fault.</param>
    public static bool IsRowError(PostgresException e, IReadOnlyCollection<string> partitionedBySender) => e.SqlState switch
    {
        PostgresErrorCodes.BadCopyFileFormat or PostgresErrorCodes.InvalidBinaryRepresentation => false,
        PostgresErrorCodes.CheckViolation => !IsMissingPartition(e) || partitionedBySender.Contains(e.TableName),
        PostgresErrorCodes.WithCheckOptionViolation or PostgresErrorCodes.ProgramLimitExceeded => true,
        var state => state[..2] is "22" or "23" || OfTriggers.Contains(state) || !Classes.Contains(state[..2]),
    };

    /// <summary>Whether a partitioned table has no partition for a row: it names a table and no constraint.</summary>
    public static bool IsMissingPartition(PostgresException e) =>
        e.SqlState == PostgresErrorCodes.CheckViolation && string.IsNullOrEmpty(e.ConstraintName) && !string.IsNullOrEmpty(e.TableName);

    /// <summary>
    /// Whether binary values were not of the types that the server took them for. As FATAL the same SQLSTATE comes from a
    /// pooler, which has none other.
    /// </summary>
    public static bool IsMismatchOfTypes(PostgresException e) =>
        e.SqlState == PostgresErrorCodes.ProtocolViolation && e.InvariantSeverity == "ERROR";

    /// <summary>Whether the same work may succeed a little later.</summary>
    public static bool IsTransient(PostgresException e) =>
        e.SqlState == PostgresErrorCodes.ProtocolViolation ? PoolerRefusal.MayPass(e) : IsTransient(e.SqlState);

    private static bool IsTransient(string state) =>
        state is PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.ReadOnlySqlTransaction
            or PostgresErrorCodes.QueryCanceled or IdleInTransactionSessionTimeout
        || state.StartsWith("57P", StringComparison.Ordinal)
        || state[..2] is "08" or "40" or "53" or "58";

    private static string Literals(IEnumerable<string> texts) =>
        string.Join(", ", texts.Select(t => $"'{t.Replace("'", "''", StringComparison.Ordinal)}'"));

    /// <summary>Whether the connection itself is gone or was never made.</summary>
    public static bool IsConnectionLoss(string state) =>
        state[..2] is "08" || state.StartsWith("57P", StringComparison.Ordinal) || state == PostgresErrorCodes.TooManyConnections;
}
