using LoginEtl.Settings;
using Xunit;

namespace LoginEtl.Unit.Core.Settings;

public class DurationTextTests
{
    [Theory]
    [InlineData("90", 90)]
    [InlineData("0.2", 0.2)]
    [InlineData("500ms", 0.5)]
    [InlineData("90s", 90)]
    [InlineData("5m", 300)]
    [InlineData("1.5h", 5400)]
    [InlineData("16D", 1382400)]
    [InlineData("00:01:30", 90)]
    [InlineData("1.00:00:00", 86400)]
    [InlineData("-5m", -300)]
    public void Reads_what_people_write(string text, double seconds)
    {
        Assert.True(DurationText.TryParse(text, out var duration));
        Assert.Equal(TimeSpan.FromSeconds(seconds), duration);
    }

    [Theory]
    [InlineData("")]
    [InlineData("m")]
    [InlineData("soon")]
    [InlineData("5 minutes")]
    [InlineData("5m30")]
    [InlineData("00:01:30s")]
    [InlineData("NaN")]
    [InlineData("1e300")]
    [InlineData("Infinityd")]
    public void Refuses_what_is_none(string text) => Assert.False(DurationText.TryParse(text, out _));
}
