using System.Text;
using LoginEtl.Decoding;
using LoginEtl.Faults;
using LoginEtl.Postgres.Writing;
using LoginEtl.Quarantine;
using LoginEtl.Records;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Postgres;

/// <summary>Entries become records again, and nothing but what was masked becomes a token.</summary>
public sealed class QuarantineReplayTests : IDisposable
{
    private const string Good = """{"user_id":"u1","app_version":"2.3.0","ip":"199.172.111.135","device_id":"593-47-5928"}""";

    private readonly TestKeys _keys = new();

    public void Dispose() => _keys.Dispose();

    [Fact]
    public void Sealed_body_that_decodes_now_is_protected_under_its_own_id_and_time()
    {
        var delivery = Logins.Delivery(receiveCount: 3);
        Assert.True(Replay(Sealed(Good, delivery), out var record, out _));
        Assert.Equal((delivery.Id!.Value.Value, delivery.SentTimestamp, 3), (record!.MessageId, record.SentTimestamp, record.ReceiveCount));
        Assert.Equal(DateOnly.FromDateTime(delivery.SentTimestamp!.Value.UtcDateTime), record.CreateDate);
        using var protector = _keys.Protector();
        var direct = Assert.IsType<LoginRecord>(protector.Protect(LoginDecoder.Decode(delivery, Encoding.UTF8.GetBytes(Good))));
        Assert.Equal((direct.MaskedIp, direct.MaskedDeviceId), (record.MaskedIp, record.MaskedDeviceId));
    }

    [Fact]
    public void Line_keeps_the_day_of_its_load()
    {
        var line = Logins.Line(Guid.NewGuid());
        Assert.True(Replay(Sealed(Good, line), out var record, out _));
        Assert.Equal(new DateOnly(2024, 2, 29), record!.CreateDate);
    }

    [Theory]
    [InlineData("""{"foo": "oops_wrong_msg_type"}""", RejectReason.MissingField, "user_id")]
    [InlineData("not json", RejectReason.InvalidJson, null)]
    [InlineData("""{"user_id":"u1","app_version":"2.3.0","ip":null,"device_id":"x"}""", RejectReason.NullField, "ip")]
    public void Body_that_still_does_not_fit_keeps_its_reason(string body, RejectReason reason, string? field)
    {
        Assert.False(Replay(Sealed(body, Logins.Delivery()), out _, out var rejection));
        Assert.Equal(new Rejection(reason, field), rejection);
    }

    [Fact]
    public void Body_with_personal_data_in_another_field_is_restored_as_somebody_mends_it_and_not_as_it_came()
    {
        var delivery = Logins.Delivery();
        var personal = Good.Replace("u1", "ada@example.org", StringComparison.Ordinal);
        var entry = Entry(delivery, Seal(personal, delivery), null, "pii_found");
        Assert.False(Replay(entry, out _, out var rejection));
        Assert.Equal(RejectReason.PiiFound, rejection.Reason);
        using var protector = _keys.Protector();
        using var replay = new QuarantineReplay(protector, _keys.PrivatePath);
        Assert.True(replay.TryMend(entry, LoginText.BodyOf(Good), out var record, out _));
        Assert.Equal("u1", record.UserId);
    }

    [Fact]
    public void Body_that_was_changed_on_its_way_is_never_restored()
    {
        var delivery = Logins.Delivery();
        var entry = Entry(delivery, Seal(Good, delivery), null, "checksum_mismatch");
        Assert.False(Replay(entry, out _, out var rejection));
        Assert.Equal(RejectReason.ChecksumMismatch, rejection.Reason);
    }

    [Fact]
    public void Sealed_body_of_another_message_or_without_the_key_does_not_open()
    {
        var entry = Entry(Logins.Delivery(), Seal(Good, Logins.Delivery()), null);
        Assert.Equal("SealedBodyUnopened", Assert.Throws<LoginEtlException>(() => Replay(entry, out _, out _)).Id);
        using var protector = _keys.Protector();
        using var keyless = new QuarantineReplay(protector, null);
        Assert.Equal("QuarantineKeyNeeded", Assert.Throws<LoginEtlException>(() => keyless.TryReplay(entry, out _, out _)).Id);
        Assert.Equal("KeysetInvalid", Assert.Throws<LoginEtlException>(() => new QuarantineReplay(protector, Path.Combine(_keys.Folder, "ip.json"))).Id);
    }

