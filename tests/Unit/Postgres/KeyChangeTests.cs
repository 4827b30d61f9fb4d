using LoginEtl.Checks;
using LoginEtl.Postgres;
using LoginEtl.Settings;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Postgres;

/// <summary>A change of keys, by which a file is changed too, is decided when nothing stands against it any more.</summary>
public sealed class KeyChangeTests(ServersFixture servers)
{
    [Theory]
    [InlineData("ALTER ROLE CURRENT_USER IN DATABASE {0} SET default_transaction_read_only = on")]
    [InlineData("")]
    public async Task Nothing_is_decided_where_the_server_takes_no_writes_or_somebody_has_changed_rows_by_hand(string change)
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await using var hand = await database.OpenAsync();
        await using var transaction = await hand.BeginTransactionAsync(TestDatabase.Token);
        if (change.Length > 0)
        {
            await database.RunAsync(change.Replace("{0}", await database.ReadAsync<string>("SELECT current_database()::text"), StringComparison.Ordinal));
        }
        else
        {
            await using var edit = new Npgsql.NpgsqlCommand("UPDATE login_etl_key SET state = 'retired'", hand);
            await edit.ExecuteNonQueryAsync(TestDatabase.Token);
        }

        await using var tokens = await new PostgresConnector().OpenTokensAsync(database.Settings(), TestDatabase.Token);
        var wasAsked = false;
        // It is waited for, longer than this test waits.
        using var limit = new CancellationTokenSource();
        var changing = tokens.ChangeAsync(
            _ =>
            {
                wasAsked = true;
                return [];
            },
            limit.Token);
        await (change.Length > 0 ? Task.Delay(3_000, TestDatabase.Token) : Until.Async(
            () => database.ReadAsync<bool>("SELECT EXISTS (SELECT FROM pg_locks WHERE relation = 'login_etl_key'::regclass AND NOT granted)"), "it waits for the hand"));
        await limit.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => changing);
        Assert.False(wasAsked);
    }

    [Theory]
    [InlineData("REFERENCES ON login_etl_ledger")]
    [InlineData("REFERENCES (key) ON login_etl_ledger")]
    public async Task Who_may_make_foreign_keys_to_the_ledger_by_a_column_too_is_named(string right)
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await database.AsRoleAsync(role => $"GRANT {right} TO {role}", async stranger =>
        {
            var checks = await new PostgresConnector().CheckAsync(database.Settings(), new SinkOptions(), TestDatabase.Token);
            Assert.Contains(checks, c => c is { Name: "Owners", Outcome: CheckOutcome.Warn } && c.Detail.Contains($"{stranger.UserName} may make foreign keys to login_etl_ledger", StringComparison.Ordinal));
        });
    }
}
