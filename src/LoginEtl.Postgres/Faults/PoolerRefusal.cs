using LoginEtl.Faults;
using Npgsql;

namespace LoginEtl.Postgres.Faults;

/// <summary>
/// What a pooler between here and the server says when it takes no connection, or ends one. PgBouncer has one SQLSTATE for
/// all of it, so its texts are looked for; none of them is shown, because they may quote names.
/// </summary>
/// <remarks>https://github.com/pgbouncer/pgbouncer, src/client.c and src/objects.c</remarks>
internal static class PoolerRefusal
{
    private enum Reason
    {
        Unknown,
        Database,
        Login,
        Parameter,
        Full,
        Server,
    }

    private static readonly (string Text, Reason Reason)[] Texts =
    [
        ("no such database", Reason.Database),
        ("is disabled", Reason.Database),
        ("no such user", Reason.Login),
        ("auth", Reason.Login),
        ("login rejected", Reason.Login),
        ("SSL required", Reason.Login),
        ("unsupported startup parameter", Reason.Parameter),
        ("no more connections", Reason.Full),
        ("max_client_conn", Reason.Full),
        ("max clients", Reason.Full),
        ("pool_size", Reason.Full),
        ("query_wait_timeout", Reason.Full),
        ("server login", Reason.Server),
        ("client_login_timeout", Reason.Server),
        ("cannot connect", Reason.Server),
        ("connect failed", Reason.Server),
    ];

    /// <summary>Whether it comes from a pooler.</summary>
    public static bool Is(PostgresException e) => e.SqlState == PostgresErrorCodes.ProtocolViolation && !SqlStates.IsMismatchOfTypes(e);

    /// <summary>Whether the same work may succeed a little later.</summary>
    public static bool MayPass(PostgresException e) => Is(e) && ReasonOf(e) is Reason.Unknown or Reason.Full or Reason.Server;

    /// <summary>Whether it is full, or its server away: what a pooler that was reached says of itself.</summary>
    public static bool IsBusy(PostgresException e) => Is(e) && ReasonOf(e) is Reason.Full or Reason.Server;

    /// <summary>In words.</summary>
    public static (ErrorId Error, string Message, string Remedy) Describe(PostgresException e, string endpoint) => ReasonOf(e) switch
    {
        Reason.Database => (
            ErrorId.DatabaseNotFound, $"The connection pooler at {endpoint} has no such database, or has it disabled (SQLSTATE {e.SqlState}).",
            "Check the database's name, and the pooler's section [databases]."),
        Reason.Login => (
            ErrorId.DatabaseAccessDenied, $"The connection pooler at {endpoint} refused the login (SQLSTATE {e.SqlState}).",
            "Check user name and password, and the pooler's auth_type, auth_file and auth_query."),
        Reason.Parameter => (
            ErrorId.InvalidDatabase, $"The connection pooler at {endpoint} refuses a parameter that the connection begins with (SQLSTATE {e.SqlState}).",
            "Leave Options, Search Path and Timezone out of the database settings, or name the parameter in the pooler's ignore_startup_parameters."),
        Reason.Full => (
            ErrorId.DatabaseUnreachable, $"The connection pooler at {endpoint} is full (SQLSTATE {e.SqlState}).",
            "Raise its pool_size or max_client_conn, or let fewer runs go at once; then run again: nothing is lost."),
        Reason.Server => (
            ErrorId.DatabaseUnreachable, $"The connection pooler at {endpoint} could not log in to the server behind it (SQLSTATE {e.SqlState}).",
            "Check that the server runs and takes the pooler's logins; then run again: nothing is lost."),
        _ => (
            ErrorId.DatabaseUnreachable, $"The connection pooler at {endpoint} refused or ended the connection (SQLSTATE {e.SqlState}).",
            "The pooler's log says why; then run again: nothing is lost."),
    };

    // The first that fits: "server login has been failing" may go on with the server's own words about authentication.
    private static Reason ReasonOf(PostgresException e)
    {
        var text = e.MessageText;
        return text.StartsWith("server login", StringComparison.OrdinalIgnoreCase)
            ? Reason.Server
            : Texts.FirstOrDefault(t => text.Contains(t.Text, StringComparison.OrdinalIgnoreCase)).Reason;
    }
}
