using LoginEtl.Tokens;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Privacy.Tokens;

public sealed class SivTokenTests
{
    private static readonly string Known = (string)Vectors.KnownTokens["siv"]![0]!["token"]!;

    [Fact]
    public void Token_names_its_key_and_comes_back_as_itself()
    {
        Assert.True(SivToken.TryParse(Known, out var keyId, out var siv));
        Assert.Equal(439041101u, keyId);
        Assert.Equal(Known, SivToken.Create(keyId, siv.AsSpan(0, 16), siv.AsSpan(16)).Text);
    }

    [Theory]
    [InlineData("")]
    [InlineData("siv1.")]
    [InlineData("siv1.!!!!")]
    [InlineData("siv1.é")]
    [InlineData("siv1.AQ")]
    [InlineData("siv1.ARorPE2fCDBK")]
    [InlineData("hello")]
    public void What_is_no_token_is_not_parsed_and_does_not_throw(string text) =>
        Assert.False(SivToken.TryParse(text, out _, out _));

    [Fact]
    public void Value_has_one_spelling_of_its_token_only()
    {
        foreach (var other in new[]
        {
            Known + "=", Known + "==", Known + "%", Known + " ", " " + Known, Known[..20] + "\n" + Known[20..], Known.ToUpperInvariant(),
            "siv2" + Known[4..], "siv1." + "A" + Known[5..], Known[..^1], Known + "A", new string('A', 10_000), Known.Replace('_', '/').Replace('-', '+'),
        }.Where(t => t != Known))
        {
            Assert.False(SivToken.TryParse(other, out _, out _), other);
        }
    }

    [Fact]
    public void No_other_last_character_gives_the_same_bytes()
    {
        foreach (var last in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
        {
            Assert.True(SivToken.TryParse(Known, out _, out var expected));
            var parsed = SivToken.TryParse(Known[..^1] + last, out _, out var siv);
            Assert.Equal(last == Known[^1], parsed && siv.AsSpan().SequenceEqual(expected));
        }
    }
}
