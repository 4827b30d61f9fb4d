using System.Text;
using LoginEtl.Decoding;
using LoginEtl.Protecting;
using LoginEtl.Records;
using LoginEtl.Run;
using LoginEtl.Tokens;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Core.Decoding;

/// <summary>What makes two messages of a queue the same one, from the body to the key in the ledger.</summary>
public sealed class IdentityFromTests : IDisposable
{
    private readonly TestKeys _keys = new();
    private readonly Protector _protector;

    public IdentityFromTests() => _protector = _keys.Protector();

    public void Dispose()
    {
        _protector.Dispose();
        _keys.Dispose();
    }

    public static TheoryData<string, string> Copies => new()
    {
        { Envelopes.Sns(Deliveries.Body), Envelopes.Sns(Deliveries.Body).Replace("c2ln", "b3RoZXI=", StringComparison.Ordinal) },
        { Envelopes.Event(Deliveries.Body), Envelopes.Event(Deliveries.Body).Replace("\"resources\":[]", "\"replay-name\":\"r\"", StringComparison.Ordinal) },
        // EventBridge delivers twice to its topic: two notifications of one event.
        { Envelopes.Sns(Envelopes.Event(Deliveries.Body)), Envelopes.Sns(Envelopes.Event(Deliveries.Body), id: "other", time: "2026-01-02T03:05:00.000Z") },
        { Envelopes.Sns(Envelopes.Quoted(Deliveries.Body)), Envelopes.Sns(Envelopes.Quoted(Deliveries.Body)) },
        // Bad ones too: one entry of the quarantine.
        { Envelopes.Sns("{}"), Envelopes.Sns("{}") },
    };

    [Theory]
    [MemberData(nameof(Copies))]
    public void Two_messages_of_one_envelope_have_one_key_whenever_they_were_sent(string first, string second)
    {
        Assert.Equal(Key(first), Key(second, sent: Deliveries.Sent.AddDays(3)));
        Assert.NotEqual(Key(first, "MessageId"), Key(second, "MessageId"));
    }

    [Fact]
    public void Envelopes_that_differ_in_id_issuer_kind_or_content_are_different_messages()
    {
        var other = Deliveries.Body.Replace("RU", "DE", StringComparison.Ordinal);
        Assert.Distinct(
        [
            Key(Envelopes.Sns(Deliveries.Body)), Key(Envelopes.Sns(Deliveries.Body, id: "x")),
            Key(Envelopes.Sns(Deliveries.Body).Replace(":t\"", ":u\"", StringComparison.Ordinal)),
            // One id on two logins, as a template makes them.
            Key(Envelopes.Sns(other)),
            Key(Envelopes.Event(Deliveries.Body)), Key(Envelopes.Event(Deliveries.Body).Replace("app.logins", "app", StringComparison.Ordinal)), Key(Envelopes.Event(other)),
        ]);
    }

    [Fact]
    public void Envelopes_key_begins_with_its_own_time_and_is_of_version_8()
    {
        var key = Key(Envelopes.Sns(Deliveries.Body));
        Assert.Equal(8, key.Version);
        Assert.Equal(DateTimeOffset.Parse(Envelopes.Time, null).ToUnixTimeMilliseconds(), Convert.ToInt64($"{key:N}"[..12], 16));
    }

    [Theory]
    [InlineData("yesterday")]
    [InlineData("1969-12-31T23:59:59Z")]
    [InlineData("")]
    [InlineData("2026-13-01T00:00:00Z")]
    public void Time_that_is_none_leaves_the_id_alone(string time)
    {
        var key = Key(Envelopes.Sns(Deliveries.Body, time: time));
        Assert.Equal((8, key), (key.Version, Key(Envelopes.Sns(Deliveries.Body, time: time), sent: Deliveries.Sent.AddHours(1))));
    }

    [Fact]
    public void Time_without_a_zone_is_UTC_on_every_machine() =>
        Assert.Equal(Key(Envelopes.Sns(Deliveries.Body, time: "2026-01-02T03:04:05Z")), Key(Envelopes.Sns(Deliveries.Body, time: "2026-01-02T03:04:05")));

    [Fact]
    public void Without_an_envelope_or_with_an_envelope_without_an_id_it_is_the_queues_message()
    {
        foreach (var body in new[] { Deliveries.Body, Envelopes.Quoted(Deliveries.Body), Envelopes.Sns(Deliveries.Body, id: "") })
        {
            Assert.Equal(LedgerKey.Of(Deliveries.New("m")), Key(body, id: "m"));
        }
    }

    [Fact]
    public void Without_the_key_an_identity_cannot_be_computed()
    {
        using var others = new TestKeys();
        using var protector = others.Protector();
        Assert.NotEqual(Key(Envelopes.Sns(Deliveries.Body)), Key(Envelopes.Sns(Deliveries.Body), protector: protector));
    }

