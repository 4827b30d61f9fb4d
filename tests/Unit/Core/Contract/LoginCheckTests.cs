using System.Text.Json.Nodes;
using LoginEtl.Contract;
using LoginEtl.Decoding;
using LoginEtl.Faults;
using LoginEtl.Masking;
using LoginEtl.Postgres;
using LoginEtl.Protecting;
using LoginEtl.Records;
using LoginEtl.Run;
using LoginEtl.Settings;
using LoginEtl.Unit.Fixtures;
using LoginEtl.Unit.Postgres;
using LoginEtl.Versions;
using Xunit;

namespace LoginEtl.Unit.Core.Contract;

/// <summary>What is said of a body beforehand is what becomes of it.</summary>
public sealed class LoginCheckTests(ServersFixture servers)
{
    [Theory]
    [InlineData("", AppVersionFormat.Auto, false)]
    [InlineData("ALTER app_version TYPE smallint, ALTER locale TYPE varchar(3)", AppVersionFormat.Digits, true)]
    [InlineData("ALTER user_id TYPE uuid USING NULL, ALTER app_version TYPE varchar(6)", AppVersionFormat.Auto, true)]
    [InlineData("DROP app_version, ADD app_version_major int, ADD app_version_minor smallint, ADD app_version_patch bigint", AppVersionFormat.Auto, false)]
    public async Task Verdicts_are_what_becomes_of_the_rows(string change, AppVersionFormat format, bool allowNullPii)
    {
        var database = await TestDatabase.InitializedAsync(servers);
        if (change.Length > 0)
        {
            await database.RunAsync($"ALTER TABLE user_logins {change}");
        }

        var masking = new ProtectOptions { AllowNullPii = allowNullPii };
        var check = new LoginCheck(masking, await new PostgresConnector().ReadRulesAsync(database.Settings(), format, TestDatabase.Token));
        var text = new LoginText();
        var number = 0L;
        var logins = SchemaBodies.Known().Concat(SchemaBodies.Made(seed: 5, count: 800, schema: 0)).Select(body => text.Decode("logins.ndjson", ++number, body)).OfType<IncomingLogin>().ToList();
        var verdicts = logins.ConvertAll(check.Check);

        using var keys = new TestKeys();
        using var protector = keys.Protector(masking);
        await using var sink = await database.SinkAsync(new SinkOptions { AppVersionFormat = format, MaxRejectRatio = 1 });
        var result = await sink.WriteAsync(protector.Protect(logins), TestDatabase.Token);
        Assert.Equal(result.Outcomes.Select(o => o == Outcome.Written), verdicts.Select(v => v.IsValid));
        Assert.Contains(verdicts, v => v.IsValid);
        Assert.Equal(
            verdicts.Where(v => !v.IsValid).Select(v => $"{v.Reason} {v.Field}").Order(StringComparer.Ordinal),
            (await database.ReadAsync<string[]>("SELECT array_agg(concat_ws(' ', reason, coalesce(field, ''))) FROM login_etl_quarantine")).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Rules_are_read_by_who_may_write_nothing()
    {
        var database = await TestDatabase.NewAsync(servers, LoginTable.Create);
        await database.AsRoleAsync(_ => "", async settings =>
        {
            var rules = await new PostgresConnector().ReadRulesAsync(settings, AppVersionFormat.Auto, TestDatabase.Token);
            Assert.Equal((128, 32, 32, AppVersionFormat.Packed), (rules.Limits.UserId, rules.Limits.DeviceType, rules.Limits.Locale, rules.Limits.AppVersion.Format));
        });
    }

    [Theory]
    [InlineData("DROP locale", "TableUnsuitable")]
    [InlineData("ALTER app_version TYPE date USING NULL", "TableUnsuitable")]
    [InlineData("RENAME TO elsewhere", "TableNotFound")]
    public async Task Table_that_no_run_could_write_to_has_no_rules(string change, string error)
    {
        var database = await TestDatabase.NewAsync(servers, LoginTable.Create + $"ALTER TABLE user_logins {change}");
        var fault = await Assert.ThrowsAsync<LoginEtlException>(() => new PostgresConnector().ReadRulesAsync(database.Settings(), AppVersionFormat.Auto, TestDatabase.Token));
        Assert.Equal(error, fault.Error.Name);
    }

    [Fact]
    public void Schema_says_what_it_is_and_is_named_by_its_content()
    {
        var text = LoginSchema.Of(new ProtectOptions(), new AnyTable(AppVersionFormat.Auto).Limits);
        Assert.Equal(text, LoginSchema.Of(new ProtectOptions(), new AnyTable(AppVersionFormat.Text).Limits));
        Assert.DoesNotContain('\r', text);
        var schema = JsonNode.Parse(text)!;
        Assert.Equal("https://json-schema.org/draft/2020-12/schema", (string?)schema["$schema"]);
        Assert.StartsWith("urn:uuid:", (string?)schema["$id"], StringComparison.Ordinal);
        Assert.All(schema["properties"]!.AsObject(), field => Assert.True(((string)field.Value!["title"]!).Length > 0 && ((string)field.Value["description"]!).EndsWith('.')));
        var others = new[] { AppVersionFormat.Packed, AppVersionFormat.Digits }.Select(f => LoginSchema.Of(new ProtectOptions(), new AnyTable(f).Limits)).Append(LoginSchema.Of(new ProtectOptions { AllowNullPii = true }, new AnyTable(AppVersionFormat.Auto).Limits)).Append(text);
        Assert.Distinct(others.Select(o => (string)JsonNode.Parse(o)!["$id"]!));
    }

    [Theory]
    [InlineData(IpForm.Strict, "too_long")]
    [InlineData(IpForm.Forwarded, null)]
    public void List_of_addresses_is_as_long_as_it_likes_where_the_first_is_masked(IpForm form, string? reason)
    {
        var masking = new ProtectOptions { IpForm = form };
        var login = new LoginText().Decode("s", 1, Deliveries.Replace("ip", $"\"{string.Join(", ", Enumerable.Repeat("203.0.113.7", 20))}\""))!;
        Assert.Equal(reason, new LoginCheck(masking, new AnyTable(AppVersionFormat.Auto)).Check(login).Reason);
        Assert.Equal(reason is null, JsonNode.Parse(LoginSchema.Of(masking, new AnyTable(AppVersionFormat.Auto).Limits))!["properties"]!["ip"]!["maxLength"] is null);
    }

    [Fact]
    public void Verdict_names_line_reason_and_field_alone()
    {
        var check = new LoginCheck(new ProtectOptions(), new AnyTable(AppVersionFormat.Packed));
        var text = new LoginText();
        Assert.Equal("logins.ndjson:1: valid", $"{check.Check(text.Decode("logins.ndjson", 1, Deliveries.Body)!)}");
        Assert.Equal("logins.ndjson:2: missing_field (user_id)", $"{check.Check(text.Decode("logins.ndjson", 2, "{}")!)}");
        Assert.Equal("logins.ndjson:3: invalid_json", $"{check.Check(text.Decode("logins.ndjson", 3, "{")!)}");
        Assert.Equal("logins.ndjson:4: version_out_of_range (app_version)", $"{check.Check(text.Decode("logins.ndjson", 4, Deliveries.Replace("app_version", "\"1.1000\""))!)}");
    }
}
