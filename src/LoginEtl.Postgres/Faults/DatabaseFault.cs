using System.Net.Sockets;
using System.Security.Authentication;
using LoginEtl.Faults;
using Npgsql;

namespace LoginEtl.Postgres.Faults;

/// <summary>
/// Turns the driver's exceptions into the module's. Texts of the server may quote values of rows (MessageText, Detail,
/// Where), so they are neither copied nor kept as a cause: SQLSTATE, constraint, column and table say enough.
/// </summary>
internal static class DatabaseFault
{
    /// <summary>Whether the same work may succeed a little later.</summary>
    public static bool IsTransient(Exception e) => e switch
    {
        PostgresException p => SqlStates.IsTransient(p),
        NpgsqlException n => n.IsTransient || (n.InnerException is { } inner && IsTransient(inner)),
        AggregateException a => a.InnerExceptions.Any(IsTransient),
        _ => e is IOException or SocketException or TimeoutException or ObjectDisposedException,
    };

    /// <summary>Whether it comes from the driver or the network, and not from a bug or a cancellation.</summary>
    public static bool IsOfDatabase(Exception e) =>
        e is NpgsqlException or IOException or SocketException or TimeoutException or AuthenticationException or ObjectDisposedException || IsOfPasswordFile(e);

    /// <summary>What ended the work, in words that hold no value of a row.</summary>
    /// <param name="e">Of <see cref="IsOfDatabase"/>.</param>
    /// <param name="endpoint">Host, port and database.</param>
    /// <param name="commitUnknown">The answer to a COMMIT was lost before.</param>
    /// <param name="locked">What the work waited for, a sentence; null when it was no lock, or is not known.</param>
    public static LoginEtlException From(Exception e, string endpoint, bool commitUnknown = false, string? locked = null)
    {
        // A password source's own fault comes wrapped by the driver.
        var (error, message, remedy) = e.InnerException is LoginEtlException own
            ? (own.Error, own.Message, own.Remedy)
            : locked is not null && IsTimeout(e) ? (
                ErrorId.TableLocked, locked,
                "Let it finish, or end it (SELECT pg_terminate_backend(PID)); then run again: nothing is lost.")
            : Describe(e, endpoint);
        return new LoginEtlException(error, message, remedy) { CommitUnknown = commitUnknown };
    }

    /// <summary>A connection string or URI that cannot be used.</summary>
    public static LoginEtlException InvalidDatabase(string message) => new(
        ErrorId.InvalidDatabase, message,
        "Give 'Host=…;Database=…;Username=…', libpq's 'host=… dbname=… user=…', or 'postgresql://user@host:5432/database' with special characters percent-encoded.");

    /// <summary>Rows that this user does not see, where all are to be looked at.</summary>
    /// <param name="table">Whose, in a sentence.</param>
    public static LoginEtlException HiddenRows(string table) => new(ErrorId.RowSecurity, HiddenText(table), HiddenRemedy);

    /// <summary>SQLSTATE and the names of what is concerned, without any text of the server.</summary>
    public static string Names(PostgresException e)
    {
        // RAISE can put anything there, values of the row included.
        var names = e.Routine == "exec_stmt_raise" ? [] : new (string What, string? Name)[]
        {
            ("table", e.TableName), ("constraint", e.ConstraintName), ("column", e.ColumnName),
        };
        return string.Concat(names.Where(n => !string.IsNullOrEmpty(n.Name)).Select(n => $", {n.What} {n.Name}").Prepend($"SQLSTATE {e.SqlState}"));
    }

    // The driver's own, the server's statement_timeout and its lock_timeout.
    private static bool IsTimeout(Exception e) =>
        e is TimeoutException or { InnerException: TimeoutException } or PostgresException { SqlState: PostgresErrorCodes.QueryCanceled or PostgresErrorCodes.LockNotAvailable };

    // The driver's reader of such files says so, and quotes the line.
    private static bool IsOfPasswordFile(Exception e) => e is FormatException { Source: nameof(Npgsql) };

