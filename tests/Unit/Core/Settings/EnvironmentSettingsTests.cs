using LoginEtl.Settings;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Core.Settings;

/// <summary>Variables as shells and orchestrators fill them.</summary>
[Collection(RunsAlone.Name)]
public sealed class EnvironmentSettingsTests : IDisposable
{
    private readonly EnvironmentVariables _environment = new();

    public void Dispose() => _environment.Dispose();

    [Theory]
    [InlineData("file:keys\n", "file:keys")]
    [InlineData("file:keys\r\n", "file:keys")]
    [InlineData(" file:keys ", " file:keys ")]
    public void Line_end_that_came_with_a_file_is_no_part_of_a_setting(string text, string expected)
    {
        _environment[EnvironmentSettings.KeysetVariable] = text;
        Assert.Equal(expected, EnvironmentSettings.Require(null, EnvironmentSettings.KeysetVariable, "-Keyset"));
    }

    [Fact]
    public void Line_end_of_database_settings_stays_because_it_may_be_a_passwords()
    {
        _environment[EnvironmentSettings.DatabaseVariable] = "Host=h;Password=p\n";
        Assert.Equal("Host=h;Password=p\n", EnvironmentSettings.Require(null, EnvironmentSettings.DatabaseVariable, "-Database"));
    }

    // The last part of each reads as a name, and is a part of a password.
    [Theory]
    [InlineData("https://sqs.us-east-1.amazonaws.com/123456789012/logins", "logins")]
    [InlineData("arn:aws:sqs:us-east-1:123456789012:logins.fifo", "logins.fifo")]
    [InlineData("logins", "logins")]
    [InlineData("Host=h;Password=canary/4711", "no queue")]
    [InlineData("Password:4711", "no queue")]
    [InlineData("postgresql://u:pass/4711", "no queue")]
    [InlineData("http://u:p@h/4711", "no queue")]
    [InlineData(" ", "no queue")]
    public void Receipt_names_the_queue_only_where_all_of_it_is_one(string given, string name) =>
        Assert.Equal(name, EnvironmentSettings.QueueName(given));
}
