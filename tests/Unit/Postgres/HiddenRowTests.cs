using LoginEtl.Checks;
using LoginEtl.Faults;
using LoginEtl.Keysets;
using LoginEtl.Masking;
using LoginEtl.Postgres;
using LoginEtl.Rotation;
using LoginEtl.Settings;
using LoginEtl.Unit.Fixtures;
using LoginEtl.Unit.Privacy.Recovery;
using Xunit;

namespace LoginEtl.Unit.Postgres;

/// <summary>Row security leaves rows out without a word. Whatever is decided by all rows is not decided then.</summary>
public sealed class HiddenRowTests(ServersFixture servers) : IDisposable
{
    private const string Hide = "ALTER TABLE user_logins ENABLE ROW LEVEL SECURITY";
    private const string HideSome = Hide + "; CREATE POLICY some_rows ON user_logins USING (user_id LIKE 'user-1%')";

    private readonly RotatingKeys _keys = new();

    public void Dispose() => _keys.Dispose();

    [Theory]
    [InlineData(Hide)]
    [InlineData(HideSome)]
    public async Task Rows_are_neither_counted_nor_found_nor_looked_at(string hide)
    {
        var database = await FilledAsync();
        await database.AsMemberAsync("login_etl_key_keeper", async settings =>
        {
            // Opened before, and after.
            await using var early = await new PostgresConnector().OpenTokensAsync(settings, TestDatabase.Token);
            await database.RunAsync(hide);
            await using var late = await new PostgresConnector().OpenTokensAsync(settings, TestDatabase.Token);
            foreach (var tokens in new[] { early, late })
            {
                await RefusedAsync(() => tokens.CountAsync(TestDatabase.Token));
                await RefusedAsync(() => tokens.CountTableAsync("ip", TestDatabase.Token));
                await RefusedAsync(() => tokens.SampleAsync(TestDatabase.Token));
                await RefusedAsync(() => tokens.FindAsync("ip", [_keys.OldPrefix("ip")], TestDatabase.Token).ToListAsync(TestDatabase.Token).AsTask());
                await RefusedAsync(() => RemoveAsync(tokens));
            }
        });
        Assert.Equal(6, await RotatingLogins.CountOldAsync(database, _keys));

        // Whom it does not concern counts as ever.
        await using var all = await database.TokensAsync();
        Assert.Equal(6, (await all.CountTableAsync("ip", TestDatabase.Token)).Sum(c => c.Rows));
        Assert.Equal(ErrorId.KeyInUse, (await Assert.ThrowsAsync<LoginEtlException>(() => RemoveAsync(all))).Error);
    }

    [Fact]
    public async Task Record_in_quarantine_that_was_jsonb_is_counted_and_rotated_all_the_same()
    {
        var database = await TestDatabase.InitializedAsync(servers, LoginTable.Create);
        await database.RunAsync("ALTER TABLE user_logins ADD CHECK (user_id <> 'bad')");
        await RotatingLogins.WriteAsync(database, RotatingLogins.Record(_keys, 1, "bad"));
        await database.RunAsync("UPDATE login_etl_quarantine SET record = record::jsonb::json");
        await using var tokens = await database.TokensAsync();
        Assert.Equal(ErrorId.KeyInUse, (await Assert.ThrowsAsync<LoginEtlException>(() => RemoveAsync(tokens))).Error);
        _keys.Promote();
        await RotatingLogins.RetireAsync(database, _keys);
        Assert.Equal((1, 2, 0), (await RotatingLogins.RotateAsync(database, _keys)) is var r ? (r.RowsUpdated, r.TokensReplaced, r.ExitCode) : default);
        Assert.Equal(1, await database.CountAsync($"login_etl_quarantine WHERE record->>'masked_ip' LIKE '{_keys.NewPrefix("ip")}%' AND record->>'masked_device_id' LIKE '{_keys.NewPrefix("device_id")}%'"));
    }

