using System.Diagnostics;
using LoginEtl.Subjects;
using Xunit;

namespace LoginEtl.Unit.Core;

/// <summary>Looking for a person's values in bodies that did not decode.</summary>
public sealed class BodySearchTests
{
    [Theory]
    [InlineData("ip", "10.0.0.7", "from 10.0.0.7.", true)]
    [InlineData("ip", "10.0.0.7", "{\"ip\":\"10.0.0.7\"", true)]
    [InlineData("ip", "10.0.0.7", "10.0.0.77", false)]
    [InlineData("ip", "10.0.0.7", "110.0.0.7", false)]
    [InlineData("ip", "10.0.0.7", "10.0.0.7.5", false)]
    [InlineData("ip", "10.0.0.7", "10.0.0.7:8080", true)]
    [InlineData("ip", "10.0.0.7", "::ffff:10.0.0.7", true)]
    [InlineData("ip", "2001:db8::1", "ip=2001:0DB8:0:0::1;", true)]
    [InlineData("ip", "2001:db8::1", "2001:db8::12", false)]
    [InlineData("device_id", "d-1", "{\\\"device_id\\\":\\\"d-1\\\"}", true)]
    [InlineData("device_id", "d-1", "d-1-2", false)]
    [InlineData("device_id", "d-1", "{\"device_id\":\"\\u0064-1\"", true)]
    [InlineData("device_id", "d-1", "\"{\\\"x\\\":\\\"{\\\\\\\"device_id\\\\\\\":\\\\\\\"d\\\\\\\\u002d1\\\\\\\"}\\\"}\"", true)]
    [InlineData("device_id", "\u00E9", "e\u0301 is it", true)]
    [InlineData("user_id", "ada", "user ada was here", true)]
    [InlineData("user_id", "ada", "adam", false)]
    [InlineData("user_id", "", "anything", false)]
    public void Value_is_found_by_itself_and_not_as_a_part(string attribute, string value, string body, bool isFound) =>
        Assert.Equal(isFound, BodySearch.Finds(body, attribute, [value]));

    [Fact]
    public void Largest_body_takes_time_by_its_length_and_not_by_the_square_of_it()
    {
        string[] bodies = [new('1', 1 << 20), string.Concat(Enumerable.Repeat("1.", 1 << 19)), string.Concat(Enumerable.Repeat("a:", 1 << 19)), new('\\', 1 << 20), string.Concat(Enumerable.Repeat("e\u0301", 1 << 18))];
        var started = Stopwatch.GetTimestamp();
        Assert.All(bodies, b => Assert.False(BodySearch.Finds(b, "ip", ["10.0.0.7", "2001:db8::1"])));
        Assert.InRange(Stopwatch.GetElapsedTime(started).TotalSeconds, 0, 60);
    }
}
