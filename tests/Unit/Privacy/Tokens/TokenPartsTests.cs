using LoginEtl.Tokens;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Privacy.Tokens;

public sealed class TokenPartsTests
{
    private static readonly string Siv = (string)Vectors.KnownTokens["siv"]![0]!["token"]!;
    private static readonly string Mac = (string)Vectors.KnownTokens["mac"]![0]!["token"]!;
    private const string Pfx4 = "pfx1.0bad0001.19.214.210.244";
    private const string Pfx6 = "pfx1.0bad0001.7cec:702c:1243:f70:1956:125:b9bd:1aba";

    [Fact]
    public void Every_kind_is_known_by_its_prefix_and_names_its_key()
    {
        Assert.True(TokenParts.TryParse(Siv, out var siv));
        Assert.Equal((TokenKind.Siv, 439041101u), (siv.Kind, siv.KeyId));
        Assert.True(TokenParts.TryParse(Mac, out var mac));
        Assert.Equal((TokenKind.Mac, 195948557u, 32), (mac.Kind, mac.KeyId, mac.Body.Length));
        foreach (var (text, length) in new[] { (Pfx4, 4), (Pfx6, 16) })
        {
            Assert.True(TokenParts.TryParse(text, out var pfx));
            Assert.Equal((TokenKind.Pfx, 0x0bad0001u, length), (pfx.Kind, pfx.KeyId, pfx.Body.Length));
        }
    }

    [Fact]
    public void Prefix_of_a_token_is_that_of_its_key()
    {
        foreach (var text in new[] { Siv, Mac, Pfx4, Pfx6 })
        {
            Assert.True(TokenParts.TryParse(text, out var parts));
            Assert.Equal(TokenPrefix.Of(text), TokenPrefix.Of(parts.Kind, parts.KeyId));
            Assert.StartsWith(TokenPrefix.Of(text)!, text, StringComparison.Ordinal);
        }

        Assert.Null(TokenPrefix.Of("203.0.113.7"));
        Assert.Null(TokenPrefix.Of(null));
    }

    [Theory]
    [InlineData("")]
    [InlineData("203.113.197.245")]
    [InlineData("pfx1.")]
    [InlineData("pfx1.0bad0001.")]
    [InlineData("pfx1.0bad0001")]
    [InlineData("pfx1.0BAD0001.1.2.3.4")]
    [InlineData("pfx1.bad0001.1.2.3.4")]
    [InlineData("pfx1.+bad0001.1.2.3.4")]
    [InlineData("pfx1.0bad0001.01.2.3.4")]
    [InlineData("pfx1.0bad0001.1.2.3")]
    [InlineData("pfx1.0bad0001.device")]
    [InlineData("pfx1.0bad0001.2001:DB8::1")]
    [InlineData("pfx1.0bad0001.fe80::1%1")]
    [InlineData("pfx1.0bad0001.1.2.3.4 ")]
    [InlineData("mac2.AQut8A3H7vxK1RExaD2XqmlrjLeoa9IqgwVR4pPW25GFbbFYpw")]
    [InlineData("mac1.AQut8A3H7vxK1RExaD2XqmlrjLeoa9IqgwVR4pPW25GFbbFYp")]
    [InlineData("mac1.AQut8A3H7vxK1RExaD2XqmlrjLeoa9IqgwVR4pPW25GFbbFYpwA")]
    [InlineData("mac1.AQut8A3H7vxK1RExaD2XqmlrjLeoa9IqgwVR4pPW25GFbbFYpx")]
    [InlineData("mac1.AAut8A3H7vxK1RExaD2XqmlrjLeoa9IqgwVR4pPW25GFbbFYpw")]
    public void What_is_not_a_whole_token_is_none(string text)
    {
        Assert.False(TokenParts.TryParse(text, out _));
        Assert.Null(TokenParts.Read(text));
    }

    [Fact]
    public void Token_cut_anywhere_is_none()
    {
        foreach (var text in new[] { Siv, Mac })
        {
            for (var length = 0; length < text.Length; length++)
            {
                Assert.False(TokenParts.TryParse(text[..length], out _));
            }
        }
    }
}
