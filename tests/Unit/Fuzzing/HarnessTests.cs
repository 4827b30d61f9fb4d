using System.Text;
using Xunit;

namespace LoginEtl.Unit.Fuzzing;

/// <summary>The fuzzer finds what it is for: otherwise a clean run says nothing.</summary>
public sealed class HarnessTests
{
    private const ulong Seed = 7;
    private static readonly byte[][] Corpus = [Encoding.ASCII.GetBytes("hay and straw 12"), Encoding.ASCII.GetBytes("")];
    private static readonly FuzzLimits Limits = new() { Slow = TimeSpan.FromMilliseconds(200), Hang = TimeSpan.FromSeconds(3) };

    [Fact]
    public void Exception_is_found_and_its_input_can_be_made_again()
    {
        using var target = new StubTarget(input => HasNeedle(input) ? throw new InvalidOperationException("broken") : "found");
        var found = Assert.Throws<Finding>(() => new FuzzRun(target, Corpus, Seed, Limits).Run(20_000));

        Assert.Contains("broken", found.Message, StringComparison.Ordinal);
        var index = long.Parse(found.Message.Split("stub:7:")[1].Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture);
        var input = new Mutations(target, Corpus, Seed).Input(index).ToArray();
        Assert.True(HasNeedle(input));
        Assert.Contains($"As base64: {Convert.ToBase64String(input)}", found.Message, StringComparison.Ordinal);
        Assert.Contains("broken", Assert.Throws<Finding>(() => new FuzzRun(target, Corpus, Seed, Limits).Replay(index)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Broken_promise_is_found()
    {
        using var target = new StubTarget(input =>
        {
            Finding.Unless(!HasNeedle(input), "there is a needle");
            return "found";
        });
        AssertFound(target, "there is a needle");
    }

    [Fact]
    public void Input_that_never_ends_is_found()
    {
        using var end = new ManualResetEventSlim();
        using var target = new StubTarget(input =>
        {
            if (HasNeedle(input))
            {
                end.Wait(TestContext.Current.CancellationToken);
            }

            return "found";
        });
        AssertFound(target, "is not through after 3 s");
        end.Set();
    }

    [Fact]
    public void Input_that_takes_long_every_time_is_found_and_one_that_does_once_is_not()
    {
        using var slow = new StubTarget(input => Slowly(HasNeedle(input)));
        AssertFound(slow, "and may 200");

        var calls = 0;
        using var once = new StubTarget(_ => Slowly(calls++ == 5));
        Assert.Equal(100, new FuzzRun(once, Corpus, Seed, Limits).Run(100).Inputs);
    }

    [Fact]
    public void Input_that_allocates_more_than_it_may_is_found()
    {
        using var target = new StubTarget(input => HasNeedle(input) ? new string('x', 10_000)[..1] : "found");
        AssertFound(target, "allocates 2");
    }

    [Fact]
    public void What_stays_alive_is_found()
    {
        var kept = new List<byte[]>();
        using var target = new StubTarget(input =>
        {
            kept.Add(new byte[2_000]);
            return "found";
        });
        var found = Assert.Throws<Finding>(() => new FuzzRun(target, Corpus, Seed, Limits with { Heap = 20 << 20 }).Run(20_000));
        Assert.Contains("bytes more are alive after 20000 inputs", found.Message, StringComparison.Ordinal);
        GC.KeepAlive(kept);
    }

    [Fact]
    public void Outcome_that_no_input_reaches_is_found()
    {
        using var target = new StubTarget(_ => "another");
        AssertFound(target, "came to 'found'");
    }

    [Fact]
    public void Input_depends_on_target_seed_and_number_alone()
    {
        using var target = new StubTarget(_ => "found");
        var inOrder = new Mutations(target, Corpus, Seed);
        var all = Enumerable.Range(0, 200).Select(i => Convert.ToHexString(inOrder.Input(i))).ToList();
        Assert.Equal(all[150], Convert.ToHexString(new Mutations(target, Corpus, Seed).Input(150)));
        Assert.NotEqual(all[150], Convert.ToHexString(new Mutations(target, Corpus, Seed + 1).Input(150)));
        Assert.True(all.Distinct().Count() > 100);
    }

    private static void AssertFound(StubTarget target, string what)
    {
        var found = Assert.Throws<Finding>(() => new FuzzRun(target, Corpus, Seed, Limits).Run(20_000));
        Assert.Contains(what, found.Message, StringComparison.Ordinal);
    }

    private static bool HasNeedle(byte[] input) => input.AsSpan().IndexOf("needle"u8) >= 0;

    private static string Slowly(bool slowly)
    {
        if (slowly)
        {
            Thread.Sleep(250);
        }

        return "found";
    }
}
