using Xunit;

namespace LoginEtl.Unit.Faults;

/// <summary>A few random schedules; <c>build.ps1 Soak</c> plays hundreds.</summary>
public sealed class SeededScheduleTests(FaultLane lane) : IClassFixture<FaultLane>
{
    [Theory]
    [InlineData(4062, false)]
    [InlineData(4122, false)]
    [InlineData(9453, true)]
    public async Task Schedule_of_random_faults_loses_and_doubles_nothing(int seed, bool holdsGroups)
    {
        var schedule = Schedule.Draw(seed);
        Assert.Equal(holdsGroups, schedule.Runs.Any(r => r.HoldsGroups));
        TestContext.Current.TestOutputHelper?.WriteLine(schedule.ToString());
        TestContext.Current.TestOutputHelper?.WriteLine(await schedule.PlayAsync(lane));
    }

    [Fact]
    public void One_seed_draws_one_schedule_and_another_seed_another()
    {
        Assert.Equal(Schedule.Draw(7).ToString(), Schedule.Draw(7).ToString());
        Assert.NotEqual(Schedule.Draw(7).ToString(), Schedule.Draw(8).ToString());
    }
}
