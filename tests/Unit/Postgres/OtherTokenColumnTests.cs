using LoginEtl.Faults;
using LoginEtl.Postgres;
using LoginEtl.Rotation;
using LoginEtl.Settings;
using LoginEtl.Unit.Fixtures;
using LoginEtl.Unit.Privacy.Recovery;
using Xunit;
using static LoginEtl.Unit.Postgres.OtherColumns;
using AppVersionFormat = LoginEtl.Versions.AppVersionFormat;

namespace LoginEtl.Unit.Postgres;

/// <summary>Tokens are found, counted and replaced, and rights granted, in columns that have other names.</summary>
public sealed class OtherTokenColumnTests(ServersFixture servers) : IDisposable
{
    private const string Partitions =
        " PARTITION BY LIST (LOCALE); CREATE TABLE de PARTITION OF user_logins FOR VALUES IN ('DE'); CREATE TABLE others PARTITION OF user_logins DEFAULT";

    private static readonly SchemaOptions WithRoles = new() { Roles = true };

    private readonly RotatingKeys _keys = new();

    public void Dispose() => _keys.Dispose();

    [Theory]
    [InlineData("")]
    [InlineData(Partitions)]
    public async Task Keeper_of_the_keys_finds_counts_and_rotates_rows_and_entries(string partitions)
    {
        // Columns of our names are others, and stay as they are.
        var database = await TestDatabase.NewAsync(
            servers, Begun + partitions.Replace("LOCALE", Locale, StringComparison.Ordinal) + "; ALTER TABLE user_logins ADD masked_ip text DEFAULT 'mine', ADD masked_device_id text DEFAULT 'mine'", Names);
        await database.InitializeAsync(WithRoles);
        Assert.Empty(await database.InitializeAsync(WithRoles));
        var refused = RotatingLogins.Record(_keys, 2, "q");
        refused.AppVersion = "x.y";
        await RotatingLogins.WriteAsync(database, [RotatingLogins.Record(_keys, 1), RotatingLogins.Record(_keys, 3), refused]);
        _keys.Promote();
        await database.AsMemberAsync("login_etl_key_keeper", async settings =>
        {
            await using var tokens = await new PostgresConnector().OpenTokensAsync(settings, TestDatabase.Token);
            Assert.Equal(
                [("device_id", _keys.OldPrefix("device_id"), 3), ("ip", _keys.OldPrefix("ip"), 3)],
                (await tokens.CountAsync(TestDatabase.Token)).Select(c => (c.Attribute, c.Prefix, c.Rows)));
            using var ring = _keys.Open();
            using var rotation = new TokenRotation(tokens, ring);
            Assert.Equal((3, 6), await RotateAsync(rotation));
            Assert.Equal(
                [("device_id", _keys.NewPrefix("device_id"), 3), ("ip", _keys.NewPrefix("ip"), 3)],
                (await tokens.CountAsync(TestDatabase.Token)).Select(c => (c.Attribute, c.Prefix, c.Rows)));

            var (ip, device) = _keys.Mask("10.1.0.3", "device-3");
            var row = Assert.Single(await FindAsync(tokens, "ip", ip.Text));
            Assert.Equal(row, Assert.Single(await FindAsync(tokens, "device_id", device.Text)));
            Assert.Equal(
                new StoredLogin
                {
                    UserId = "user-3",
                    DeviceType = "ios",
                    MaskedIp = ip.Text,
                    MaskedDeviceId = device.Text,
                    Locale = "DE",
                    AppVersion = "1002003",
                    CreateDate = new DateOnly(2026, 11, 21),
                },
                row);
        });
        Assert.Equal(2, await database.CountAsync("user_logins WHERE masked_ip = 'mine' AND masked_device_id = 'mine'"));
    }

