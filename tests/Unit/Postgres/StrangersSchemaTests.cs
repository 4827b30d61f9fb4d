using LoginEtl.Checks;
using LoginEtl.Postgres;
using LoginEtl.Settings;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Postgres;

/// <summary>Whoever owns a schema may exchange every table in it: it is said whose it is, where that is somebody else.</summary>
public sealed class StrangersSchemaTests(ServersFixture servers)
{
    [Fact]
    public async Task Schema_that_a_stranger_made_first_is_told_of_before_and_after_its_table_is_exchanged()
    {
        var database = await TestDatabase.NewAsync(servers, "SELECT 1");
        var connector = new PostgresConnector();
        await database.AsRoleAsync(role => "SELECT 1", async stranger =>
        {
            await database.RunAsync($"CREATE SCHEMA app AUTHORIZATION {stranger.UserName}; GRANT USAGE ON SCHEMA app TO PUBLIC");
            var settings = database.Settings("app.user_logins");
            var told = $"the schema belongs to {stranger.UserName}";
            // The first time there is no table yet.
            await AssertToldAsync();
            await AssertToldAsync();
            await TestDatabase.RunAsAsync(stranger, "DROP TABLE app.user_logins; " + LoginTable.Create.Replace("user_logins", "app.user_logins", StringComparison.Ordinal));
            await AssertToldAsync();
            await database.RunAsync("DROP SCHEMA app CASCADE");

            async Task AssertToldAsync()
            {
                var warnings = new List<string>();
                await connector.InitializeAsync(settings, new SchemaOptions { Warned = warnings.Add }, TestDatabase.Token);
                Assert.Contains(warnings, w => w.Contains(told, StringComparison.Ordinal));
                Assert.Contains(await connector.CheckAsync(settings, new SinkOptions(), TestDatabase.Token), c => c is { Name: "Owners", Outcome: CheckOutcome.Warn } && c.Detail.Contains(told, StringComparison.Ordinal));
            }
        });
    }

    [Fact]
    public async Task Schema_of_whom_its_table_belongs_to_is_nothing_to_tell_an_account_that_may_do_little()
    {
        var database = await TestDatabase.NewAsync(servers, "SELECT 1");
        await database.AsRoleAsync(role => $"CREATE SCHEMA app AUTHORIZATION {role}", async owner =>
        {
            await new PostgresConnector().InitializeAsync(owner with { Table = "app.user_logins" }, new SchemaOptions(), TestDatabase.Token);
            await database.AsRoleAsync(role => $"GRANT USAGE ON SCHEMA app TO {role}; GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA app TO {role}", async writer =>
                Assert.Contains(await new PostgresConnector().CheckAsync(writer with { Table = "app.user_logins" }, new SinkOptions(), TestDatabase.Token), c => c is { Name: "Owners", Outcome: CheckOutcome.Pass }));
        });
    }
}
