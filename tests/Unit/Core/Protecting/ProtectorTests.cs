using LoginEtl.Decoding;
using LoginEtl.Protecting;
using LoginEtl.Records;
using LoginEtl.Run;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Core.Protecting;

public sealed class ProtectorTests : IDisposable
{
    private readonly TestKeys _keys = new();

    public void Dispose() => _keys.Dispose();

    [Fact]
    public void Record_keeps_what_is_not_personal_and_the_day_it_was_sent()
    {
        var record = Assert.IsType<LoginRecord>(Protect(Deliveries.Body));
        Assert.Equal(("424cdd21-063a-43a7-b91b-7ca1a833afae", "android", "RU", "2.3.0"),
            (record.UserId, record.DeviceType, record.Locale, record.AppVersion));
        Assert.Equal(new DateOnly(2026, 3, 4), record.CreateDate);
        Assert.Equal(Deliveries.Sent, record.SentTimestamp);
    }

    [Fact]
    public void Day_is_that_of_UTC()
    {
        var sent = new DateTimeOffset(2026, 3, 5, 1, 0, 0, TimeSpan.FromHours(3));
        var delivery = new QueueDelivery(new MessageId("m"), "h", sent, 1, sent);
        using var protector = _keys.Protector();
        var record = Assert.IsType<LoginRecord>(protector.Protect(LoginDecoder.Decode(delivery, "{\"user_id\":\"u\",\"app_version\":\"1\",\"ip\":\"\",\"device_id\":\"\"}"u8.ToArray())));
        Assert.Equal(new DateOnly(2026, 3, 4), record.CreateDate);
    }

    [Fact]
    public void Spellings_of_one_address_give_one_token()
    {
        string[] spellings = ["2001:db8::1", "2001:DB8::1", "2001:0db8:0:0:0:0:0:1", "2001:db8:0::0:1", "2001:db8::0.0.0.1"];
        Assert.Single(spellings.Select(s => ((LoginRecord)Protect(Deliveries.Replace("ip", $"\"{s}\""))).MaskedIp).Distinct());
    }

