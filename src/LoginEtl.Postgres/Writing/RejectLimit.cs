using System.Globalization;
using LoginEtl.Faults;

namespace LoginEtl.Postgres.Writing;

/// <summary>
/// Stops a run whose share of rejects is too large, counted over all its batches. Few messages say little, so nothing
/// stops before <see cref="FewestMessages"/> were seen; but where none may be rejected, the first one does. Messages
/// that were settled before the run count neither as seen nor as rejected.
/// </summary>
/// <param name="largest">Share from 0 to 1; null for no limit.</param>
internal sealed class RejectLimit(double? largest)
{
    /// <summary>Messages before the share is looked at.</summary>
    public const int FewestMessages = 20;

    private (long Seen, long Rejected) _settled;
    private (long Seen, long Rejected) _batch;

    /// <exception cref="LoginEtlException"><c>SettingInvalid</c>.</exception>
    public static RejectLimit Of(double? largest) => largest is null or (>= 0 and <= 1) ? new(largest) : throw new LoginEtlException(
        "SettingInvalid", FaultKind.Configuration, "-MaxRejectRatio is not a share between 0 and 1.", "Give 0.05 for five in a hundred.");

    /// <summary>A batch begins, or begins anew.</summary>
    public void Begin() => _batch = default;

    /// <summary>Before the batch in hand commits.</summary>
    /// <exception cref="LoginEtlException"><c>TooManyRejects</c>: the batch must not commit.</exception>
    public void Check(long seen, long rejected)
    {
        _batch = (seen, rejected);
        var (all, bad) = (_settled.Seen + seen, _settled.Rejected + rejected);
        if (largest is { } most && bad > most * all && (all >= FewestMessages || most == 0))
        {
            throw new LoginEtlException(
                "TooManyRejects", FaultKind.Failed,
                string.Create(CultureInfo.InvariantCulture, $"{bad} of {all} messages were rejected, and -MaxRejectRatio allows a share of {most}."),
                "See Get-LoginQuarantine for the reasons of earlier batches; nothing of this batch was written, quarantined or deleted.");
        }
    }

    /// <summary>The batch in hand stands.</summary>
    public void Settle()
    {
        _settled = (_settled.Seen + _batch.Seen, _settled.Rejected + _batch.Rejected);
        _batch = default;
    }
}
