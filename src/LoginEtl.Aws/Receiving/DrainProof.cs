using LoginEtl.Run;

namespace LoginEtl.Aws.Receiving;

/// <summary>Judges samples of the queue's counts, one after the other. Not thread-safe.</summary>
/// <param name="window">The queue must look empty for this long.</param>
/// <param name="timeout">Others may hold the last messages for this long.</param>
internal sealed class DrainProof(TimeSpan window, TimeSpan timeout)
{
    private const int FewestSamples = 3;

    private TimeSpan? _cleanSince;
    private TimeSpan? _waitingSince;
    private int _samples;
    private long _taken = -1;

    /// <summary>Messages came: everything begins anew.</summary>
    public void Restart()
    {
        Doubt();
        _waitingSince = null;
    }

    /// <summary>A sample is missing: the window begins anew, and the waiting for others goes on.</summary>
    public void Doubt() => (_cleanSince, _samples) = (null, 0);

    /// <summary>Takes one sample.</summary>
    /// <returns>Why receiving ends; null while it goes on.</returns>
    public EndReason? Add(in DrainSample sample)
    {
        var undisturbed = sample.Taken == _taken;
        _taken = sample.Taken;
        if (sample.IsBlurred)
        {
            Doubt();
            return null;
        }

        return sample.NothingToCome && !sample.OthersHold ? Clean(sample, undisturbed) : Wait(sample);
    }

    private EndReason? Clean(in DrainSample sample, bool undisturbed)
    {
        _cleanSince = undisturbed ? _cleanSince ?? sample.At : sample.At;
        _samples = undisturbed ? _samples + 1 : 1;
        _waitingSince = null;
        return _samples < FewestSamples || sample.At - _cleanSince < window ? null
            : !sample.IsLocked ? EndReason.Drained
            : sample.EmptyPollBegan >= _cleanSince ? EndReason.GroupsHeld
            : null;
    }

    // Held by others; or visible, and locked behind what others or this run hold: that it is, only a poll can show.
    private EndReason? Wait(in DrainSample sample)
    {
        Doubt();
        _waitingSince = sample.NothingToCome || sample.MayBeLocked ? _waitingSince ?? sample.At : null;
        return sample.At - _waitingSince >= timeout && (sample.NothingToCome || sample.IdlePollBegan >= _waitingSince)
            ? EndReason.DrainTimeout : null;
    }
}