    [Theory]
    [InlineData("ip")]
    [InlineData("device_id")]
    public void Non_character_is_masked_like_any_other_and_does_not_stop_the_batch(string field)
    {
        var record = Assert.IsType<LoginRecord>(Protect(Deliveries.Replace(field, "\"\\uFFFE\"")));
        Assert.StartsWith("siv1.", field == "ip" ? record.MaskedIp : record.MaskedDeviceId, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ip")]
    [InlineData("device_id")]
    public void Null_goes_to_quarantine_unless_it_is_allowed(string field)
    {
        var body = Deliveries.Replace(field, "null");
        var reject = Assert.IsType<SealedReject>(Protect(body));
        Assert.Equal((RejectReason.NullField, field), (reject.GetRejection().Reason, reject.Field));

        var record = Assert.IsType<LoginRecord>(Protect(body, new ProtectOptions { AllowNullPii = true }));
        Assert.Null(field == "ip" ? record.MaskedIp : record.MaskedDeviceId);
        Assert.NotNull(field == "ip" ? record.MaskedDeviceId : record.MaskedIp);
    }

    // Normalising all of it would take minutes: time grows by the square of a text of marks.
    [Fact]
    public void Megabyte_of_combining_marks_goes_to_quarantine_at_once()
    {
        var clock = System.Diagnostics.Stopwatch.StartNew();
        var marks = string.Concat(Enumerable.Repeat("\u0301\u0323", 250_000));
        var reject = Assert.IsType<SealedReject>(Protect(Deliveries.Replace("device_id", $"\"a{marks}\"")));
        Assert.Equal((RejectReason.TooLong, "device_id"), (reject.GetRejection().Reason, reject.Field));
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(10), $"It took {clock.Elapsed}.");
    }

    [Theory]
    [InlineData("ip", 159, false)]
    [InlineData("ip", 160, true)]
    [InlineData("ip", 200, true)]
    [InlineData("device_id", 160, true)]
    [InlineData("device_id", 100_000, true)]
    public void Text_too_long_for_a_token_goes_to_quarantine(string field, int length, bool rejected)
    {
        var login = Protect(Deliveries.Replace(field, $"\"{new string('1', length)}\""), new ProtectOptions { AllowNullPii = true });
        if (rejected)
        {
            var reject = Assert.IsType<SealedReject>(login);
            Assert.Equal((RejectReason.TooLong, field), (reject.GetRejection().Reason, reject.Field));
        }
        else
        {
            Assert.IsType<LoginRecord>(login);
        }
    }

    [Theory]
    [InlineData("null", "XX", "XX")]
    [InlineData("null", null, null)]
    [InlineData("\"RU\"", "XX", "RU")]
    [InlineData("\"\"", "XX", "")]
    public void Only_a_null_locale_is_stood_in_for(string json, string? standIn, string? expected) =>
        Assert.Equal(expected, Assert.IsType<LoginRecord>(
            Protect(Deliveries.Replace("locale", json), new ProtectOptions { DefaultLocale = standIn })).Locale);

    [Fact]
    public void User_emptied_in_the_pipeline_goes_to_quarantine()
    {
        var login = Assert.IsType<LoginMessage>(Deliveries.Decode(Deliveries.Body));
        login.UserId = "";
        using var protector = _keys.Protector();
        var reject = Assert.IsType<SealedReject>(protector.Protect(login));
        Assert.Equal((RejectReason.EmptyField, "user_id"), (reject.GetRejection().Reason, reject.Field));
    }

    [Fact]
    public void Reject_keeps_its_reason_and_only_the_private_half_opens_its_body()
    {
        const string body = """{"foo": "oops_wrong_msg_type", "bar": "123"}""";
        var reject = Assert.IsType<SealedReject>(Protect(body));
        Assert.Equal((RejectReason.MissingField, "user_id"), (reject.GetRejection().Reason, reject.Field));

        using var keyset = _keys.Private();
        Assert.Equal(System.Text.Encoding.UTF8.GetBytes(body),
            BodySealer.Open(keyset, reject.Body.AsMemory().Span, new MessageId(reject.MessageId)));
    }

    [Fact]
    public void Group_keeps_its_order_and_one_bad_login_does_not_harm_the_others()
    {
        string[] bodies =
        [
            Deliveries.Body, "not json", Deliveries.Replace("ip", "null"), Deliveries.Replace("device_id", $"\"{new string('x', 300)}\""),
            "", Deliveries.Replace("user_id", "\"other\""),
        ];
        using var protector = _keys.Protector();
        var logins = bodies.Select(Deliveries.Decode).ToList();
        var group = protector.Protect(logins);

        Assert.Equal(logins.Select(l => l.MessageId), group.Select(l => l.MessageId));
        Assert.Equal([true, false, false, false, false, true], group.Select(l => l is LoginRecord));
        Assert.Equal(((LoginRecord)Protect(bodies[5])).MaskedIp, ((LoginRecord)group[5]).MaskedIp);
        Assert.Empty(protector.Protect([]));
    }

    [Fact]
    public void Record_sent_at_no_known_time_gets_the_day_of_the_load()
    {
        using var protector = _keys.Protector(time: new Clock(new DateTimeOffset(2026, 12, 31, 23, 0, 0, TimeSpan.FromHours(-2))));
        var login = LoginDecoder.Decode(new LineDelivery("file", 1, 1), System.Text.Encoding.UTF8.GetBytes(Deliveries.Body));
        Assert.Equal(new DateOnly(2027, 1, 1), Assert.IsType<LoginRecord>(protector.Protect(login)).CreateDate);
    }

    private ProtectedLogin Protect(string body, ProtectOptions? options = null)
    {
        using var protector = _keys.Protector(options);
        return protector.Protect(Deliveries.Decode(body));
    }

    private sealed class Clock(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}
