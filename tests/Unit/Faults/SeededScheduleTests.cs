using Xunit;

namespace LoginEtl.Unit.Faults;

/// <summary>A few random schedules; <c>build.ps1 Soak</c> plays hundreds.</summary>
public sealed class SeededScheduleTests(FaultLane lane) : IClassFixture<FaultLane>
{
    [Theory]
    [InlineData(60026, false, false)]
    [InlineData(60023, false, true)]
    [InlineData(60148, true, false)]
    public async Task Schedule_of_random_faults_loses_and_doubles_nothing(int seed, bool holdsGroups, bool isFlooded)
    {
        var schedule = Schedule.Draw(seed);
        Assert.Equal((holdsGroups, isFlooded), (schedule.Runs.Any(r => r.HoldsGroups), schedule.Flood > 0));
        Assert.True(schedule.Mixture is { Enveloped: > 0, Large: > 0 } && schedule.Runs.Any(r => r.MaxHeldBytes is not null), "Copies, large bodies and a bound on bytes belong to it.");
        TestContext.Current.TestOutputHelper?.WriteLine(schedule.ToString());
        TestContext.Current.TestOutputHelper?.WriteLine(await schedule.PlayAsync(lane));
    }

    [Fact]
    public async Task Schedule_in_which_messages_are_moved_away_and_back_loses_and_doubles_nothing()
    {
        var schedule = Schedule.Draw(131003);
        Assert.NotNull(schedule.Move);
        TestContext.Current.TestOutputHelper?.WriteLine(schedule.ToString());
        Assert.Matches("received [1-9]", await schedule.PlayAsync(lane));
    }

    [Fact]
    public async Task Schedule_in_which_users_are_erased_between_runs_brings_none_of_them_back()
    {
        var schedule = Schedule.Draw(132007);
        Assert.True(schedule.Erased > 0 && schedule.Mixture.Twice > 0);
        TestContext.Current.TestOutputHelper?.WriteLine(schedule.ToString());
        Assert.Matches("[1-9] erased", await schedule.PlayAsync(lane));
    }

    [Fact]
    public void One_seed_draws_one_schedule_and_another_seed_another()
    {
        Assert.Equal(Schedule.Draw(7).ToString(), Schedule.Draw(7).ToString());
        Assert.NotEqual(Schedule.Draw(7).ToString(), Schedule.Draw(8).ToString());
    }

    [Fact]
    public void Seeds_that_follow_each_other_have_no_run_in_common()
    {
        // What befalls a run by its calls is drawn anew for each: two that are alike come of one sequence of draws.
        var befalling = Enumerable.Range(1, 300).SelectMany(seed => Schedule.Draw(seed).Runs).Select(run => $"{run.Calls}").Where(calls => calls.Length > 100).ToList();
        Assert.True(befalling.Count > 100, $"Only {befalling.Count} runs have faults enough to be told apart.");
        Assert.Equal(befalling.Count, befalling.Distinct().Count());
    }
}
