using LoginEtl.Tokens;
using Xunit;

namespace LoginEtl.Unit.Privacy.Tokens;

public sealed class PaddingTests
{
    [Theory]
    [InlineData(0, 16)]
    [InlineData(15, 16)]
    [InlineData(16, 32)]
    [InlineData(31, 32)]
    [InlineData(159, 160)]
    public void Padding_is_never_empty_and_fills_the_block(int length, int padded)
    {
        var buffer = Enumerable.Repeat((byte)0xEE, 192).ToArray();
        Assert.Equal(padded, Padding.PaddedLength(length));
        Assert.Equal(padded, Padding.Write(new string('a', length), buffer));
        Assert.Equal(length, Padding.UnpaddedLength(buffer.AsSpan(0, padded)));
        Assert.Equal(0xEE, buffer[padded]);
    }

    [Fact]
    public void Text_that_ends_in_zeros_or_looks_padded_keeps_its_length()
    {
        var buffer = new byte[48];
        foreach (var text in new[] { "a\0\0", "\0", "a\u0080", "" })
        {
            var padded = Padding.Write(text, buffer);
            Assert.Equal(System.Text.Encoding.UTF8.GetByteCount(text), Padding.UnpaddedLength(buffer.AsSpan(0, padded)));
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("00000000")]
    [InlineData("80000001")]
    [InlineData("61")]
    public void What_is_not_padded_is_seen(string hex) =>
        Assert.Equal(-1, Padding.UnpaddedLength(Convert.FromHexString(hex)));
}
