using LoginEtl.Sandbox.Servers;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Sandbox;

[Collection(RunsAlone.Name)]
public sealed class SandboxOptionsTests
{
    private const string Variable = "LOGINETL_OPTIONS_TEST_POSTGRES";

    [Theory]
    [InlineData(null, null)]
    [InlineData("", null)]
    [InlineData("16", 16)]
    public void Version_of_PostgreSQL_is_asked_for_by_a_variable(string? value, int? major)
    {
        using var variables = new EnvironmentVariables();
        variables[Variable] = value;
        Assert.Equal(major, SandboxOptions.FromEnvironment("LOGINETL_OPTIONS_TEST_").Postgres.Major);
    }

    [Theory]
    [InlineData("16.14")]
    [InlineData("newest")]
    [InlineData("-1")]
    public void What_is_no_version_is_refused_and_the_variable_named(string value)
    {
        using var variables = new EnvironmentVariables();
        variables[Variable] = value;
        var failure = Assert.Throws<SandboxException>(() => SandboxOptions.FromEnvironment("LOGINETL_OPTIONS_TEST_"));
        Assert.StartsWith(Variable, failure.Message, StringComparison.Ordinal);
    }
}
