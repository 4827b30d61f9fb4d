using System.Text;
using LoginEtl.Decoding;
using LoginEtl.Records;
using Xunit;

namespace LoginEtl.Unit.Core.Decoding;

public sealed class EnvelopeTests
{
    private static readonly DecodeOptions AsTheyAre = new() { Envelope = Envelope.None };

    public static TheoryData<string> Enveloped =>
    [
        Envelopes.Sns(Deliveries.Body),
        Envelopes.Event(Deliveries.Body),
        Envelopes.Quoted(Deliveries.Body),
        Envelopes.Sns(Envelopes.Event(Deliveries.Body)),
        Envelopes.Event(Envelopes.Sns(Deliveries.Body)),
        Envelopes.Sns(Envelopes.Quoted(Deliveries.Body)),
        Envelopes.Quoted(Envelopes.Quoted(Deliveries.Body)),
        "\uFEFF \n" + Envelopes.Sns("\uFEFF " + Deliveries.Body + "\n") + "\n",
        Envelopes.Quoted("\uFEFF" + Deliveries.Body),
    ];

    [Theory]
    [MemberData(nameof(Enveloped))]
    public void Login_is_taken_out_of_its_envelope(string body)
    {
        var login = Assert.IsType<LoginMessage>(Deliveries.Decode(body));
        Assert.Equal(("424cdd21-063a-43a7-b91b-7ca1a833afae", "2.3.0", "android", "RU"), (login.UserId, login.AppVersion, login.DeviceType, login.Locale));
        Assert.Equal(("199.172.111.135", "593-47-5928"), (login.Ip!.Reveal(), login.DeviceId!.Reveal()));
    }

    [Theory]
    [MemberData(nameof(Enveloped))]
    public void With_None_bodies_are_taken_as_they_are(string body) =>
        Assert.IsType<RejectedLogin>(LoginDecoder.Decode(Deliveries.New(), Encoding.UTF8.GetBytes(body), AsTheyAre));

    [Fact]
    public void Envelope_of_the_shared_case_is_a_login()
    {
        const string Case = """{"Type":"Notification","MessageId":"11111111-2222-3333-4444-555555555555","TopicArn":"arn:aws:sns:eu-west-1:123456789012:t","Message":"{\"user_id\":\"u\",\"app_version\":\"2.3.0\",\"ip\":\"203.0.113.7\",\"device_id\":\"000-11-2222\"}","Timestamp":"2026-01-02T03:04:05.678Z"}""";
        Assert.Equal("203.0.113.7", Assert.IsType<LoginMessage>(Deliveries.Decode(Case)).Ip!.Reveal());
    }

    [Fact]
    public void Three_layers_are_one_too_many() => Assert.Equal(
        new Rejection(RejectReason.MissingField, "user_id"), Deliveries.Reject(Envelopes.Event(Envelopes.Sns(Envelopes.Event(Deliveries.Body)))));

    [Theory]
    [InlineData("hello", RejectReason.InvalidJson, null)]
    [InlineData("", RejectReason.EmptyBody, null)]
    [InlineData("[]", RejectReason.NotAnObject, null)]
    [InlineData("eyJ1c2VyX2lkIjoidSJ9", RejectReason.InvalidJson, null)]
    [InlineData("{\"user_id\":\"u\"}", RejectReason.MissingField, "app_version")]
    [InlineData("{\"user_id\":\"u\",\"user_id\":\"v\"}", RejectReason.RepeatedField, "user_id")]
    [InlineData("{\"x\":1,\"x\":2}", RejectReason.RepeatedField, null)]
    [InlineData("{\"user_id\":1}", RejectReason.WrongType, "user_id")]
    [InlineData("{\"user_id\":\"\\u0000\"}", RejectReason.NulCharacter, "user_id")]
    [InlineData("{\"user_id\":\"\\ud800\"}", RejectReason.LoneSurrogate, "user_id")]
    [InlineData("{} {}", RejectReason.TrailingData, null)]
    public void Inside_an_envelope_the_decoder_is_as_strict(string inside, RejectReason reason, string? field) =>
        Assert.Equal(new Rejection(reason, field), Deliveries.Reject(Envelopes.Sns(inside)));

    [Fact]
    public void Inside_an_envelope_nesting_bombs_and_halves_of_pairs_are_rejected()
    {
        var deep = Deliveries.With($"\"x\":{new string('[', 70)}{new string(']', 70)}");
        Assert.Equal(RejectReason.NestedTooDeep, Deliveries.Reject(Envelopes.Sns(deep)).Reason);
        Assert.Equal(RejectReason.NestedTooDeep, Deliveries.Reject(Envelopes.Event(deep)).Reason);
        Assert.Equal(new Rejection(RejectReason.LoneSurrogate), Deliveries.Reject(Envelopes.Sns("AB").Replace("AB", "\\ud800", StringComparison.Ordinal)));
    }

