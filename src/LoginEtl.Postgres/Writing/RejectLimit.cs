using System.Globalization;
using LoginEtl.Faults;

namespace LoginEtl.Postgres.Writing;

/// <summary>
/// Stops a run whose share of rejects is too large, counted over all its batches. Few messages say little, so nothing
/// stops before <see cref="FewestMessages"/> were seen; but where none may be rejected, the first one does. Messages
/// that were settled before the run count neither as seen nor as rejected. One that was refused and is held with its group
/// counts as both, but once, however often it comes; those held behind it count when they are tried.
/// </summary>
/// <param name="largest">Share from 0 to 1; null for no limit.</param>
internal sealed class RejectLimit(double? largest)
{
    /// <summary>Messages before the share is looked at.</summary>
    public const int FewestMessages = 20;

    // Memory is bounded: of more held messages than this at once, some count again.
    private const int MostHeld = 10_000;

    private readonly AlikeBrake _alike = new(mayRejectAll: largest == 1);
    private readonly HashSet<Guid> _held = [];
    private readonly Queue<Guid> _heldInOrder = [];
    private List<Guid> _heldOfBatch = [];
    private (long Seen, long Rejected) _settled;
    private (long Seen, long Rejected) _batch;

    /// <exception cref="LoginEtlException"><c>SettingInvalid</c>.</exception>
    public static RejectLimit Of(double? largest) => largest is null or (>= 0 and <= 1) ? new(largest) : throw new LoginEtlException(
        ErrorId.SettingInvalid, "-MaxRejectRatio is not a share between 0 and 1.", "Give 0.05 for five in a hundred.");

    /// <summary>What stops a run in which all is refused alike.</summary>
    public AlikeBrake Alike => _alike;

    /// <summary>Whether it was refused in an earlier batch and is held with its group: that it is refused again says nothing new.</summary>
    public bool IsHeld(Guid key) => _held.Contains(key);

    /// <summary>A batch begins, or begins anew.</summary>
    public void Begin()
    {
        (_batch, _heldOfBatch) = (default, []);
        _alike.Begin();
    }

    /// <summary>Before the batch in hand commits.</summary>
    /// <param name="seen">Messages that were tried; without those that are held.</param>
    /// <param name="rejected">Those of them that go to quarantine.</param>
    /// <param name="held">Keys of those that were refused and are held with their groups.</param>
    /// <exception cref="LoginEtlException"><c>TooManyRejects</c>: the batch must not commit.</exception>
    public void Check(long seen, long rejected, IEnumerable<Guid> held)
    {
        _heldOfBatch = [.. held.Where(k => !IsHeld(k))];
        _batch = (seen + _heldOfBatch.Count, rejected + _heldOfBatch.Count);
        (seen, rejected) = _batch;
        var (all, bad) = (_settled.Seen + seen, _settled.Rejected + rejected);
        if (largest is { } most && bad > most * all && (all >= FewestMessages || most == 0))
        {
            throw new LoginEtlException(
                ErrorId.TooManyRejects,
                string.Create(CultureInfo.InvariantCulture, $"{bad} of {all} messages were rejected, and -MaxRejectRatio allows a share of {most}."),
                "See Get-LoginQuarantine, and the warnings about held groups, for the reasons of earlier batches; nothing of this batch was written, quarantined or deleted.");
        }
    }

    /// <summary>The batch in hand stands.</summary>
    public void Settle()
    {
        _settled = (_settled.Seen + _batch.Seen, _settled.Rejected + _batch.Rejected);
        _alike.Settle();
        foreach (var key in _heldOfBatch.Where(_held.Add))
        {
            _heldInOrder.Enqueue(key);
        }

        while (_heldInOrder.Count > MostHeld)
        {
            _held.Remove(_heldInOrder.Dequeue());
        }

        Begin();
    }
}
