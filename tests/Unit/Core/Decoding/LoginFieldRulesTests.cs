using LoginEtl.Records;
using Xunit;

namespace LoginEtl.Unit.Core.Decoding;

public sealed class LoginFieldRulesTests
{
    public static TheoryData<string> Fields => ["user_id", "app_version", "device_type", "ip", "locale", "device_id"];

    public static TheoryData<string> WrongTypes => ["1", "-1.5e300", "true", "false", "{}", "[]", "{\"a\":\"b\"}", "[\"a\"]"];

    [Theory]
    [InlineData("user_id", RejectReason.MissingField)]
    [InlineData("app_version", RejectReason.MissingField)]
    [InlineData("ip", RejectReason.MissingField)]
    [InlineData("device_id", RejectReason.MissingField)]
    [InlineData("device_type", null)]
    [InlineData("locale", null)]
    public void Required_fields_must_be_there_and_optional_ones_need_not(string field, RejectReason? reason) =>
        AssertOutcome(Deliveries.Replace(field, null), reason, field);

    [Theory]
    [InlineData("user_id", RejectReason.NullField)]
    [InlineData("app_version", RejectReason.NullField)]
    [InlineData("ip", null)]
    [InlineData("device_id", null)]
    [InlineData("device_type", null)]
    [InlineData("locale", null)]
    public void Null_is_refused_where_no_row_could_hold_it(string field, RejectReason? reason) =>
        AssertOutcome(Deliveries.Replace(field, "null"), reason, field);

    [Fact]
    public void Nulls_stay_null_and_never_become_text()
    {
        var login = Assert.IsType<LoginMessage>(Deliveries.Decode(
            """{"user_id":"u","app_version":"1","ip":null,"device_id":null,"locale":null}"""));
        Assert.Equal((null, null, null, null), (login.Ip, login.DeviceId, login.Locale, login.DeviceType));
    }

    [Theory]
    [InlineData("user_id", RejectReason.EmptyField)]
    [InlineData("app_version", null)]
    [InlineData("ip", null)]
    [InlineData("device_id", null)]
    [InlineData("device_type", null)]
    [InlineData("locale", null)]
    public void Only_the_user_must_not_be_empty(string field, RejectReason? reason) =>
        AssertOutcome(Deliveries.Replace(field, "\"\""), reason, field);

    [Theory]
    [MemberData(nameof(Fields))]
    public void Value_that_is_no_string_is_of_the_wrong_type(string field)
    {
        foreach (string json in WrongTypes.Select(row => row.Data))
        {
            AssertOutcome(Deliveries.Replace(field, json), RejectReason.WrongType, field);
        }
    }

    [Fact]
    public void User_is_missed_first() =>
        Assert.Equal(
            new Rejection(RejectReason.MissingField, "user_id"),
            Deliveries.Reject("""{"foo": "oops_wrong_msg_type", "bar": "123"}"""));

    [Theory]
    [MemberData(nameof(Fields))]
    public void Known_key_that_stands_twice_is_named(string field)
    {
        AssertOutcome(Deliveries.With($"\"{field}\":\"v\""), RejectReason.RepeatedField, field);
        AssertOutcome(Deliveries.With($"\"{field}\":null"), field is "user_id" or "app_version" ? RejectReason.NullField : RejectReason.RepeatedField, field);
    }

    [Theory]
    [InlineData("\\u0069p", "ip")]
    [InlineData("i\\u0070", "ip")]
    [InlineData("\\u0064\\u0065vice\\u005fid", "device_id")]
    [InlineData("user\\u005Fid", "user_id")]
    public void Escaped_spelling_is_the_same_key(string spelling, string field) =>
        AssertOutcome(Deliveries.With($"\"{spelling}\":\"v\""), RejectReason.RepeatedField, field);

    [Fact]
    public void Escaped_spelling_alone_is_read()
    {
        var login = Assert.IsType<LoginMessage>(Deliveries.Decode(
            """{"\u0075ser_id":"\u0075","app_version":"1","\u0069p":"\u0031.1.1.1","device_id":"d"}"""));
        Assert.Equal(("u", "1.1.1.1"), (login.UserId, login.Ip!.Reveal()));
    }

    [Theory]
    [InlineData("\"199.172.111.135\":1,\"199.172.111.135\":2")]
    [InlineData("\"x\":1,\"\\u0078\":2")]
    [InlineData("\"\":1,\"\":2")]
    public void Unknown_key_that_stands_twice_is_not_named(string members) =>
        AssertOutcome(Deliveries.With(members), RejectReason.RepeatedField, null);

    [Theory]
    [InlineData("\"IP\":1,\"Ip\":2")]
    [InlineData("\"a\":\"\\u0000\"")]
    [InlineData("\"a\\u0000\":1")]
    [InlineData("\"a\":\"\\ud800\"")]
    [InlineData("\"a\":1e999999,\"b\":-123456789012345678901234567890.5e-400")]
    [InlineData("\"a\":{\"b\":[1,{\"b\":{}}]},\"b\":[]")]
    [InlineData("\"a\":{\"b\":1,\"b\":2}")]
    public void Unknown_fields_are_ignored(string members) =>
        AssertOutcome(Deliveries.With(members), reason: null, field: null);

    private static void AssertOutcome(string body, RejectReason? reason, string? field)
    {
        if (reason is null)
        {
            Assert.IsType<LoginMessage>(Deliveries.Decode(body));
        }
        else
        {
            Assert.Equal(new Rejection(reason.Value, field), Deliveries.Reject(body));
        }
    }
}