    [Fact]
    public void As_deep_as_a_login_may_be_it_may_be_in_an_event()
    {
        var nested = Deliveries.With($"\"x\":{new string('[', 62)}{new string(']', 62)}");
        Assert.IsType<LoginMessage>(Deliveries.Decode(nested));
        Assert.IsType<LoginMessage>(Deliveries.Decode(Envelopes.Event(nested)));
        Assert.IsType<LoginMessage>(Deliveries.Decode(Envelopes.Sns(nested)));
    }

    [Fact]
    public void Envelopes_repeated_keys_are_rejected()
    {
        foreach (var body in new[] { Envelopes.Sns(Deliveries.Body), Envelopes.Event(Deliveries.Body) })
        {
            foreach (var key in new[] { "Message", "Type", "TopicArn", "MessageId", "detail", "id", "\\u0069d" }.Where(k => body.Contains($"\"{k}\"", StringComparison.Ordinal) || k[0] == '\\'))
            {
                var twice = body[..^1] + $",\"{key}\":\"{key}\"" + (key[0] == '\\' ? ",\"id\":1}" : "}");
                Assert.Equal(new Rejection(RejectReason.RepeatedField), Deliveries.Reject(twice));
            }
        }
    }

    [Theory]
    [InlineData("\"Type\":\"Notification\",\"TopicArn\":\"t\",\"Message\":\"{}\"")]
    [InlineData("\"detail-type\":\"d\",\"source\":\"s\",\"detail\":{\"user_id\":\"other\"}")]
    public void Login_that_looks_like_an_envelope_stays_a_login(string members)
    {
        Assert.Equal("424cdd21-063a-43a7-b91b-7ca1a833afae", Assert.IsType<LoginMessage>(Deliveries.Decode(Deliveries.With(members))).UserId);
        // Even when it is a bad one: what has one of a login's fields is judged as a login.
        Assert.Equal(new Rejection(RejectReason.MissingField, "user_id"), Deliveries.Reject($"{{\"locale\":\"RU\",{members}}}"));
    }

    [Theory]
    [InlineData("""{"Type":"SubscriptionConfirmation","TopicArn":"t","Message":"{}"}""")]
    [InlineData("""{"Type":"Notification","Message":"{}"}""")]
    [InlineData("""{"Type":"Notification","TopicArn":"t","Message":{}}""")]
    [InlineData("""{"Type":"Notification","TopicArn":"t"}""")]
    [InlineData("""{"Type":"\ud800","TopicArn":"t","Message":"{}"}""")]
    [InlineData("""{"type":"Notification","TopicArn":"t","Message":"{}"}""")]
    [InlineData("""{"detail-type":"d","source":"s","detail":"{}"}""")]
    [InlineData("""{"detail-type":"d","detail":{}}""")]
    [InlineData("""{"detail-type":["d"],"source":"s","detail":{}}""")]
    [InlineData("""{"Message":"{\"user_id\":\"u\"}"}""")]
    [InlineData("""{"Type":"Notification","TopicArn":"t","Message":"{}","detail-type":"d","source":"s","detail":{}}""")]
    public void What_is_almost_an_envelope_or_two_at_once_is_none(string body) =>
        Assert.Equal(new Rejection(RejectReason.MissingField, "user_id"), Deliveries.Reject(body));

    [Theory]
    [InlineData("\"text\"")]
    [InlineData("\"[{}]\"")]
    [InlineData("\"\"")]
    [InlineData("\"eyJ1c2VyX2lkIjoidSJ9\"")]
    [InlineData("\"\\ud800{}\"")]
    public void String_that_holds_no_object_is_no_object(string body) =>
        Assert.Equal(new Rejection(RejectReason.NotAnObject), Deliveries.Reject(body));

    [Fact]
    public void Enveloped_login_cut_off_anywhere_is_rejected_and_never_throws()
    {
        foreach (var text in new[] { Envelopes.Sns(Deliveries.Body), Envelopes.Event(Deliveries.Body), Envelopes.Quoted(Deliveries.Body) })
        {
            var body = Encoding.UTF8.GetBytes(text);
            for (var length = 1; length < body.Length; length++)
            {
                Assert.Equal(RejectReason.InvalidJson, Deliveries.Reject(body[..length]).Reason);
            }
        }
    }

    [Fact]
    public void Body_of_one_mebibyte_is_opened_too()
    {
        var rest = LoginDecoder.MaxBodyBytes - Envelopes.Event(Deliveries.Body).Length - 7;
        Assert.IsType<LoginMessage>(Deliveries.Decode(Envelopes.Event(Deliveries.With($"\"x\":\"{new string('a', rest)}\""))));
        Assert.Equal(RejectReason.BodyTooLarge, Deliveries.Reject(Envelopes.Event(Deliveries.With($"\"x\":\"{new string('a', rest + 1)}\""))).Reason);
    }
}
