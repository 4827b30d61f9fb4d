using LoginEtl.Sandbox.Demo;
using Xunit;

namespace LoginEtl.Unit.Sandbox;

public sealed class DemoOptionsTests
{
    [Fact]
    public void No_options_is_one_run_over_a_hundred_messages() =>
        Assert.Equal(new DemoOptions { Count = 100 }, DemoOptions.Parse([]));

    [Fact]
    public void Options_combine() => Assert.Equal(
        new DemoOptions { Count = 7, Replay = true, Keep = true, InWorker = true },
        DemoOptions.Parse(["--replay", "--count", "7", "--host=worker", "--keep"]));

    [Theory]
    [InlineData("--bogus", "--bogus")]
    [InlineData("--count", "--count")]
    [InlineData("--count 0", "'0'")]
    [InlineData("--count -5", "'-5'")]
    [InlineData("--count=many", "'many'")]
    [InlineData("--host bash", "'bash'")]
    [InlineData("100", "'100'")]
    public void Wrong_option_is_named(string commandLine, string named)
    {
        var wrong = Assert.Throws<FormatException>(() => DemoOptions.Parse(commandLine.Split(' ')));
        Assert.Contains(named, wrong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Help_names_every_option()
    {
        foreach (string option in new[] { "--count", "--replay", "--host", "--keep", "--servers", "--samples", "--help" })
            Assert.Contains($"  {option} ", DemoOptions.Help, StringComparison.Ordinal);
    }
}