    [Fact]
    public void Stored_record_comes_back_as_it_was()
    {
        using var protector = _keys.Protector();
        var known = (LoginRecord)protector.Protect(LoginDecoder.Decode(Logins.Delivery(), Encoding.UTF8.GetBytes(Good)));
        known.Locale = "Ру\"\\\n\t😀";
        known.DeviceType = null;
        known.CreateDate = new DateOnly(2023, 12, 31);
        Assert.True(Replay(Entry(known.GetDelivery(), null, RecordJson.Of(known)), out var back, out _));
        Assert.Equal(RecordJson.Of(known), RecordJson.Of(back!));
    }

    [Theory]
    [InlineData("\"masked_ip\":\"siv1.", "\"masked_ip\":\"")]
    [InlineData("\"masked_ip\":\"siv1.", "\"masked_ip\":\"199.172.111.135 siv1.")]
    [InlineData("\"masked_ip\":\"siv1.", "\"masked_ip\":\"mac2.")]
    [InlineData("\"user_id\":", "\"user\":")]
    [InlineData("\"user_id\":\"u1\"", "\"user_id\":17")]
    [InlineData("\"user_id\":\"u1\"", "\"user_id\":null")]
    [InlineData("\"create_date\":\"", "\"create_date\":\"x")]
    [InlineData("{", "[")]
    public void Stored_record_that_somebody_changed_is_refused_without_quoting_it(string part, string other)
    {
        using var protector = _keys.Protector();
        var known = (LoginRecord)protector.Protect(LoginDecoder.Decode(Logins.Delivery(), Encoding.UTF8.GetBytes(Good)));
        var json = RecordJson.Of(known).Replace(part, other, StringComparison.Ordinal);
        var fault = Assert.Throws<LoginEtlException>(() => Replay(Entry(known.GetDelivery(), null, json), out _, out _));
        Assert.Equal("QuarantinedRecordInvalid", fault.Id);
        Assert.DoesNotContain("199.172", fault.ToString(), StringComparison.Ordinal);
        Assert.Null(fault.InnerException);
    }

    [Fact]
    public void Plaintext_in_a_masked_column_is_no_token()
    {
        using var protector = _keys.Protector();
        var known = (LoginRecord)protector.Protect(LoginDecoder.Decode(Logins.Delivery(), Encoding.UTF8.GetBytes(Good)));
        var json = RecordJson.Of(known).Replace(known.MaskedIp!, "199.172.111.135", StringComparison.Ordinal);
        Assert.Equal("QuarantinedRecordInvalid", Assert.Throws<LoginEtlException>(() => Replay(Entry(known.GetDelivery(), null, json), out _, out _)).Id);
    }

    [Fact]
    public void Stored_text_that_is_no_text_keeps_its_reason()
    {
        using var protector = _keys.Protector();
        var known = (LoginRecord)protector.Protect(LoginDecoder.Decode(Logins.Delivery(), Encoding.UTF8.GetBytes(Good)));
        known.Locale = "\ud800";
        Assert.False(Replay(Entry(known.GetDelivery(), null, RecordJson.Of(known)), out _, out var rejection));
        Assert.Equal(new Rejection(RejectReason.LoneSurrogate, "locale"), rejection);
    }

    private bool Replay(QuarantineEntry entry, out LoginRecord? record, out Rejection rejection)
    {
        using var protector = _keys.Protector();
        using var replay = new QuarantineReplay(protector, _keys.PrivatePath);
        return replay.TryReplay(entry, out record, out rejection);
    }

    private byte[] Seal(string body, Delivery delivery)
    {
        var sealer = new LoginEtl.Protecting.BodySealer(_keys.Ring.Get("quarantine"));
        return sealer.Seal(Encoding.UTF8.GetBytes(body), delivery.Id!.Value).AsMemory().ToArray();
    }

    private QuarantineEntry Sealed(string body, Delivery delivery) => Entry(delivery, Seal(body, delivery), null);

    private static QuarantineEntry Entry(Delivery delivery, byte[]? sealedBody, string? record, string reason = "missing_field") => new(sealedBody, record)
    {
        Id = 1,
        MessageId = delivery.Id!.Value.Value,
        Reason = reason,
        ReceiveCount = delivery.ReceiveCount,
        SentTimestamp = delivery.SentTimestamp,
        CreatedAt = new DateTimeOffset(2024, 2, 29, 12, 0, 0, TimeSpan.Zero),
    };
}
