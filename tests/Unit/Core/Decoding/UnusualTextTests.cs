using LoginEtl.Records;
using Xunit;

namespace LoginEtl.Unit.Core.Decoding;

public sealed class UnusualTextTests
{
    public static TheoryData<string> Fields => LoginFieldRulesTests.Fields;

    [Theory]
    [MemberData(nameof(Fields))]
    public void NUL_in_a_field_is_rejected(string field) =>
        Assert.Equal(
            new Rejection(RejectReason.NulCharacter, field), Deliveries.Reject(Deliveries.Replace(field, "\"a\\u0000b\"")));

    [Theory]
    [MemberData(nameof(Fields))]
    public void Half_of_a_surrogate_pair_in_a_field_is_rejected(string field)
    {
        foreach (var half in new[] { "\\ud83d", "\\ude00", "\\ud83d\\ud83d", "a\\uD83Db", "\\ude00\\ud83d" })
        {
            Assert.Equal(
                new Rejection(RejectReason.LoneSurrogate, field),
                Deliveries.Reject(Deliveries.Replace(field, $"\"{half}\"")));
        }
    }

    [Theory]
    [InlineData("\\ud800")]
    [InlineData("\\udc00x")]
    [InlineData("ip\\ud800")]
    [InlineData("user_id\\ud800")]
    [InlineData("device_\\ud800")]
    [InlineData("a rather long name that no field has \\ud800")]
    public void Half_of_a_surrogate_pair_in_a_key_is_rejected_without_the_key(string key) =>
        Assert.Equal(new Rejection(RejectReason.LoneSurrogate), Deliveries.Reject(Deliveries.With($"\"{key}\":\"v\"")));

    [Fact]
    public void Emoji_and_other_scripts_are_kept()
    {
        var login = Assert.IsType<LoginMessage>(Deliveries.Decode(Deliveries.Replace("user_id", "\"😀 \\ud83d\\ude00 é 日本 \\uFEFF\"")));
        Assert.Equal("😀 😀 é 日本 \uFEFF", login.UserId);
    }

    [Theory]
    [InlineData('[', "")]
    [InlineData('{', "\"a\":")]
    public void Mebibyte_of_nesting_is_rejected_as_that(char open, string between)
    {
        var bomb = string.Concat(Enumerable.Repeat(open + between, 1024 * 1024 / (1 + between.Length) + 1));
        Assert.Equal(new Rejection(RejectReason.NestedTooDeep), Deliveries.Reject(bomb[..(1024 * 1024)]));
        Assert.Equal(new Rejection(RejectReason.NestedTooDeep), Deliveries.Reject($"{{\"x\":{bomb[..1_000_000]}"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("1")]
    public void Sixty_four_levels_are_deep_enough(string innermost)
    {
        string Nested(int levels) => Deliveries.With(
            $"\"x\":{new string('[', levels - 1)}{innermost}{new string(']', levels - 1)}");

        Assert.IsType<LoginMessage>(Deliveries.Decode(Nested(64)));
        Assert.Equal(new Rejection(RejectReason.NestedTooDeep), Deliveries.Reject(Nested(65)));
    }

    [Theory]
    [InlineData("ip")]
    [InlineData("user_id")]
    public void Nesting_in_a_known_field_is_of_the_wrong_type_before_it_is_too_deep(string field) =>
        Assert.Equal(
            new Rejection(RejectReason.WrongType, field), Deliveries.Reject(Deliveries.Replace(field, new string('[', 100_000))));
}
