using System.Diagnostics;
using System.Threading.Channels;

namespace LoginEtl.Aws.Calls;

/// <summary>
/// How many calls of a kind go on at a time. The limit follows latency, as that of TCP Vegas (Brakmo and Peterson, 1995)
/// does: calls that take as long as the fastest have not waited for one another, so one more may go on; once some only
/// wait, one fewer. Thread-safe.
/// </summary>
internal sealed class ConcurrencyLimit
{
    // Of the calls under way, so many may be waiting for others: below the first there is room for more, above the second
    // there are too many.
    private const double FewWaiting = 3;
    private const double ManyWaiting = 6;

    // Of each call's time so much goes into the mean.
    private const double Weight = 0.1;

    // What was fastest is forgotten after one to two of these: the way to a queue changes over the weeks of a run.
    private static readonly long FastestHolds = 60 * Stopwatch.Frequency;

    // One entry a free slot; whoever waits longest gets the next.
    private readonly Channel<bool> _slots = Channel.CreateUnbounded<bool>();
    private readonly Lock _lock = new();
    private readonly int _least;
    private readonly int _most;
    private int _limit;

    // Slots that are to be taken out as soon as they come back.
    private int _surplus;
    private int _underWay;
    private double _mean;
    private double _fastest = double.MaxValue;
    private double _fastestBefore = double.MaxValue;
    private long _fastestSince = Stopwatch.GetTimestamp();

    /// <param name="least">Where it begins, and below which it never goes.</param>
    /// <param name="most">Above which it never goes.</param>
    public ConcurrencyLimit(int least, int most)
    {
        (_least, _most) = (least, most);
        Change(least);
    }

    /// <summary>How many may go on now.</summary>
    public int Value => Volatile.Read(ref _limit);

    /// <summary>Waits for a slot. Whoever has it gives it back by <see cref="Leave"/>.</summary>
    public async Task EnterAsync(CancellationToken cancellationToken)
    {
        await _slots.Reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        Interlocked.Increment(ref _underWay);
    }

    /// <summary>Gives a slot back.</summary>
    public void Leave()
    {
        lock (_lock)
        {
            _underWay--;
            if (_surplus > 0)
            {
                _surplus--;
                return;
            }
        }

        _slots.Writer.TryWrite(true);
    }

    /// <summary>A call that had all to do that it could came back after this time. Call it before <see cref="Leave"/>.</summary>
    public void Completed(TimeSpan took)
    {
        lock (_lock)
        {
            Measure(took.Ticks);
            var waiting = _limit * (1 - (Math.Min(_fastest, _fastestBefore) / _mean));
            if (waiting > ManyWaiting)
            {
                Change(-1);
            }
            // More would change nothing where not even these are made use of.
            else if (waiting < FewWaiting && 2 * _underWay > _limit)
            {
                Change(1);
            }
        }
    }

    /// <summary>A call had little to do, or could not be made: one fewer would do.</summary>
    public void Spare()
    {
        lock (_lock)
        {
            Change(-1);
        }
    }

    /// <summary>A call failed, as one does where there are too many of them.</summary>
    public void Failed()
    {
        lock (_lock)
        {
            Change(-_limit / 2);
        }
    }

    private void Measure(double took)
    {
        var now = Stopwatch.GetTimestamp();
        if (now - _fastestSince > FastestHolds)
        {
            (_fastestBefore, _fastest, _fastestSince) = (_fastest, took, now);
        }

        _fastest = Math.Min(_fastest, took);
        _mean = _mean == 0 ? took : _mean + (Weight * (took - _mean));
    }

    private void Change(int by)
    {
        by = Math.Clamp(_limit + by, _least, _most) - _limit;
        _limit += by;
        for (; by < 0; by++)
        {
            if (!_slots.Reader.TryRead(out _))
            {
                _surplus++;
            }
        }

        for (; by > 0; by--)
        {
            if (_surplus > 0)
            {
                _surplus--;
            }
            else
            {
                _slots.Writer.TryWrite(true);
            }
        }
    }
}
