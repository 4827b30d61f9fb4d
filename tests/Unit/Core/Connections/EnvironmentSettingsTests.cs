using LoginEtl.Connections;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Core.Connections;

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
    public void A_line_end_that_came_with_a_file_is_no_part_of_a_setting(string text, string expected)
    {
        _environment[EnvironmentSettings.KeysetVariable] = text;
        Assert.Equal(expected, EnvironmentSettings.Require(null, EnvironmentSettings.KeysetVariable, "-Keyset"));
    }

    [Fact]
    public void A_line_end_of_database_settings_stays_because_it_may_be_a_passwords()
    {
        _environment[EnvironmentSettings.DatabaseVariable] = "Host=h;Password=p\n";
        Assert.Equal("Host=h;Password=p\n", EnvironmentSettings.Require(null, EnvironmentSettings.DatabaseVariable, "-Database"));
    }
}
