using LoginEtl.Faults;
using LoginEtl.Postgres.Connections;
using Npgsql;

namespace LoginEtl.Postgres.Targets;

/// <summary>The server as it is.</summary>
/// <param name="Version">As 150018 for 15.18.</param>
/// <param name="Encoding">The database's.</param>
/// <param name="Fsync">A commit reaches the disk.</param>
/// <param name="FullPageWrites">A page torn by a crash can be mended.</param>
/// <param name="SynchronousCommit">As set for this user; runs raise <c>off</c> to <c>on</c>.</param>
/// <param name="IsStandby">Takes no writes.</param>
/// <param name="IsReadOnly">Transactions of this user write nothing, unless they say so.</param>
/// <param name="IsEncrypted">This connection is.</param>
/// <param name="Now">The server's clock (UTC).</param>
internal sealed record LiveServer(
    int Version, string Encoding, bool Fsync, bool FullPageWrites, string SynchronousCommit, bool IsStandby, bool IsReadOnly, bool IsEncrypted, DateTime Now)
{
    private const int OldestVersion = 140000;

    private const string Query =
        """
        SELECT current_setting('server_version_num')::int, current_setting('server_encoding'), current_setting('fsync') = 'on',
               current_setting('full_page_writes') = 'on', current_setting('synchronous_commit'), pg_is_in_recovery(),
               current_setting('default_transaction_read_only') = 'on',
               coalesce((SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()), false), clock_timestamp()
        """;

    /// <summary>Asks the server.</summary>
    public static async Task<LiveServer> ReadAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var rows = await connection.QueryAsync(
            Query, [],
            r => new LiveServer(
                r.GetInt32(0), r.GetString(1), r.GetBoolean(2), r.GetBoolean(3), r.GetString(4), r.GetBoolean(5), r.GetBoolean(6), r.GetBoolean(7), r.GetDateTime(8)),
            cancellationToken).ConfigureAwait(false);
        return rows[0];
    }

    /// <exception cref="LoginEtlException"><c>DatabaseTooOld</c>, <c>DatabaseReadOnly</c>.</exception>
    public void RequireUsable()
    {
        if (Version < OldestVersion)
        {
            throw Misconfigured(ErrorId.DatabaseTooOld, $"The server is older than PostgreSQL {OldestVersion / 10000}.", "Upgrade it.");
        }

        if (IsStandby)
        {
            throw Misconfigured(ErrorId.DatabaseReadOnly, "The server is a standby and takes no writes.", "Name the primary.");
        }

        if (IsReadOnly)
        {
            throw Misconfigured(
                ErrorId.DatabaseReadOnly, "The user's transactions are read-only (default_transaction_read_only is on).",
                "ALTER ROLE … SET default_transaction_read_only = off, for the user, the database or the server; or name the primary.");
        }
    }

    /// <exception cref="LoginEtlException"><c>DatabaseEncoding</c>.</exception>
    public void RequireEncoding()
    {
        if (Encoding != "UTF8")
        {
            throw Misconfigured(ErrorId.DatabaseEncoding, $"The database's encoding is {Encoding}, which cannot hold every text.", "Create the database with ENCODING 'UTF8'.");
        }
    }

    /// <exception cref="LoginEtlException"><c>DatabaseNotDurable</c>.</exception>
    public void RequireDurable()
    {
        if (!Fsync)
        {
            throw Misconfigured(ErrorId.DatabaseNotDurable, "The server runs with fsync = off: a crash loses rows whose messages are already deleted.", "Set fsync = on and reload the server.");
        }
    }

    private static LoginEtlException Misconfigured(ErrorId error, string message, string remedy) => new(error, message, remedy);
}
