using Npgsql;

namespace LoginEtl.Postgres.Faults;

/// <summary>
/// What a SQLSTATE means for a run: the row's own fault (quarantine it), the system's (retry), or neither (stop).
/// </summary>
/// <remarks>https://www.postgresql.org/docs/current/errcodes-appendix.html</remarks>
internal static class SqlStates
{
    /// <summary>SQL condition over <c>state</c>, <c>conname</c>, <c>tabname</c> of plpgsql; the same rule as <see cref="IsRowError"/>.</summary>
    /// <remarks>
    /// 22P03 is a binary value that is not of the column's type, 22P04 a malformed COPY stream. 23514 that names a table and no constraint is "no partition of
    /// relation found for row". 42501 is left to the caller: row security and a lost grant share it.
    /// </remarks>
    public const string RowErrorCondition =
        "(state LIKE '22%' AND state NOT IN ('22P03', '22P04')) OR (state LIKE '23%' AND NOT (state = '23514' AND conname = '' AND tabname <> ''))"
        + " OR state IN ('P0001', '44000', '54000')";

    private const string IdleInTransactionSessionTimeout = "25P03";

    /// <summary>Whether the row is at fault, and neither the system nor the table's layout.</summary>
    public static bool IsRowError(PostgresException e) => e.SqlState switch
    {
        PostgresErrorCodes.BadCopyFileFormat or PostgresErrorCodes.InvalidBinaryRepresentation => false,
        PostgresErrorCodes.CheckViolation => !string.IsNullOrEmpty(e.ConstraintName) || string.IsNullOrEmpty(e.TableName),
        PostgresErrorCodes.RaiseException or PostgresErrorCodes.WithCheckOptionViolation or PostgresErrorCodes.ProgramLimitExceeded => true,
        var state => state.StartsWith("22", StringComparison.Ordinal) || state.StartsWith("23", StringComparison.Ordinal),
    };

    /// <summary>
    /// Whether binary values were not of the types that the server took them for. As FATAL the same SQLSTATE comes from a
    /// pooler, which has none other.
    /// </summary>
    public static bool IsMismatchOfTypes(PostgresException e) =>
        e.SqlState == PostgresErrorCodes.ProtocolViolation && e.InvariantSeverity == "ERROR";

    /// <summary>Whether the same work may succeed a little later.</summary>
    public static bool IsTransient(PostgresException e) => !IsMismatchOfTypes(e) && IsTransient(e.SqlState);

    private static bool IsTransient(string state) =>
        state is PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.ReadOnlySqlTransaction
            or PostgresErrorCodes.QueryCanceled or IdleInTransactionSessionTimeout
        || state.StartsWith("57P", StringComparison.Ordinal)
        || state[..2] is "08" or "40" or "53" or "58";

    /// <summary>Whether the connection itself is gone or was never made.</summary>
    public static bool IsConnectionLoss(string state) =>
        state[..2] is "08" || state.StartsWith("57P", StringComparison.Ordinal) || state == PostgresErrorCodes.TooManyConnections;
}
