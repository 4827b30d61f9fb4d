using LoginEtl.Unit.Faults.Messages;
using Npgsql;

namespace LoginEtl.Unit.Faults;

/// <summary>Brings trouble over a scenario's servers, and takes it away again.</summary>
internal sealed class Troubles(FaultLane lane, FaultyQueue queue, string database)
{
    private static readonly TimeSpan Again = TimeSpan.FromMilliseconds(150);
    private static readonly TimeSpan ClockJump = TimeSpan.FromHours(1);

    // What was an integer is told apart from what came as text, and both become the packed integer again. What is neither
    // makes it fail.
    private const string ToText = "ALTER TABLE user_logins ALTER app_version TYPE text USING 'v' || app_version";

    private const string ToInteger =
        """
        ALTER TABLE user_logins ALTER app_version TYPE integer USING CASE
            WHEN app_version LIKE 'v%' THEN substr(app_version, 2)::int
            ELSE split_part(app_version, '.', 1)::int * 1000000 + split_part(app_version || '.0', '.', 2)::int * 1000 + split_part(app_version || '.0.0', '.', 3)::int END
        """;

    public async Task SufferAsync(ServerTrouble trouble)
    {
        switch (trouble.Kind)
        {
            case TroubleKind.PostgresKilled:
                await lane.Postgres.KillAsync();
                await Task.Delay(trouble.Lasts);
                await lane.Postgres.StartAsync();
                break;
            case TroubleKind.PostgresRestarted:
                await lane.Postgres.StopAsync();
                await Task.Delay(trouble.Lasts);
                await lane.Postgres.StartAsync();
                break;
            case TroubleKind.PostgresReadOnly:
                await RunAsync("ALTER SYSTEM SET default_transaction_read_only = on", "SELECT pg_reload_conf()");
                await Task.Delay(trouble.Lasts);
                await RunAsync("ALTER SYSTEM RESET default_transaction_read_only", "SELECT pg_reload_conf()");
                break;
            case TroubleKind.DiskFull:
                await RunAsync(
                    "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE 'no space left' USING ERRCODE = '53100'; END$$",
                    "CREATE TRIGGER full_disk BEFORE INSERT ON user_logins FOR EACH STATEMENT EXECUTE FUNCTION full_disk()");
                await Task.Delay(trouble.Lasts);
                await RunAsync("DROP FUNCTION full_disk() CASCADE");
                break;
            case TroubleKind.SessionsEnded:
                await AgainAndAgainAsync(trouble.Lasts, () => RunAsync(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'LoginEtl'"));
                break;
            case TroubleKind.Deadlocks:
                await AgainAndAgainAsync(trouble.Lasts, DeadlockAsync);
                break;
            case TroubleKind.TableAltered:
                await AgainAndAgainAsync(trouble.Lasts, () => RunAsync(ToText, ToInteger));
                break;
            case TroubleKind.RowsSuppressed:
                await RunAsync(
                    $"CREATE FUNCTION route() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN IF hashtext(NEW.user_id) % 5 = 0 AND NEW.locale <> '{Login.RefusedLocale}' THEN INSERT INTO {Standing.SuppressedTable} VALUES (NEW.user_id); RETURN NULL; END IF; RETURN NEW; END$$",
                    "CREATE TRIGGER route BEFORE INSERT ON user_logins FOR EACH ROW EXECUTE FUNCTION route()");
                await Task.Delay(trouble.Lasts);
                await RunAsync("DROP FUNCTION route() CASCADE");
                break;
            case TroubleKind.QueueDown:
                queue.IsDown = true;
                await Task.Delay(trouble.Lasts);
                queue.IsDown = false;
                break;
            case TroubleKind.ClockJump:
                queue.ClockAhead = ClockJump;
                await Task.Delay(trouble.Lasts);
                queue.ClockAhead = TimeSpan.Zero;
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(trouble), trouble, "An unknown trouble.");
        }
    }

    // A writer takes the table first, and then the ledger.
    private async Task DeadlockAsync()
    {
        try
        {
            await RunAsync(
                "BEGIN", "LOCK TABLE login_etl_ledger IN SHARE ROW EXCLUSIVE MODE", "SELECT pg_sleep(0.1)",
                "LOCK TABLE user_logins IN SHARE ROW EXCLUSIVE MODE", "COMMIT");
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.DeadlockDetected)
        {
            // One of the two has to give way; which it was is in the server's log.
        }
    }

    private static async Task AgainAndAgainAsync(TimeSpan lasts, Func<Task> act)
    {
        for (var until = DateTime.UtcNow + lasts; DateTime.UtcNow < until; await Task.Delay(Again))
        {
            await act();
        }
    }

    private async Task RunAsync(params string[] statements)
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(database)
        {
            Pooling = false,
            ApplicationName = "Troubles",
            // What takes a server's read-only state away must not be held up by it.
            Options = "-c default_transaction_read_only=off",
        }.ConnectionString);
        await connection.OpenAsync();
        foreach (var statement in statements)
        {
            await using var command = new NpgsqlCommand(statement, connection);
            await command.ExecuteNonQueryAsync();
        }
    }
}
