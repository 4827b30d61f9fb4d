using System.Diagnostics;
using System.Globalization;
using Amazon.SQS.Model;
using LoginEtl.Aws.Protocols;

namespace LoginEtl.Aws.Conformance;

/// <summary>What comes again, when, and what comes no more.</summary>
internal static class DeliveryTrials
{
    private const string NoHandle = "no-receipt-handle";
    private static readonly TimeSpan AtOnce = TimeSpan.FromSeconds(3);

    private static readonly Assertion SameId = new("Redelivery has the same id", "Nothing twice: by it the ledger knows a message again.");
    private static readonly Assertion SameTime = new("Redelivery has the same SentTimestamp", "Nothing twice: the ledger's key is made of it, and create_date.");
    private static readonly Assertion SameBody = new("Redelivery has the same body", "Nothing twice: a duplicate may be deleted unread.");
    private static readonly Assertion CountRises = new("Receive count rises by 1", "No poison: a redrive policy goes by it.");
    private static readonly Assertion OtherHandle = new("Each receive has a handle of its own", "The books balance: a settlement is of one delivery.");
    private static readonly Assertion ReturnedAtOnce = new("Visibility 0 returns a message at once", "No loss: what a stopped run held is there for the next.");
    private static readonly Assertion DeletedTwice = new("Deleting a deleted message succeeds", "The books balance: a delete whose answer was lost is tried again.");
    private static readonly Assertion FailedDelete = new("Bad handle of a delete fails alone", "The books balance: the others of its batch are deleted, and it is known which is not.");
    private static readonly Assertion FailedReturn = new("Bad handle of a return fails alone", "No loss: the others of its batch are returned.");
    private static readonly Assertion DeletedStays = new("Deleted message comes no more", "Nothing twice: what is settled is gone, also where it is returned afterwards.");
    private static readonly Assertion HeldIsHidden = new("Held message comes to nobody", "Nothing twice: two runs do not work on one message.");
    private static readonly Assertion LapsedComes = new("Message comes again after its visibility timeout", "No loss: what a killed run held comes again.");
    private static readonly Assertion FromTheCall = new("Extension counts from its call", "Bounded: heartbeats are timed by it.");
    private static readonly Assertion TooLongRefused = new("Extension beyond 12 hours is refused", "Bounded: no message is held longer.");

    public static readonly IReadOnlyList<Trial> Settling =
    [
        new([SameId, SameTime, SameBody, CountRises, OtherHandle, ReturnedAtOnce], RedeliveryAsync),
        new([FailedDelete, DeletedTwice, FailedReturn, DeletedStays], DeletionAsync),
    ];

    public static readonly IReadOnlyList<Trial> Timing =
    [
        new([HeldIsHidden, LapsedComes], LapseAsync),
        new([FromTheCall], ExtensionAsync),
        new([TooLongRefused], TooLongAsync),
    ];

    private static async Task RedeliveryAsync(Lane lane, Findings found)
    {
        var queue = lane.Queue;
        var mark = queue.NewMark();
        await queue.SendAsync(mark + "again").ConfigureAwait(false);
        var first = (await queue.ReceiveAsync(mark, 1).ConfigureAwait(false))[0];
        // A server that dates messages by their delivery gives another time only when some has passed.
        await Task.Delay(TimeSpan.FromSeconds(1.2), queue.Stop).ConfigureAwait(false);
        await queue.HideAsync(0, first.ReceiptHandle).ConfigureAwait(false);
        var clock = Stopwatch.StartNew();
        var again = (await queue.ReceiveAsync(mark, 1).ConfigureAwait(false))[0];
        found.Say(ReturnedAtOnce, clock.Elapsed < AtOnce, string.Create(CultureInfo.InvariantCulture, $"after {clock.Elapsed.TotalSeconds:0.0} s"));
        found.Say(SameId, again.MessageId == first.MessageId, again.MessageId == first.MessageId ? "the same" : "another");
        var apart = TrialQueue.SentOf(again) - TrialQueue.SentOf(first);
        found.Say(SameTime, apart == 0, apart switch { 0 => "the same", null => "none is given", _ => $"another, {apart} ms apart" });
        found.Say(SameBody, TrialQueue.TextOf(again) == TrialQueue.TextOf(first), TrialQueue.TextOf(again) == TrialQueue.TextOf(first) ? "the same" : "another");
        found.Say(CountRises, TrialQueue.CountOf(again) == TrialQueue.CountOf(first) + 1, $"{TrialQueue.CountOf(first)}, then {TrialQueue.CountOf(again)}");
        found.Say(OtherHandle, again.ReceiptHandle != first.ReceiptHandle, again.ReceiptHandle != first.ReceiptHandle ? "another" : "the same");
        await queue.DropAsync([again]).ConfigureAwait(false);
    }

