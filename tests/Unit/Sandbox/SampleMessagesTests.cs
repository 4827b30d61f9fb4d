using System.Text.Json.Nodes;
using LoginEtl.Sandbox;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Sandbox;

public sealed class SampleMessagesTests
{
    [Fact]
    public void File_holds_the_first_hundred() =>
        Assert.Equal(
        File.ReadAllLines(Repository.PathOf("sandbox/samples/login-messages.ndjson")), SampleMessages.Create(100));

    [Fact]
    public void Hundred_have_what_the_pipeline_must_cope_with()
    {
        IReadOnlyList<string> bodies = SampleMessages.Create(100);
        JsonObject[] logins = [.. bodies.Select(body => JsonNode.Parse(body)!.AsObject())
            .Where(message => message.ContainsKey("user_id"))];

        Assert.Equal(new SampleTally(Logins: 99, Wrong: 1, SharedIps: 6, SharedDevices: 5), SampleTally.Of(bodies));
        Assert.Equal(31, logins.Count(login => login["locale"] is null));
        Assert.Equal(55, logins.Count(login => Parts(login) == 2));
        Assert.Equal(44, logins.Count(login => Parts(login) == 3));
        Assert.Equal(4, logins.Count(login => login["ip"]!.GetValue<string>().Contains(':', StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(57, 0)]
    [InlineData(58, 1)]
    [InlineData(1000, 10)]
    public void One_in_every_hundred_is_of_another_type(int count, int wrong)
    {
        SampleTally tally = SampleTally.Of(SampleMessages.Create(count));
        Assert.Equal((count - wrong, wrong), (tally.Logins, tally.Wrong));
    }

    [Fact]
    public void Longer_list_begins_with_the_shorter() =>
        Assert.Equal(SampleMessages.Create(150), SampleMessages.Create(300).Take(150));

    private static int Parts(JsonObject login) => login["app_version"]!.GetValue<string>().Split('.').Length;
}
