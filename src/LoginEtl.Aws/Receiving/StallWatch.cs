using LoginEtl.Faults;
using LoginEtl.Run;
using LoginEtl.Settings;

namespace LoginEtl.Aws.Receiving;

/// <summary>
/// Notices a run that can go no further: all that may be held is held and has been handed over, there is more in the
/// queue, and nobody settles anything. Asked by the run's one consumer, while it waits.
/// </summary>
internal sealed class StallWatch(InFlightMessages book, DrainWatch? drain, ReceiveOptions options)
{
    private TimeSpan? _fullSince;

    /// <summary>How often to ask.</summary>
    public TimeSpan Step { get; } = TimeSpan.FromTicks(
        Math.Clamp(options.StallTimeout.Ticks / 4, TimeSpan.TicksPerMillisecond, TimeSpan.TicksPerSecond));

    /// <summary>Something was handed over.</summary>
    public void Moved() => _fullSince = null;

    /// <summary>The fault that ends a stalled run; null while it is none.</summary>
    public LoginEtlException? Check()
    {
        // An open transaction moves, however long its database takes. In a run that waits, held groups go back by themselves.
        var full = book.Room == 0 && drain?.Quiet != true && !book.AnyCommitting && !(drain is null && book.AnyHeldBack);
        var now = TimeSpan.FromMilliseconds(Environment.TickCount64);
        _fullSince = full ? _fullSince ?? now : null;
        return now - _fullSince > options.StallTimeout && book.SinceProgress > options.StallTimeout ? Stalled() : null;
    }

    private LoginEtlException Stalled() => new(
        ErrorId.HeldMessagesCapReached,
        (book.IsFullOfBytes
            ? $"Messages of {book.HeldBytes >> 10} KiB are held, too many for another beside them, and none was settled for "
            : $"All {options.MaxHeld} messages that may be held are held, and none was settled for ")
        + $"{options.StallTimeout.TotalSeconds:0.#} s.",
        "End the pipeline with Write-LoginRecord, or settle by Confirm-LoginMessage (delete) or Reset-LoginMessage "
        + "(make visible again); or receive fewer at a time with a limit on messages. Where groups are held because of bad "
        + "messages, -MaxHeld (or -MaxHeldBytes) lets more be held beside them.");
}
