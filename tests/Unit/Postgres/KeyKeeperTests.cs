using LoginEtl.Faults;
using LoginEtl.Postgres;
using LoginEtl.Rotation;
using LoginEtl.Settings;
using LoginEtl.Unit.Fixtures;
using LoginEtl.Unit.Privacy.Recovery;
using Xunit;

namespace LoginEtl.Unit.Postgres;

/// <summary>Keys are rotated by the role that is there for it, and by no more than it may.</summary>
public sealed class KeyKeeperTests(ServersFixture servers) : IDisposable
{
    private const string Columns =
        "(user_id varchar(128), device_type varchar(32), masked_ip varchar(256), masked_device_id varchar(256), locale varchar(32), app_version integer, create_date date)";

    // Two levels deep, and one of them in another schema.
    private const string Partitioned =
        $"""
        CREATE SCHEMA parts;
        CREATE TABLE user_logins {Columns} PARTITION BY LIST (locale);
        CREATE TABLE parts."Ru" PARTITION OF user_logins FOR VALUES IN ('RU');
        CREATE TABLE others PARTITION OF user_logins DEFAULT PARTITION BY LIST (device_type);
        CREATE TABLE others_ios PARTITION OF others FOR VALUES IN ('ios');
        CREATE TABLE others_else PARTITION OF others DEFAULT;
        """;

    private static readonly SchemaOptions WithRoles = new() { Roles = true };

    private readonly RotatingKeys _keys = new();

    public void Dispose() => _keys.Dispose();

    [Theory]
    [InlineData($"CREATE TABLE user_logins {Columns}")]
    [InlineData(Partitioned)]
    public async Task Keeper_of_the_keys_rotates_every_row_and_entry(string table)
    {
        var database = await FilledAsync(table);
        await AsKeeperAsync(database, async settings =>
        {
            Assert.Equal(22, (await RotateAsync(settings)).RowsUpdated);
        });
        Assert.Equal((0, 21), (await RotatingLogins.CountOldAsync(database, _keys), await RotatingLogins.CountNewAsync(database, _keys)));
        Assert.Empty(await database.InitializeAsync(WithRoles));
    }

    [Theory]
    [InlineData("CREATE TABLE de PARTITION OF user_logins FOR VALUES IN ('AT')", "de", "GRANT SELECT, UPDATE (masked_ip, masked_device_id) ON public.de")]
    [InlineData("REVOKE USAGE ON SCHEMA parts FROM login_etl_key_keeper", "parts.Ru", "GRANT USAGE ON SCHEMA parts")]
    [InlineData("REVOKE UPDATE (masked_ip) ON others_ios FROM login_etl_key_keeper", "others_ios", "GRANT SELECT, UPDATE (masked_ip, masked_device_id) ON public.others_ios")]
    public async Task Partition_that_the_user_may_not_change_is_named_before_anything_is_changed(string ddl, string partition, string grant)
    {
        var database = await FilledAsync(Partitioned);
        await database.RunAsync(ddl);
        await AsKeeperAsync(database, async settings =>
        {
            var fault = await Assert.ThrowsAsync<LoginEtlException>(() => RotateAsync(settings));
            Assert.Equal("TableAccessDenied", fault.Id);
            Assert.Contains(partition, fault.Message, StringComparison.Ordinal);
            Assert.Contains("Initialize-LoginDatabase -Role", fault.Remedy, StringComparison.Ordinal);
            Assert.Contains(grant, fault.Remedy, StringComparison.Ordinal);
            Assert.Equal(0, await database.CountAsync("login_etl_key"));

            // What the remedy says is enough. It takes note of the keys of the rows, beside which another is told on purpose.
            await database.InitializeAsync(WithRoles);
            await RotatingLogins.RetireAsync(database, _keys);
            Assert.Equal(22, (await RotateAsync(settings)).RowsUpdated);
        });
    }

    [Theory]
    [InlineData("ALTER TABLE others_ios ENABLE ROW LEVEL SECURITY", "RowSecurity", "others_ios")]
    [InlineData("CREATE UNIQUE INDEX one_ip ON others_ios (user_id, masked_ip)", "UniqueMaskedColumn", "one_ip")]
    public async Task What_stands_against_a_partition_alone_is_said_before_anything_is_changed(string ddl, string id, string name)
    {
        var database = await FilledAsync(Partitioned);
        await database.RunAsync(ddl);
        await AsKeeperAsync(database, async settings =>
        {
            var fault = await Assert.ThrowsAsync<LoginEtlException>(() => RotateAsync(settings));
            Assert.Equal(id, fault.Id);
            Assert.Contains(name, fault.Message, StringComparison.Ordinal);
        });
        Assert.Equal(0, await database.CountAsync("login_etl_key"));
    }

    private async Task<TestDatabase> FilledAsync(string table)
    {
        var database = await TestDatabase.NewAsync(servers, table);
        await database.InitializeAsync(WithRoles);
        await RotatingLogins.WriteAsync(database, RotatingLogins.Records(_keys, 20));
        var russian = RotatingLogins.Record(_keys, 1, "r");
        russian.Locale = "RU";
        var refused = RotatingLogins.Record(_keys, 2, "q");
        refused.AppVersion = "x.y";
        await RotatingLogins.WriteAsync(database, russian, refused);
        _keys.Promote();
        return database;
    }

    private async Task<RotationReceipt> RotateAsync(DatabaseSettings settings)
    {
        await using var tokens = await new PostgresConnector().OpenTokensAsync(settings, TestDatabase.Token);
        using var ring = _keys.Open();
        using var rotation = new TokenRotation(tokens, ring);
        return await rotation.RunAsync(null, TestDatabase.Token);
    }

    private static async Task AsKeeperAsync(TestDatabase database, Func<DatabaseSettings, Task> act)
    {
        var user = $"user_{Guid.NewGuid():N}";
        await database.RunAsync($"CREATE ROLE {user} LOGIN PASSWORD 'pw' IN ROLE login_etl_key_keeper");
        try
        {
            await act(database.Settings() with { UserName = user, Password = new SecretText("pw") });
        }
        finally
        {
            await database.RunAsync($"DROP ROLE {user}");
        }
    }
}
