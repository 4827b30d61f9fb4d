using LoginEtl.Tokens;
using Xunit;

namespace LoginEtl.Unit.Privacy;

/// <summary>What is a token by its looks, in memory as in SQL.</summary>
public sealed class TokenPrefixTests
{
    [Theory]
    [InlineData("siv1.AZZZZZz", "siv1.AZZZZZ")]
    [InlineData("siv1.AZ_-09AbC", "siv1.AZ_-09")]
    [InlineData("mac1.AZZZZZz", "mac1.AZZZZZ")]
    [InlineData("pfx1.0bad0001.19.214.210.244", "pfx1.0bad0001.")]
    [InlineData("pfx1.0bad0001.2001:db8::1", "pfx1.0bad0001.")]
    [InlineData("siv1.AZZZZZ", null)]
    [InlineData("siv1.BZZZZZz", null)]
    [InlineData("siv1.AZZZZZ z", null)]
    [InlineData("siv1.AZZZZZ.z", null)]
    [InlineData("siv1.AZZZZZ:z", null)]
    [InlineData("siv1.AZZZZZé", null)]
    [InlineData("SIV1.AZZZZZz", null)]
    [InlineData("siv1.203.0.113.77", null)]
    [InlineData("mac1.my-device", null)]
    [InlineData("pfx1.0bad0001.", null)]
    [InlineData("pfx1.0bad0001x1", null)]
    [InlineData("pfx1.10.10.10.5", null)]
    [InlineData("pfx1.203.0.113.77", null)]
    [InlineData("10.0.0.1", null)]
    [InlineData("", null)]
    [InlineData(null, null)]
    public void Prefix_is_that_of_a_token_and_of_nothing_that_only_begins_like_one(string? text, string? prefix) => Assert.Equal(prefix, TokenPrefix.Of(text));
}
