using System.Diagnostics;
using Xunit;

namespace LoginEtl.Unit.Fixtures;

/// <summary>Waits for what has to come, and fails with its name when it does not.</summary>
internal static class Until
{
    /// <summary>Far longer than anything takes that is waited for here, beside however many other tests.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan Recheck = TimeSpan.FromMilliseconds(10);

    /// <summary>Returns when it holds.</summary>
    /// <param name="holds">Is asked again and again.</param>
    /// <param name="what">What is waited for, as the failure is to name it.</param>
    public static Task Async(Func<bool> holds, string what) => Async(() => Task.FromResult(holds()), what);

    /// <inheritdoc cref="Async(Func{bool}, string)"/>
    public static async Task Async(Func<Task<bool>> holds, string what)
    {
        for (var clock = Stopwatch.StartNew(); !await holds();)
        {
            Assert.True(clock.Elapsed < Limit, $"It did not come within {Limit.TotalSeconds} s: {what}.");
            await Task.Delay(Recheck, TestContext.Current.CancellationToken);
        }
    }
}