    private static async Task DeletionAsync(Lane lane, Findings found)
    {
        var queue = lane.Queue;
        var mark = queue.NewMark();
        await queue.SendAsync(mark + "deleted", mark + "returned").ConfigureAwait(false);
        var messages = await queue.ReceiveAsync(mark, 2).ConfigureAwait(false);
        var deleted = messages[0];
        var deletion = await queue.DeleteAsync(NoHandle, deleted.ReceiptHandle).ConfigureAwait(false);
        Alone(found, FailedDelete, deletion.Failed, deletion.Successful?.Select(e => e.Id));
        var second = await queue.DeleteAsync(deleted.ReceiptHandle).ConfigureAwait(false);
        found.Say(DeletedTwice, second.Failed is null or [], second.Failed is [var refused, ..] ? Code(refused) : "as the first time");
        ChangeMessageVisibilityBatchResponse? hidden = null;
        var code = await TrialQueue.RefusalAsync(async () => hidden = await queue.HideAsync(0, NoHandle, messages[1].ReceiptHandle).ConfigureAwait(false)).ConfigureAwait(false);
        if (hidden is null)
        {
            found.Say(FailedReturn, false, $"{code} for the whole batch");
        }
        else
        {
            Alone(found, FailedReturn, hidden.Failed, hidden.Successful?.Select(e => e.Id));
        }

        // SQS refuses it, or does nothing: that it never comes back is what counts.
        await TrialQueue.RefusalAsync(() => queue.HideAsync(0, deleted.ReceiptHandle)).ConfigureAwait(false);
        var came = await queue.LookAsync(mark, 2, AtOnce).ConfigureAwait(false);
        var back = came.Any(m => m.MessageId == deleted.MessageId);
        found.Say(DeletedStays, !back, back ? "it came after it was returned" : $"it did not within {AtOnce.TotalSeconds:0} s");
        await queue.DropAsync(came).ConfigureAwait(false);
    }

    // The first of two has no handle.
    private static void Alone(Findings found, Assertion assertion, List<BatchResultErrorEntry>? failed, IEnumerable<string>? succeeded)
    {
        var others = succeeded?.ToList() ?? [];
        found.Say(
            assertion, failed is [{ Id: "0" }] && others is ["1"],
            failed is [var one, ..] ? $"{Code(one)}, and {others.Count} of 1 succeeded" : "no entry failed");
    }

    private static string Code(BatchResultErrorEntry entry) => Calls.SqsErrorCodes.Clean(entry.Code) ?? "a failure without a code";

    private static async Task LapseAsync(Lane lane, Findings found)
    {
        const int timeout = 5;
        var queue = lane.Queue;
        var mark = queue.NewMark();
        await queue.SendAsync(mark).ConfigureAwait(false);
        await queue.ReceiveAsync(mark, 1, timeout).ConfigureAwait(false);
        var clock = Stopwatch.StartNew();
        var early = await queue.LookAsync(mark, 1, TimeSpan.FromSeconds(timeout - 2.5), timeout).ConfigureAwait(false);
        found.Say(HeldIsHidden, early.Count == 0, early.Count == 0 ? "it did not come meanwhile" : Came(clock));
        var late = await queue.ReceiveAsync(mark, 1).ConfigureAwait(false);
        found.Say(LapsedComes, early.Count == 0, $"{Came(clock)} of {timeout}");
        await queue.DropAsync(late).ConfigureAwait(false);
    }

    private static async Task ExtensionAsync(Lane lane, Findings found)
    {
        const int first = 6;
        const int extension = 5;
        var queue = lane.Queue;
        var mark = queue.NewMark();
        await queue.SendAsync(mark).ConfigureAwait(false);
        var held = await queue.ReceiveAsync(mark, 1, first).ConfigureAwait(false);
        await Task.Delay(TimeSpan.FromSeconds(1.5), queue.Stop).ConfigureAwait(false);
        await queue.HideAsync(extension, held[0].ReceiptHandle).ConfigureAwait(false);
        var clock = Stopwatch.StartNew();
        var again = await queue.ReceiveAsync(mark, 1).ConfigureAwait(false);
        // Counted from the receive it would be a second and a half less, and added to what was left four and a half more.
        var seconds = clock.Elapsed.TotalSeconds;
        found.Say(FromTheCall, seconds is > extension - 0.75 and < extension + 3, $"{Came(clock)} of {extension}");
        await queue.DropAsync(again).ConfigureAwait(false);
    }

    private static async Task TooLongAsync(Lane lane, Findings found)
    {
        var queue = lane.Queue;
        var mark = queue.NewMark();
        await queue.SendAsync(mark).ConfigureAwait(false);
        var held = await queue.ReceiveAsync(mark, 1).ConfigureAwait(false);
        ChangeMessageVisibilityBatchResponse? answer = null;
        var code = await TrialQueue.RefusalAsync(async () => answer = await queue.HideAsync((int)SqsQuotas.LongestHold.TotalSeconds + 1, held[0].ReceiptHandle).ConfigureAwait(false)).ConfigureAwait(false)
            ?? (answer?.Failed is [var failed, ..] ? Code(failed) : null);
        found.Say(TooLongRefused, code is not null, code ?? "it was taken");
        await queue.DropAsync(held).ConfigureAwait(false);
    }

    private static string Came(Stopwatch clock) => string.Create(CultureInfo.InvariantCulture, $"it came after {clock.Elapsed.TotalSeconds:0.0} s");
}