    private static (ErrorId Error, string Message, string Remedy) Describe(Exception e, string endpoint) => e switch
    {
        PostgresException p => Describe(p, endpoint),
        _ when IsOfPasswordFile(e) => (
            ErrorId.InvalidDatabase, "A line of the password file (PGPASSFILE, or .pgpass) cannot be read.",
            "Each has five fields: host:port:database:user:password, with \\ before a : or a \\ that belongs to one."),
        NpgsqlException { InnerException: AuthenticationException } or AuthenticationException => (
            ErrorId.DatabaseTlsFailed,
            $"The database server at {endpoint} could not prove its identity over TLS.",
            "Name the certificate authority with -RootCertificate, and use the host name the certificate was made for."),
        NpgsqlException { InnerException: null } n when n.Message.StartsWith("No password", StringComparison.Ordinal) => (
            ErrorId.DatabaseAccessDenied,
            $"The database server at {endpoint} asks for a password, and none was given.",
            "Give a password by credential, environment or pgpass file."),
        NpgsqlException { InnerException: null } n when n.Message.Contains("SSL", StringComparison.Ordinal) => (
            ErrorId.DatabaseTlsFailed,
            $"The database server at {endpoint} and the settings do not agree on TLS.",
            "Off loopback TLS is required and verified: enable it on the server, or say another SSL mode explicitly."),
        _ when IsTransient(e) => (
            ErrorId.DatabaseUnreachable,
            $"The database server at {endpoint} cannot be reached or stopped answering{Code(e)}.",
            "Check host, port and network, and that the server runs; then run again: nothing is lost."),
        _ => (
            ErrorId.WriteFailed, $"The driver refused the work on {endpoint} ({e.GetType().Name}).",
            "Run Test-LoginEtl; then run again: nothing is lost."),
    };

    private static (ErrorId Error, string Message, string Remedy) Describe(PostgresException e, string endpoint) => e.SqlState switch
    {
        PostgresErrorCodes.ProtocolViolation when PoolerRefusal.Is(e) => PoolerRefusal.Describe(e, endpoint),
        PostgresErrorCodes.CheckViolation when SqlStates.IsMissingPartition(e) && e.Routine != "exec_stmt_raise" => (
            ErrorId.WriteFailed, $"A partition is missing: {e.TableName} has none for a row of the batch ({Names(e)}).",
            $"Make the partition of {e.TableName}, or a DEFAULT one; then run again: nothing is lost."),
        PostgresErrorCodes.ReadOnlySqlTransaction => (
            ErrorId.DatabaseReadOnly, $"Transactions at {endpoint} are read-only (SQLSTATE {e.SqlState}).",
            "Name the primary, or take default_transaction_read_only from the user; then run again: nothing is lost."),
        ['2', '8', ..] => (
            ErrorId.DatabaseAccessDenied, $"The database server at {endpoint} refused the login (SQLSTATE {e.SqlState}).",
            "Check user name and password, and the server's pg_hba.conf."),
        PostgresErrorCodes.InvalidCatalogName => (
            ErrorId.DatabaseNotFound, $"There is no such database at {endpoint}.", "Check the database's name."),
        // Row security came after it was looked for, and is not to be applied here.
        PostgresErrorCodes.InsufficientPrivilege when e.Routine == "check_enable_rls" => (ErrorId.RowSecurity, HiddenText($"a table at {endpoint}"), HiddenRemedy),
        PostgresErrorCodes.InsufficientPrivilege => (
            ErrorId.DatabaseAccessDenied, $"The database refused the work at {endpoint} ({Names(e)}).",
            "Grant the user the rights that Test-LoginEtl lists."),
        var state when SqlStates.IsConnectionLoss(state) && !SqlStates.IsMismatchOfTypes(e) => (
            ErrorId.DatabaseUnreachable, $"The database server at {endpoint} ended the connection ({Names(e)}).",
            "Check that the server runs and takes connections; then run again: nothing is lost."),
        _ => (
            ErrorId.WriteFailed, $"The database failed the work at {endpoint} ({Names(e)}).",
            "Look SQLSTATE up in PostgreSQL's manual, appendix A; the server's log has the rest. Then run again: nothing is lost."),
    };

    private const string HiddenRemedy = "Use a user whom row security does not apply to: a superuser, one with BYPASSRLS, or the table's owner where it is not forced.";

    private static string HiddenText(string table) => $"Row security hides rows of {table} from this user, and all of them have to be looked at. Nothing was changed.";

    private static string Code(Exception e) => (e as SocketException ?? e.InnerException as SocketException) is { } socket
        ? $" ({socket.SocketErrorCode})"
        : "";
}
