using Amazon.SQS.Model;
using LoginEtl.Aws.Protocols;

namespace LoginEtl.Aws.Conformance;

/// <summary>What moves to a dead-letter queue, and what AWS's redrive makes of it.</summary>
internal static class DeadLetterTrials
{
    /// <summary>What the queues of these trials have.</summary>
    public const int MaxReceiveCount = 2;

    private static readonly TimeSpan MovedWithin = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan RedrivenWithin = TimeSpan.FromSeconds(60);

    private static readonly Assertion Moves = new("Message moves after maxReceiveCount receives", "No poison: what no run can settle does not come for ever.");
    private static readonly Assertion KeepsId = new("Dead letter keeps its id", "Nothing twice: Move-LoginMessage asks the ledger by it.");
    private static readonly Assertion KeepsTime = new("Dead letter keeps its SentTimestamp", "Nothing twice: the ledger's key is made of it.");
    private static readonly Assertion KeepsContent = new("Dead letter keeps body and attributes", "No loss: it is still the login that was sent.");
    private static readonly Assertion RedriveRenames = new("Redrive gives a new id", "Nothing twice: this is the limit that Move-LoginMessage is there for.");
    private static readonly Assertion FifoMoves = new("FIFO message moves after maxReceiveCount receives", "No poison: a group that one message blocks goes on.");
    private static readonly Assertion FifoKeepsId = new("FIFO dead letter keeps its id", "Nothing twice: of FIFO queues the ledger's key is made of the id alone.");

    public static readonly IReadOnlyList<Trial> Standard = [new([Moves, KeepsId, KeepsTime, KeepsContent, RedriveRenames], StandardAsync)];

    public static readonly IReadOnlyList<Trial> Fifo = [new([FifoMoves, FifoKeepsId], FifoAsync)];

    private static async Task StandardAsync(Lane lane, Findings found)
    {
        var (queue, dead) = (lane.Queue, lane.DeadLetters!);
        var mark = queue.NewMark();
        var entry = new SendMessageBatchRequestEntry
        {
            MessageBody = mark + "dead letter",
            MessageAttributes = new() { ["Text"] = new() { DataType = "String", StringValue = "kept" } },
        };
        var (first, letter) = await MoveAsync(lane, found, Moves, mark, entry).ConfigureAwait(false);
        found.Say(KeepsId, letter.MessageId == first.MessageId, letter.MessageId == first.MessageId ? "the same" : "another");
        var apart = TrialQueue.SentOf(letter) - TrialQueue.SentOf(first);
        found.Say(KeepsTime, apart == 0, apart switch { 0 => "the same", null => "none is given", _ => $"another, {apart} ms apart" });
        var same = TrialQueue.TextOf(letter) == TrialQueue.TextOf(first) && letter.MessageAttributes?.GetValueOrDefault("Text")?.StringValue == "kept";
        found.Say(KeepsContent, same, same ? "the same" : "another");

        await dead.HideAsync(0, letter.ReceiptHandle).ConfigureAwait(false);
        var arn = (await dead.AttributesAsync().ConfigureAwait(false)).GetValueOrDefault("QueueArn");
        await queue.Client.StartMessageMoveTaskAsync(new StartMessageMoveTaskRequest { SourceArn = arn }, queue.Stop).ConfigureAwait(false);
        var back = (await queue.LookAsync(mark, 1, RedrivenWithin).ConfigureAwait(false)).FirstOrDefault() ?? throw new TrialException("nothing came back");
        var moved = TrialQueue.SentOf(back) == TrialQueue.SentOf(first) ? "the same SentTimestamp" : "another SentTimestamp";
        found.Say(RedriveRenames, back.MessageId != first.MessageId, $"{(back.MessageId == first.MessageId ? "the same id" : "another id")}, {moved}");
        await queue.DropAsync([back]).ConfigureAwait(false);
    }

    private static async Task FifoAsync(Lane lane, Findings found)
    {
        var mark = lane.Queue.NewMark();
        var (first, letter) = await MoveAsync(lane, found, FifoMoves, mark, FifoTrials.Entry("a", mark)).ConfigureAwait(false);
        var time = TrialQueue.SentOf(letter) == TrialQueue.SentOf(first) ? "the same SentTimestamp" : "another SentTimestamp";
        found.Say(FifoKeepsId, letter.MessageId == first.MessageId, $"{(letter.MessageId == first.MessageId ? "the same" : "another")}, with {time}");
        await lane.DeadLetters!.DropAsync([letter]).ConfigureAwait(false);
    }

    private static async Task<(SqsMessage First, SqsMessage Letter)> MoveAsync(Lane lane, Findings found, Assertion moves, string mark, SendMessageBatchRequestEntry entry)
    {
        await lane.Queue.SendAsync([entry]).ConfigureAwait(false);
        SqsMessage? first = null;
        for (var i = 0; i < MaxReceiveCount; i++)
        {
            var received = (await lane.Queue.ReceiveAsync(mark, 1).ConfigureAwait(false))[0];
            first ??= received;
            // A server that dates it anew when it moves gives another time only when some has passed.
            await Task.Delay(TimeSpan.FromSeconds(0.6), lane.Queue.Stop).ConfigureAwait(false);
            await lane.Queue.HideAsync(0, received.ReceiptHandle).ConfigureAwait(false);
        }

        var more = await lane.Queue.LookAsync(mark, 1, MovedWithin).ConfigureAwait(false);
        var letters = more.Count > 0 ? [] : await lane.DeadLetters!.LookAsync(mark, 1, TrialQueue.Soon).ConfigureAwait(false);
        found.Say(moves, letters.Count > 0, more.Count > 0 ? $"it was received once more than {MaxReceiveCount} times" : letters.Count > 0 ? $"after {MaxReceiveCount}" : "it was in neither queue");
        return letters.Count > 0 ? (first!, letters[0]) : throw new TrialException("there was no dead letter");
    }
}
