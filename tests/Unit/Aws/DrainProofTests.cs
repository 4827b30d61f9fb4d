using LoginEtl.Aws.Receiving;
using LoginEtl.Run;
using Xunit;

namespace LoginEtl.Unit.Aws;

public sealed class DrainProofTests
{
    private static readonly DrainSample Empty = new()
    {
        At = default,
        Taken = 7,
        IsLocked = false,
        NothingToCome = true,
        OthersHold = false,
        MayBeLocked = false,
        IsBlurred = false,
        EmptyPollBegan = null,
        IdlePollBegan = null,
    };

    private readonly DrainProof _proof = new(window: TimeSpan.FromSeconds(60), timeout: TimeSpan.FromSeconds(100));

    [Fact]
    public void Clean_samples_over_the_whole_window_are_a_drain() =>
        Assert.Equal([null, null, null, null, EndReason.Drained], Ends(Empty, 0, 15, 30, 45, 75));

    [Fact]
    public void Two_samples_are_too_few() =>
        Assert.Equal([null, null, EndReason.Drained], Ends(Empty, 0, 70, 140));

    [Theory]
    [InlineData("received")]
    [InlineData("visible")]
    [InlineData("held by others")]
    [InlineData("blurred")]
    [InlineData("missing")]
    [InlineData("began anew")]
    public void What_disturbs_the_window_begins_it_anew(string disturbance)
    {
        Assert.Equal([null, null, null], Ends(Empty, 0, 20, 50));
        var after = Empty;
        switch (disturbance)
        {
            case "received":
                after = Empty with { Taken = 8 };
                break;
            case "visible":
                Assert.Equal([null], Ends(Empty with { NothingToCome = false }, 61));
                break;
            case "held by others":
                Assert.Equal([null], Ends(Empty with { OthersHold = true }, 61));
                break;
            case "blurred":
                Assert.Equal([null], Ends(Empty with { IsBlurred = true }, 61));
                break;
            case "missing":
                _proof.Doubt();
                break;
            default:
                _proof.Restart();
                break;
        }

        Assert.Equal([null, null, null, EndReason.Drained], Ends(after, 62, 80, 121, 122));
    }

    [Fact]
    public void Locked_groups_end_as_held_when_a_poll_of_the_window_found_nothing()
    {
        var locked = Empty with { IsLocked = true };
        Assert.Equal([null, null, null], Ends(locked, 0, 30, 60));
        Assert.Equal([null], Ends(locked with { EmptyPollBegan = TimeSpan.FromSeconds(-1) }, 61));
        Assert.Equal([EndReason.GroupsHeld], Ends(locked with { EmptyPollBegan = TimeSpan.FromSeconds(1) }, 62));
    }

    [Fact]
    public void Others_are_waited_for_until_the_timeout_and_a_missing_sample_does_not_prolong_it()
    {
        Assert.Equal([null, null], Ends(Empty with { OthersHold = true }, 0, 60));
        _proof.Doubt();
        Assert.Equal([null], Ends(Empty with { IsBlurred = true }, 80));
        Assert.Equal([null, EndReason.DrainTimeout], Ends(Empty with { OthersHold = true }, 99, 100));
    }

    [Fact]
    public void Messages_that_are_visible_are_waited_for_without_end_unless_they_may_be_locked_and_a_poll_did_not_get_them()
    {
        Assert.Equal([null, null], Ends(Empty with { NothingToCome = false }, 0, 1000));
        var locked = Empty with { NothingToCome = false, MayBeLocked = true };
        Assert.Equal([null, null], Ends(locked with { IdlePollBegan = TimeSpan.FromSeconds(1000) }, 1001, 1101));
        Assert.Equal([EndReason.DrainTimeout], Ends(locked with { IdlePollBegan = TimeSpan.FromSeconds(1002) }, 1102));
    }

    private List<EndReason?> Ends(DrainSample sample, params int[] seconds) =>
        [.. seconds.Select(s => _proof.Add(sample with { At = TimeSpan.FromSeconds(s) }))];
}
