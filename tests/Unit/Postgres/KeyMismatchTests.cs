using LoginEtl.Faults;
using LoginEtl.Keysets;
using LoginEtl.Protecting;
using LoginEtl.Records;
using LoginEtl.Run;
using LoginEtl.Settings;
using LoginEtl.Unit.Core;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Postgres;

/// <summary>Of a key that a database knows it knows the check value, too.</summary>
public sealed class KeyMismatchTests(ServersFixture servers) : IDisposable
{
    private readonly TestKeys _keys = new();

    public void Dispose() => _keys.Dispose();

    [Fact]
    public async Task Other_bytes_under_an_id_that_is_known_are_refused_whatever_is_said()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await RotatingLogins.WriteAsync(database, Login());
        await using var sink = await database.SinkAsync(new SinkOptions { NewKey = true });
        // Also where they share the beginning, which a second key is soon found for.
        var own = PrimaryKeys.Of(_keys.Ring, MaskMethods.Default).Single(k => k.Attribute == "device_id").CheckValue!;
        foreach (var other in (string[])["01234567", own[..31] + (own[31] == '0' ? '1' : '0'), own[..7], "", own + "0"])
        {
            await database.RunAsync($"UPDATE login_etl_key SET check_value = '{other}' WHERE attribute = 'device_id'");
            Assert.Contains($"{other} there", (await RefusedAsync(() => sink.WriteAsync([Login()], TestDatabase.Token))).Message, StringComparison.Ordinal);
        }

        Assert.Equal(1, await database.CountAsync());
        // An earlier version told the first eight digits, which the next who may makes whole.
        await database.RunAsync($"UPDATE login_etl_key SET check_value = left(CASE attribute WHEN 'device_id' THEN '{own}' ELSE check_value END, 8)");
        await sink.WriteAsync([Login()], TestDatabase.Token);
        await using (var tokens = await database.TokensAsync())
        {
            await tokens.SetAsync(PrimaryKeys.Of(_keys.Ring, MaskMethods.Default), TestDatabase.Token);
            Assert.All(await tokens.KeysAsync(TestDatabase.Token), k => Assert.Matches("^[0-9a-f]{32}$", k.CheckValue));
        }

        // Those of a rotation that an earlier version told of have none.
        await database.RunAsync("UPDATE login_etl_key SET check_value = NULL");
        await sink.WriteAsync([Login()], TestDatabase.Token);
    }

    [Theory]
    [InlineData("NULL")]
    [InlineData("left('{0}', 8)")]
    public async Task Key_that_somebody_registered_by_its_id_alone_is_warned_of_until_its_check_value_is_told(string value)
    {
        var database = await TestDatabase.InitializedAsync(servers);
        var key = PrimaryKeys.Of(_keys.Ring, MaskMethods.Default).Single(k => k.Attribute == "ip");
        await database.RunAsync($"INSERT INTO login_etl_key (attribute, method, prefix, check_value) VALUES ('ip', 'siv', '{key.Prefix}', {value.Replace("{0}", key.CheckValue, StringComparison.Ordinal)})");
        await using var sink = await database.SinkAsync();
        Assert.Contains(key.Prefix, Assert.Single((await sink.WriteAsync([Login()], TestDatabase.Token)).Notices), StringComparison.Ordinal);
        // Once a run.
        Assert.Empty((await sink.WriteAsync([Login()], TestDatabase.Token)).Notices);
        await using var tokens = await database.TokensAsync();
        var states = (await LoginEtl.Checks.KeyChecks.RunAsync(_keys.Ring, MaskMethods.Default, await tokens.KeysAsync(TestDatabase.Token), null))[0];
        Assert.Equal(LoginEtl.Checks.CheckOutcome.Warn, states.Outcome);
        Assert.Contains($"The database knows {key.Prefix} of ip without a whole check value", states.Detail, StringComparison.Ordinal);

        await tokens.SetAsync(PrimaryKeys.Of(_keys.Ring, MaskMethods.Default), TestDatabase.Token);
        await using var next = await database.SinkAsync();
        Assert.Empty((await next.WriteAsync([Login()], TestDatabase.Token)).Notices);
        Assert.All(await LoginEtl.Checks.KeyChecks.RunAsync(_keys.Ring, MaskMethods.Default, await tokens.KeysAsync(TestDatabase.Token), null), c => Assert.Equal(LoginEtl.Checks.CheckOutcome.Pass, c.Outcome));
    }

    [Theory]
    [InlineData("mac")]
    [InlineData("pfx")]
    [InlineData("")]
    public async Task Method_of_a_key_is_what_its_prefix_says_whatever_was_registered(string method)
    {
        var database = await TestDatabase.InitializedAsync(servers);
        var key = PrimaryKeys.Of(_keys.Ring, MaskMethods.Default).Single(k => k.Attribute == "ip");
        await database.RunAsync($"INSERT INTO login_etl_key (attribute, method, prefix, check_value) VALUES ('ip', '{method}', '{key.Prefix}', '{key.CheckValue}')");
        await using var tokens = await database.TokensAsync();
        var known = Assert.Single(await tokens.KeysAsync(TestDatabase.Token));
        Assert.Equal(("siv", true), (known.Method, known.CanBeMadeAnew()));
    }

    [Fact]
    public async Task What_is_no_key_in_the_register_is_nothing_to_anybody()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await database.RunAsync(
            """
            INSERT INTO login_etl_key (attribute, method, prefix, check_value) VALUES
                ('x', 'siv', 'siv1.AAAAAA', '00'), ('ip', 'siv', E'siv1.x\nlogin-etl: Completed', '00'), ('ip', 'siv', E'siv1.\x1b[2J', NULL), ('device_id', '', '', NULL)
            """);
        await using (var sink = await database.SinkAsync())
        {
            Assert.Equal([Outcome.Written], (await sink.WriteAsync([Login()], TestDatabase.Token)).Outcomes);
        }

        await using var tokens = await database.TokensAsync();
        var known = await tokens.KeysAsync(TestDatabase.Token);
        Assert.Equal(PrimaryKeys.Of(_keys.Ring, MaskMethods.Default).Select(k => k.Prefix).Order(StringComparer.Ordinal), known.Select(k => k.Prefix).Order(StringComparer.Ordinal));
        Assert.All(await LoginEtl.Checks.KeyChecks.RunAsync(_keys.Ring, MaskMethods.Default, known, null), c => Assert.Equal(LoginEtl.Checks.CheckOutcome.Pass, c.Outcome));
    }

    private static async Task<LoginEtlException> RefusedAsync(Func<Task> work)
    {
        var fault = await Assert.ThrowsAsync<LoginEtlException>(work);
        Assert.Equal((ErrorId.KeyMismatch, false), (fault.Error, fault.CommitUnknown));
        return fault;
    }

    private LoginRecord Login()
    {
        using var protector = new Protector(_keys.Ring);
        return (LoginRecord)protector.Protect(LoginEtl.Decoding.LoginDecoder.Decode(Logins.Delivery(), System.Text.Encoding.UTF8.GetBytes(Deliveries.Body)));
    }
}