    [Theory]
    [InlineData("CREATE UNIQUE INDEX one_device ON user_logins (lower(hashed_ip))", "UniqueMaskedColumn", "one_device")]
    [InlineData("REVOKE UPDATE (hashed_ip) ON user_logins FROM login_etl_key_keeper", "TableAccessDenied", "hashed_ip")]
    public async Task What_stands_against_replacing_them_is_found(string ddl, string id, string named)
    {
        var database = await TestDatabase.NewAsync(servers, Begun, Names);
        await database.InitializeAsync(WithRoles);
        await database.RunAsync(ddl);
        await database.AsMemberAsync("login_etl_key_keeper", async settings =>
        {
            await using var tokens = await new PostgresConnector().OpenTokensAsync(settings, TestDatabase.Token);
            var fault = await Assert.ThrowsAsync<LoginEtlException>(() => tokens.RequireReplaceableAsync(TestDatabase.Token));
            Assert.Equal(id, fault.Id);
            Assert.Contains(named, fault.Message, StringComparison.Ordinal);
        });
    }

    [Fact]
    public async Task Partition_that_the_keeper_may_not_change_is_named_with_what_to_grant()
    {
        var database = await TestDatabase.NewAsync(servers, Begun + Partitions.Replace("LOCALE", Locale, StringComparison.Ordinal), Names);
        await database.InitializeAsync(WithRoles);
        await database.RunAsync("REVOKE UPDATE (hashed_ip) ON de FROM login_etl_key_keeper");
        await database.AsMemberAsync("login_etl_key_keeper", async settings =>
        {
            await using var tokens = await new PostgresConnector().OpenTokensAsync(settings, TestDatabase.Token);
            var fault = await Assert.ThrowsAsync<LoginEtlException>(() => tokens.RequireReplaceableAsync(TestDatabase.Token));
            Assert.Contains("UPDATE (hashed_ip, \"geräte-kennung 数\") ON public.de", fault.Remedy, StringComparison.Ordinal);
        });
    }

    [Theory]
    [InlineData(AppVersionFormat.Packed, "2.3.0")]
    [InlineData(AppVersionFormat.Decimal, "200.30.0")]
    [InlineData(AppVersionFormat.Nibble, "7824.3.8")]
    [InlineData(AppVersionFormat.Auto, "2003000")]
    public async Task Version_column_that_is_altered_is_the_one_that_is_meant(AppVersionFormat from, string expected)
    {
        var database = await TestDatabase.InitializedAsync(servers, Begun, Names);
        await database.RunAsync($"INSERT INTO user_logins ({AppVersion}) VALUES (2003000)");
        await database.InitializeAsync(new SchemaOptions { AppVersionColumn = AppVersionColumn.Text, AlterAppVersion = true, AlterFrom = from });
        Assert.Equal(expected, await database.ReadAsync<string>($"SELECT {AppVersion} FROM user_logins"));
    }

    [Fact]
    public async Task Column_that_is_lacking_is_named_with_the_option()
    {
        var database = await TestDatabase.InitializedAsync(servers, Begun);
        await using var tokens = await database.TokensAsync();
        foreach (var look in new Func<Task>[]
        {
            () => tokens.CountAsync(TestDatabase.Token), () => tokens.RequireReplaceableAsync(TestDatabase.Token), () => FindAsync(tokens, "ip", "t"),
            () => database.InitializeAsync(WithRoles),
            () => database.InitializeAsync(new SchemaOptions { AppVersionColumn = AppVersionColumn.Text, AlterAppVersion = true }),
        })
        {
            var fault = await Assert.ThrowsAsync<LoginEtlException>(look);
            Assert.Equal("TableUnsuitable", fault.Id);
            Assert.Contains("-ColumnName @{", fault.Remedy, StringComparison.Ordinal);
        }
    }

    private static async Task<(long Rows, long Tokens)> RotateAsync(TokenRotation rotation)
    {
        var receipt = await rotation.RunAsync(null, TestDatabase.Token);
        return (receipt.RowsUpdated, receipt.TokensReplaced);
    }

    private static async Task<List<StoredLogin>> FindAsync(ITokenTable tokens, string attribute, string token)
    {
        var found = new List<StoredLogin>();
        await foreach (var row in tokens.FindAsync(attribute, [token], TestDatabase.Token))
        {
            found.Add(row);
        }

        return found;
    }
}
