using System.Text;
using LoginEtl.Decoding;
using LoginEtl.Records;
using Xunit;

namespace LoginEtl.Unit.Core.Decoding;

public sealed class LoginDecoderTests
{
    [Fact]
    public void Login_decodes_with_its_case_and_spelling_kept()
    {
        var login = Assert.IsType<LoginMessage>(Deliveries.Decode(Deliveries.Body));

        Assert.Equal("424cdd21-063a-43a7-b91b-7ca1a833afae", login.UserId);
        Assert.Equal(("2.3.0", "android", "RU"), (login.AppVersion, login.DeviceType, login.Locale));
        Assert.Equal(("199.172.111.135", "593-47-5928"), (login.Ip!.Reveal(), login.DeviceId!.Reveal()));
        Assert.Equal(Deliveries.Sent, login.SentTimestamp);
    }

    [Theory]
    [InlineData("", RejectReason.EmptyBody)]
    [InlineData(" \t\r\n ", RejectReason.EmptyBody)]
    [InlineData("hello", RejectReason.InvalidJson)]
    [InlineData("{", RejectReason.InvalidJson)]
    [InlineData("{\"ip\"", RejectReason.InvalidJson)]
    [InlineData("{'ip':'1'}", RejectReason.InvalidJson)]
    [InlineData("\u00A0{}", RejectReason.InvalidJson)]
    [InlineData("{\"a\":\"\t\"}", RejectReason.InvalidJson)]
    [InlineData("{\"a\":\"\\x\"}", RejectReason.InvalidJson)]
    [InlineData("{\"a\":01}", RejectReason.InvalidJson)]
    [InlineData("{\"a\":NaN}", RejectReason.InvalidJson)]
    [InlineData("{/* c */}", RejectReason.InvalidJson)]
    [InlineData("// c\n{}", RejectReason.InvalidJson)]
    [InlineData("{\"a\":1,}", RejectReason.InvalidJson)]
    [InlineData("{,}", RejectReason.InvalidJson)]
    [InlineData("[1", RejectReason.InvalidJson)]
    [InlineData("nul", RejectReason.InvalidJson)]
    [InlineData("nulll", RejectReason.TrailingData)]
    [InlineData("42 is no login", RejectReason.TrailingData)]
    [InlineData("[] []", RejectReason.TrailingData)]
    [InlineData("null", RejectReason.NotAnObject)]
    [InlineData("true", RejectReason.NotAnObject)]
    [InlineData("[]", RejectReason.NotAnObject)]
    [InlineData("[{}]", RejectReason.NotAnObject)]
    [InlineData("42", RejectReason.NotAnObject)]
    [InlineData(" -4.2e10 ", RejectReason.NotAnObject)]
    [InlineData("\"text\"", RejectReason.NotAnObject)]
    public void What_is_no_object_is_rejected_as_a_whole(string body, RejectReason reason) =>
        Assert.Equal(new Rejection(reason), Deliveries.Reject(body));

    [Theory]
    [InlineData("x")]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("}")]
    [InlineData(" \n,")]
    [InlineData("\0")]
    [InlineData("// c")]
    public void Nothing_may_follow_the_object(string trailing) =>
        Assert.Equal(new Rejection(RejectReason.TrailingData), Deliveries.Reject(Deliveries.Body + trailing));

    [Fact]
    public void White_space_may_stand_around_the_object() =>
        Assert.IsType<LoginMessage>(Deliveries.Decode($"\r\n\t {Deliveries.Body} \r\n"));

    [Fact]
    public void One_byte_order_mark_may_stand_before_it_and_nowhere_else()
    {
        Assert.IsType<LoginMessage>(Deliveries.Decode("\uFEFF" + Deliveries.Body));
        Assert.Equal(new Rejection(RejectReason.InvalidJson), Deliveries.Reject("\uFEFF\uFEFF" + Deliveries.Body));
        Assert.Equal(new Rejection(RejectReason.InvalidJson), Deliveries.Reject(" \uFEFF" + Deliveries.Body));
        Assert.Equal(new Rejection(RejectReason.TrailingData), Deliveries.Reject(Deliveries.Body + "\uFEFF"));
        Assert.Equal(new Rejection(RejectReason.EmptyBody), Deliveries.Reject("\uFEFF"));
    }

    [Theory]
    [InlineData("FF")]
    [InlineData("C080")]
    [InlineData("EDA080")]
    [InlineData("F4908080")]
    [InlineData("C3")]
    public void Invalid_UTF8_is_rejected_even_in_what_is_ignored(string hex)
    {
        byte[] body = [.. "{\"x\":\""u8, .. Convert.FromHexString(hex), .. "\"}"u8];
        Assert.Equal(new Rejection(RejectReason.InvalidUtf8), Deliveries.Reject(body));
    }

    [Fact]
    public void Body_of_one_mebibyte_decodes_and_one_byte_more_does_not()
    {
        var body = Deliveries.With($"\"x\":\"{new string('a', LoginDecoder.MaxBodyBytes - Deliveries.Body.Length - 7)}\"");
        Assert.Equal(1024 * 1024, Encoding.UTF8.GetByteCount(body));

        Assert.IsType<LoginMessage>(Deliveries.Decode(body));
        Assert.Equal(new Rejection(RejectReason.BodyTooLarge), Deliveries.Reject(body + " "));
    }

    [Fact]
    public void Login_cut_off_anywhere_is_rejected_and_never_throws()
    {
        var body = Encoding.UTF8.GetBytes(Deliveries.With("\"\\u0078\":[{\"é😀\":[1.5e3,null,true]},\"\\ud83d\\ude00\"]"));
        Assert.IsType<LoginMessage>(Deliveries.Decode(body));

        for (var length = 0; length < body.Length; length++)
        {
            var expected = length == 0 ? RejectReason.EmptyBody : RejectReason.InvalidJson;
            var reason = Deliveries.Reject(body[..length]).Reason;
            Assert.True(reason == expected || reason == RejectReason.InvalidUtf8, $"{length} bytes: {reason}");
        }
    }

    [Fact]
    public void Ninety_thousand_unknown_members_are_ignored()
    {
        var members = string.Join(',', Enumerable.Range(0, 90_000).Select(i => $"\"{i:x}\":0"));
        Assert.IsType<LoginMessage>(Deliveries.Decode(Deliveries.With(members)));
    }
}