    [Fact]
    public void Field_says_it_also_inside_an_envelope_and_a_number_is_no_text()
    {
        var body = Deliveries.With("\"event_id\":\"7\"");
        Assert.Equal(Key(body, "Field:event_id"), Key(Envelopes.Sns(Deliveries.With("\"event_id\":\"7\",\"more\":1")), "Field:event_id"));
        Assert.Distinct(
        [
            Key(body, "Field:event_id"), Key(Deliveries.With("\"event_id\":7"), "Field:event_id"), Key(Deliveries.With("\"event_id\":\"8\""), "Field:event_id"),
            Key(Deliveries.With("\"other_id\":\"7\""), "Field:other_id"),
        ]);
    }

    [Theory]
    [InlineData("\"x\":1")]
    [InlineData("\"event_id\":null")]
    [InlineData("\"event_id\":\"\"")]
    [InlineData("\"event_id\":{}")]
    [InlineData("\"event_id\":true")]
    [InlineData("\"event_id\":\"\\ud800\"")]
    [InlineData("\"deep\":{\"event_id\":\"7\"}")]
    public void Message_without_the_field_is_what_it_is_by_itself(string members)
    {
        Assert.Equal(LedgerKey.Of(Deliveries.New("m")), Key(Deliveries.With(members), "Field:event_id", id: "m"));
        Assert.Equal(Key(Envelopes.Sns(Deliveries.With(members))), Key(Envelopes.Sns(Deliveries.With(members)), "Field:event_id"));
    }

    [Fact]
    public void Attribute_says_it_and_a_message_without_it_is_what_it_is_by_itself()
    {
        Assert.Equal(Key(Deliveries.Body, "Attribute:a", attribute: "7"), Key(Envelopes.Sns(Deliveries.Body), "Attribute:a", attribute: "7"));
        Assert.NotEqual(Key(Deliveries.Body, "Attribute:a", attribute: "7"), Key(Deliveries.Body, "Attribute:a", attribute: "8"));
        Assert.Equal(LedgerKey.Of(Deliveries.New("m")), Key(Deliveries.Body, "Attribute:a", id: "m"));
        Assert.Equal(LedgerKey.Of(Deliveries.New("m")), Key(Deliveries.Body, "Attribute:a", id: "m", attribute: ""));
    }

    [Fact]
    public void What_is_no_login_is_not_the_same_as_the_mended_one_with_its_attribute_or_field()
    {
        var bad = Deliveries.Replace("user_id", "null")[..^1] + ",\"event_id\":\"7\"}";
        Assert.Equal(LedgerKey.Of(Deliveries.New("m")), Key(bad, "Field:event_id", id: "m"));
        Assert.Equal(LedgerKey.Of(Deliveries.New("m")), Key(bad, "Attribute:a", id: "m", attribute: "7"));
    }

    [Fact]
    public void Identity_that_is_not_under_the_key_has_no_place_in_the_ledger()
    {
        var delivery = Deliveries.New();
        LoginDecoder.Decode(delivery, Encoding.UTF8.GetBytes(Envelopes.Sns(Deliveries.Body)));
        Assert.Throws<InvalidOperationException>(() => LedgerKey.Of(delivery));
    }

    [Theory]
    [InlineData("MessageId", "MessageId")]
    [InlineData("envelope", "Envelope")]
    [InlineData("attribute:login.Id-1_", "Attribute:login.Id-1_")]
    [InlineData("FIELD:a:b", "Field:a:b")]
    public void Setting_reads(string text, string expected) => Assert.Equal(expected, From(text).ToString());

    [Theory]
    [InlineData("")]
    [InlineData("0")]
    [InlineData("Attribute")]
    [InlineData("Attribute:")]
    [InlineData("Attribute:a b")]
    [InlineData("Attribute:.*")]
    [InlineData("Field:")]
    [InlineData("Field")]
    [InlineData("MessageId:x")]
    [InlineData("Body")]
    public void Setting_that_is_none_is_refused(string text) => Assert.False(IdentityFrom.TryParse(text, out _));

    private static IdentityFrom From(string text) => IdentityFrom.TryParse(text, out var from) ? from : throw new FormatException();

    private Guid Key(string body, string from = "Envelope", string? id = null, DateTimeOffset? sent = null, string? attribute = null, Protector? protector = null)
    {
        var delivery = new QueueDelivery(new MessageId(id ?? $"{Guid.NewGuid()}"), "h", sent ?? Deliveries.Sent, 1, Deliveries.Sent);
        var login = LoginDecoder.Decode(
            delivery, Encoding.UTF8.GetBytes(body), new DecodeOptions { Identity = From(from) }, attribute is null ? null : new Plaintext(attribute));
        var record = (protector ?? _protector).Protect(login);
        // What is shown and logged stays the queue's id.
        Assert.Equal(delivery.Id!.Value.Value, record.MessageId);
        return LedgerKey.Of(record.GetDelivery());
    }
}