    [Fact]
    public async Task Column_whose_collation_takes_different_tokens_for_the_same_is_refused()
    {
        var database = await FilledAsync();
        await database.RunAsync("CREATE COLLATION any_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false); ALTER TABLE user_logins ALTER masked_ip TYPE text COLLATE any_case");
        foreach (var act in (Func<Task>[])[() => database.TokensAsync(), () => database.SinkAsync(), () => new PostgresConnector().OpenExportAsync(database.Settings(), new(), TestDatabase.Token)])
        {
            var fault = await Assert.ThrowsAsync<LoginEtlException>(act);
            Assert.Equal(ErrorId.TableUnsuitable, fault.Error);
            Assert.Contains("any_case", fault.Message, StringComparison.Ordinal);
        }

        Assert.Contains(await new PostgresConnector().CheckAsync(database.Settings(), new SinkOptions(), TestDatabase.Token), c => c.Outcome == CheckOutcome.Fail && c.Detail.Contains("any_case", StringComparison.Ordinal));
        await database.RunAsync("ALTER TABLE user_logins ALTER masked_ip TYPE text COLLATE \"C\"");
        await using var tokens = await database.TokensAsync();
        Assert.Equal(ErrorId.KeyInUse, (await Assert.ThrowsAsync<LoginEtlException>(() => RemoveAsync(tokens))).Error);
    }

    [Fact]
    public async Task Rotation_does_not_end_as_if_all_were_done_where_they_are_hidden_meanwhile()
    {
        var database = await FilledAsync();
        _keys.Promote();
        await RotatingLogins.RetireAsync(database, _keys);
        await database.AsMemberAsync("login_etl_key_keeper", async settings =>
        {
            await using var tokens = await new PostgresConnector().OpenTokensAsync(settings, TestDatabase.Token);
            using var ring = _keys.Open();
            using var rotation = new TokenRotation(tokens, ring, new RotationOptions { BatchSize = 2 });
            var isHidden = false;
            await RefusedAsync(() => rotation.RunAsync(
                _ =>
                {
                    if (!isHidden)
                    {
                        isHidden = true;
                        database.RunAsync(Hide).GetAwaiter().GetResult();
                    }
                },
                TestDatabase.Token));
        });
    }

    [Fact]
    public async Task Checks_say_that_rows_could_not_be_looked_at()
    {
        var database = await FilledAsync();
        await database.InitializeAsync(new SchemaOptions { Analysis = true });
        await database.RunAsync(Hide + "; CREATE POLICY adds ON user_logins FOR INSERT WITH CHECK (true); DELETE FROM login_etl_key");
        await database.AsRoleAsync(TestDatabase.WriterRights, async settings =>
        {
            await database.RunAsync($"GRANT SELECT ON user_logins TO {settings.UserName}");
            var check = Assert.Single(await JobCheckAsync(settings), c => c.Name == "Rows under other keys");
            Assert.DoesNotContain("all rows", check.Detail, StringComparison.Ordinal);
            Assert.Contains("row security", check.Detail, StringComparison.OrdinalIgnoreCase);
        });

        // Views go round it, and it came after them.
        var views = Assert.Single(await new PostgresConnector().CheckAsync(database.Settings(), new SinkOptions(), TestDatabase.Token), c => c.Name == "Row security");
        Assert.Equal(CheckOutcome.Warn, views.Outcome);
        Assert.Contains("login_etl_login", views.Detail, StringComparison.Ordinal);
    }

    private async Task<TestDatabase> FilledAsync()
    {
        var database = await TestDatabase.NewAsync(servers);
        await database.InitializeAsync(new SchemaOptions { Roles = true });
        await RotatingLogins.WriteAsync(database, [.. Enumerable.Range(0, 6).Select(i => RotatingLogins.Record(_keys, i))]);
        return database;
    }

    private async Task<IReadOnlyList<Check>> JobCheckAsync(DatabaseSettings settings)
    {
        await using var tokens = await new PostgresConnector().OpenTokensAsync(settings, TestDatabase.Token);
        using var ring = _keys.Open();
        return await JobCheck.KeysAsync(new PostgresConnector(), settings, ring, MaskMethods.Default, TestDatabase.Token);
    }

    // As if it were of the ip, and disabled.
    private Task RemoveAsync(ITokenTable tokens)
    {
        using var ring = _keys.Open();
        var key = KeyListing.Of(ring, "ip")[0];
        return KeyRegistry.RemoveAsync(tokens, [key], key, KeyLook.Taken, () => throw new InvalidOperationException("It was destroyed."), TestDatabase.Token);
    }

    private static async Task RefusedAsync(Func<Task> act) => Assert.Equal(ErrorId.RowSecurity, (await Assert.ThrowsAsync<LoginEtlException>(act)).Error);
}
