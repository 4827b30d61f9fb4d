using System.Globalization;
using Amazon.SQS.Model;
using LoginEtl.Aws.Protocols;

namespace LoginEtl.Aws.Conformance;

/// <summary>Groups and their order.</summary>
internal static class FifoTrials
{
    private static readonly TimeSpan Meanwhile = TimeSpan.FromSeconds(2);

    private static readonly Assertion Ordered = new("Messages of a group come in their order", "FIFO queues: rows are written in it.");
    private static readonly Assertion GroupGiven = new("MessageGroupId comes as it was sent", "FIFO queues: a bad message holds its own group and no other.");
    private static readonly Assertion Numbered = new("SequenceNumber rises in a group", "FIFO queues: rows of a batch are put in order by it.");
    private static readonly Assertion Blocked = new("Group waits while one of it is held", "FIFO queues: two runs do not write a group at once.");
    private static readonly Assertion OthersGoOn = new("Other groups go on meanwhile", "FIFO queues: one bad message does not stop the queue.");
    private static readonly Assertion ReturnedFirst = new("Returned message comes before those behind it", "FIFO queues: a stopped run does not change the order.");
    private static readonly Assertion Unchanged = new("FIFO redelivery has the same id and SequenceNumber", "Nothing twice: the ledger knows a message by its id.");
    private static readonly Assertion TakenOnce = new("Deduplication id is taken once", "FIFO queues: a send whose answer was lost is tried again.");

    public static readonly IReadOnlyList<Trial> All =
    [
        new([Ordered, GroupGiven, Numbered], OrderAsync),
        new([Blocked, OthersGoOn, ReturnedFirst, Unchanged], GroupsAsync),
        new([TakenOnce], DeduplicationAsync),
    ];

    /// <summary>A message of a group, with a deduplication id of its own.</summary>
    public static SendMessageBatchRequestEntry Entry(string group, string body) =>
        new() { MessageBody = body, MessageGroupId = group, MessageDeduplicationId = $"{Guid.NewGuid():N}" };

    private static async Task OrderAsync(Lane lane, Findings found)
    {
        const int each = 4;
        var queue = lane.Queue;
        var mark = queue.NewMark();
        await queue.SendAsync([.. Enumerable.Range(0, 2 * each).Select(i => Entry(i % 2 == 0 ? "even" : "odd", Body(mark, i)))]).ConfigureAwait(false);
        var messages = await ReceiveAllAsync(queue, mark, 2 * each).ConfigureAwait(false);
        var inOrder = messages.GroupBy(m => IsEven(mark, m)).All(g => IsRising(g.Select(TrialQueue.TextOf)));
        found.Say(Ordered, inOrder, inOrder ? $"{each} of each of two groups" : "in another order");
        var groups = messages.Count(m => m.Attributes?.GetValueOrDefault(MessageAttributes.MessageGroupId) == (IsEven(mark, m) ? "even" : "odd"));
        found.Say(GroupGiven, groups == messages.Count, $"{groups} of {messages.Count}");
        var numbers = messages.GroupBy(m => IsEven(mark, m)).Select(g => g.OrderBy(TrialQueue.TextOf, StringComparer.Ordinal).Select(NumberOf).ToList()).ToList();
        var rises = numbers.All(g => g.All(n => n is not null) && g.Zip(g.Skip(1)).All(p => p.First < p.Second));
        found.Say(Numbered, rises, rises ? "in both groups" : numbers.Any(g => g.Contains(null)) ? "none is given" : "it does not");
    }

    private static async Task GroupsAsync(Lane lane, Findings found)
    {
        var queue = lane.Queue;
        var mark = queue.NewMark();
        await queue.SendAsync([.. Enumerable.Range(0, 3).Select(i => Entry("blocked", Body(mark, i)))]).ConfigureAwait(false);
        var held = (await queue.ReceiveAsync(mark, 1, most: 1).ConfigureAwait(false))[0];
        await queue.SendAsync([Entry("free", mark + "free")]).ConfigureAwait(false);
        var meanwhile = await queue.LookAsync(mark, 2, Meanwhile).ConfigureAwait(false);
        var free = meanwhile.Count(m => TrialQueue.TextOf(m) == mark + "free");
        found.Say(Blocked, meanwhile.Count == free, $"{meanwhile.Count - free} of 2 came while the first was held");
        found.Say(OthersGoOn, free == 1, $"{free} of 1 came");
        await queue.DropAsync(meanwhile).ConfigureAwait(false);
        if (meanwhile.Count > free)
        {
            return;
        }

        await queue.HideAsync(0, held.ReceiptHandle).ConfigureAwait(false);
        var rest = await ReceiveAllAsync(queue, mark, 3).ConfigureAwait(false);
        var first = TrialQueue.TextOf(rest[0]) == TrialQueue.TextOf(held) && IsRising(rest.Select(TrialQueue.TextOf));
        found.Say(ReturnedFirst, first, first ? "it came first" : "in another order");
        var again = rest.FirstOrDefault(m => TrialQueue.TextOf(m) == TrialQueue.TextOf(held));
        var same = again?.MessageId == held.MessageId && NumberOf(held) is { } number && NumberOf(again) == number;
        found.Say(Unchanged, same, same ? "the same" : again?.MessageId == held.MessageId ? "the same id, another SequenceNumber" : "another id");
    }

    private static async Task DeduplicationAsync(Lane lane, Findings found)
    {
        var queue = lane.Queue;
        var mark = queue.NewMark();
        var id = $"{Guid.NewGuid():N}";
        for (var i = 0; i < 2; i++)
        {
            await queue.SendAsync([new SendMessageBatchRequestEntry { MessageBody = Body(mark, i), MessageGroupId = $"once{i}", MessageDeduplicationId = id }]).ConfigureAwait(false);
        }

        var messages = await queue.LookAsync(mark, 2, Meanwhile).ConfigureAwait(false);
        found.Say(TakenOnce, messages.Count == 1, $"{messages.Count} of two sends came");
        await queue.DropAsync(messages).ConfigureAwait(false);
    }

    // What is received and not deleted keeps those behind it back.
    private static async Task<List<SqsMessage>> ReceiveAllAsync(TrialQueue queue, string mark, int count)
    {
        var all = new List<SqsMessage>();
        while (all.Count < count)
        {
            var more = await queue.ReceiveAsync(mark, 1).ConfigureAwait(false);
            await queue.DropAsync(more).ConfigureAwait(false);
            all.AddRange(more);
        }

        return all;
    }

    private static string Body(string mark, int i) => string.Create(CultureInfo.InvariantCulture, $"{mark}{i}");

    private static bool IsEven(string mark, SqsMessage message) => TrialQueue.TextOf(message)[mark.Length] % 2 == 0;

    private static bool IsRising(IEnumerable<string> bodies) => bodies.ToList() is var all && all.SequenceEqual(all.Order(StringComparer.Ordinal));

    // 20 digits: SQS API reference, ReceiveMessage.
    private static decimal? NumberOf(SqsMessage? message) =>
        decimal.TryParse(message?.Attributes?.GetValueOrDefault(MessageAttributes.SequenceNumber), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
