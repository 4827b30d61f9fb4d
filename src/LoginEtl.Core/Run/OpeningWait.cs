using LoginEtl.Faults;
using LoginEtl.Settings;

namespace LoginEtl.Run;

/// <summary>
/// Waits for a queue or a database that cannot be reached when a run begins. Who says nothing of waiting more likely has a wrong
/// name, and is told at once.
/// </summary>
/// <param name="options">How long an outage is waited for, and who is told of it.</param>
internal sealed class OpeningWait(ReceiveOptions options)
{
    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(5);

    /// <summary>Opens it, again and again where that is asked for.</summary>
    /// <exception cref="LoginEtlException">It cannot be opened, for what does not pass or no longer than was to be waited.</exception>
    public async Task<T> OpenAsync<T>(Func<Task<T>> open, CancellationToken stop)
    {
        var notice = new OutageNotice(options.RetryFor, options.Waiting);
        var began = Environment.TickCount64;
        var delay = First;
        while (true)
        {
            try
            {
                return await open().ConfigureAwait(false);
            }
            catch (LoginEtlException fault) when (fault.Kind == FaultKind.Unreachable && GoesOn(Lasts()))
            {
                notice.Tell(Lasts(), () => fault.Message);
                await Task.Delay(delay, stop).ConfigureAwait(false);
                delay = delay * 2 < Longest ? delay * 2 : Longest;
            }
        }

        TimeSpan Lasts() => TimeSpan.FromMilliseconds(Environment.TickCount64 - began);
    }

    private bool GoesOn(TimeSpan lasts) =>
        options.RetryFor == Timeout.InfiniteTimeSpan || (options.RetryFor > ReceiveOptions.DefaultRetryFor && lasts < options.RetryFor);
}
