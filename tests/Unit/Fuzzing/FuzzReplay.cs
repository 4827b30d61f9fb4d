using System.Globalization;
using Xunit;

namespace LoginEtl.Unit.Fuzzing;

/// <summary>Runs one input again, alone: under a debugger, or to see that it is mended.</summary>
public sealed class FuzzReplay(ITestOutputHelper output)
{
    /// <summary><c>TARGET:SEED:INPUT</c> as a failure names it, or <c>TARGET:BASE64</c>.</summary>
    public const string Variable = "LOGINETL_FUZZ_REPLAY";

    [Fact]
    public void Input_of_the_variable_is_read_or_refused_within_bounds()
    {
        var parts = Environment.GetEnvironmentVariable(Variable)?.Split(':');
        Assert.SkipWhen(parts is null, $"{Variable} names no input to run again.");
        Assert.True(parts.Length is 2 or 3, $"{Variable} is to be TARGET:SEED:INPUT or TARGET:BASE64.");
        using var target = FuzzTargets.Make(parts[0]);
        var outcome = parts.Length == 3
            ? new FuzzRun(target, FuzzCorpus.Of(parts[0]), ulong.Parse(parts[1], CultureInfo.InvariantCulture), new FuzzLimits())
                .Replay(long.Parse(parts[2], CultureInfo.InvariantCulture))
            : new FuzzRun(target, [Convert.FromBase64String(parts[1])], seed: 0, new FuzzLimits()).Replay(0);
        output.WriteLine($"{parts[0]}: {outcome}");
    }
}
