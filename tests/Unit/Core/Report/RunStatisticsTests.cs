using LoginEtl.Records;
using LoginEtl.Report;
using LoginEtl.Run;
using Xunit;

namespace LoginEtl.Unit.Core.Report;

/// <summary>What a run's page is made of stays small, however long the run is, and is right.</summary>
public sealed class RunStatisticsTests : IDisposable
{
    private const int Million = 1_000_000;

    private readonly ReportSamples _samples = new();

    public void Dispose() => _samples.Dispose();

    [Fact]
    public void Million_different_values_are_counted_and_a_thousand_are_held()
    {
        var values = new ValueCounts(RunStatistics.MostValues);
        for (var i = 0; i < Million; i++)
        {
            values.Add($"{i % (Million / 2)}");
        }

        values.Add(null);
        Assert.Equal((Million + 1, 1000, Million - 2000, 1), (values.Total, values.Counts.Count, values.Others, values.Missing));
        Assert.All(values.Counts, c => Assert.Equal(2, c.Value));
    }

    [Fact]
    public void Long_texts_are_held_shortened()
    {
        var values = new ValueCounts(10);
        values.Add(new string('x', Million));
        Assert.Equal(65, Assert.Single(values.Counts).Key.Length);
    }

    [Fact]
    public void Tokens_that_repeat_are_found_among_a_million_others_with_bounds_that_hold()
    {
        var (tokens, exact, random) = (new TopTokens(1000), new Dictionary<string, long>(), new Random(3));
        for (var i = 0; i < Million; i++)
        {
            // One in four is of twenty that repeat, the more often the lower; the others come once.
            var token = random.Next(4) == 0 ? $"often{Math.Min(random.Next(20), random.Next(20))}" : $"once{i}";
            exact[token] = exact.GetValueOrDefault(token) + 1;
            tokens.Add(token);
        }

        var top = tokens.Repeated(20);
        Assert.Equal(exact.OrderByDescending(t => t.Value).Take(20).Select(t => t.Key), top.Select(t => t.Token));
        Assert.All(top, t => Assert.InRange(exact[t.Token], t.Least, t.Most));
        Assert.All(top, t => Assert.InRange(t.Most - t.Least, 0, Million / 1000));
    }

    [Fact]
    public void Tokens_are_counted_exactly_while_each_has_a_counter()
    {
        var tokens = new TopTokens(3);
        foreach (var token in "abcabaa")
        {
            tokens.Add($"{token}");
        }

        Assert.Equal([new RepeatedToken("a", 4, 4), new RepeatedToken("b", 2, 2)], tokens.Repeated(10));
    }

    [Fact]
    public void Run_of_a_month_has_no_more_slots_than_one_of_minutes_and_loses_none_of_it()
    {
        var times = new TimeSlots(RunStatistics.MostSlots);
        for (var minute = 0; minute < 30 * 24 * 60; minute++)
        {
            times.Add(TimeSpan.FromMinutes(minute), new Slot(3, default(Spread).With(TimeSpan.FromSeconds(minute % 7)), default));
        }

        var sum = times.Slots.Aggregate((a, b) => a.Plus(b));
        Assert.InRange(times.Slots.Count, 61, 120);
        Assert.Equal((3L * 30 * 24 * 60, 30L * 24 * 60, 6.0), (sum.Settled, sum.Commits.Count, sum.Commits.Longest));
        Assert.True(times.Width * times.Slots.Count >= TimeSpan.FromDays(29.9));
    }

    [Fact]
    public void Time_that_jumps_far_is_one_slot()
    {
        var times = new TimeSlots(RunStatistics.MostSlots);
        times.Add(TimeSpan.Zero, new Slot(1, default, default));
        times.Add(TimeSpan.FromDays(1000), new Slot(1, default, default));
        Assert.Equal((1, 1, 2), (times.Slots[0].Settled, times.Slots[^1].Settled, times.Slots.Sum(s => s.Settled)));
    }

    [Fact]
    public void Rows_alone_count_as_logins_and_what_went_to_quarantine_by_its_reason()
    {
        var statistics = new RunStatistics(_samples.Time);
        var day = new DateOnly(2026, 11, 2);
        ProtectedLogin[] logins = [_samples.Login(day: day), _samples.Login(deviceType: null, day: day), _samples.Login(), _samples.Login(), _samples.Protect("{}"), _samples.Protect("x"), _samples.Login()];
        statistics.Add(new BatchReport(Guid.NewGuid(), logins, [Outcome.Written, Outcome.Updated, Outcome.Duplicate, Outcome.Skipped, Outcome.Quarantined, Outcome.Returned, Outcome.Quarantined], TimeSpan.FromMilliseconds(5))
        {
            Refused = [new RefusedRow("m", new Rejection(RejectReason.TooLong, "locale"))],
        });
        Assert.Equal([new("2026-11-02", 2)], statistics.Days.Counts);
        Assert.Equal([new("ios", 1)], statistics.DeviceTypes.Counts);
        Assert.Equal(1, statistics.DeviceTypes.Missing);
        Assert.Equal([new("missing_field (user_id)", 1), new("too_long (locale)", 1)], statistics.Rejects.Counts.OrderBy(c => c.Key));
        Assert.Equal([2L], statistics.Ips.Repeated(9).Select(t => t.Most));
        Assert.Equal((7, 2), (statistics.Outcomes.Settled, statistics.Times.Slots.Single().Ages.Count));
    }
}
