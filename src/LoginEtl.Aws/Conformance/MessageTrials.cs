using System.Globalization;
using Amazon.SQS.Model;
using LoginEtl.Aws.Calls;
using LoginEtl.Aws.Protocols;
using LoginEtl.Aws.Queues;

namespace LoginEtl.Aws.Conformance;

/// <summary>What is sent, and how it comes.</summary>
internal static class MessageTrials
{
    private const int Sent = 20;
    private static readonly TimeSpan MostSkew = TimeSpan.FromMinutes(5);

    private static readonly Assertion AttributesGiven = new("Queue tells its attributes", "Bounded: heartbeats go by the visibility timeout, and a drain by the counts.");
    private static readonly Assertion FoundByName = new("Queue is found by its name", "No loss: a run reads the queue that it was told.");
    private static readonly Assertion MissingIsTold = new("Missing queue is refused", "A confirmed drain: a wrong name never looks like an empty queue.");
    private static readonly Assertion AllCome = new("Every message comes", "No loss: what was sent is received.");
    private static readonly Assertion IdsAreGiven = new("Ids are those of the send", "Nothing twice: the ledger knows a message by its id.");
    private static readonly Assertion IdsDiffer = new("Ids of equal bodies differ", "Nothing twice: two messages are never taken for one.");
    private static readonly Assertion IdsAreUuids = new("Ids are UUIDs", "Nothing twice: the ledger's key is made of one.");
    private static readonly Assertion TimeIsOfSend = new("SentTimestamp is the time of the send", "Nothing twice: the ledger's horizon and create_date go by it.");
    private static readonly Assertion CountBegins = new("Receive count begins at 1", "No poison: pauses grow with it, and a redrive policy goes by it.");
    private static readonly Assertion BodyIsWhole = new("Body comes as it was sent", "No loss: a login is what its sender wrote.");
    private static readonly Assertion Md5IsOfBody = new("MD5OfBody is the body's", "No loss: a body that was damaged on its way is known by it.");
    private static readonly Assertion AttributesKept = new("Message attributes come as they were sent", "Nothing twice: -IdentityFrom and LoginEtlOrigin stand in them.");
    private static readonly Assertion BeyondBmp = new("Characters beyond the BMP are taken", "No loss: an emoji is part of a login.");
    private static readonly Assertion ControlRefused = new("Control characters are refused", "No poison: what cannot be text is refused when it is sent.");
    private static readonly Assertion ElevenRefused = new("Batch of eleven is refused", "Bounded: ten is the most of a call.");
    private static readonly Assertion TwinsRefused = new("Entries with one id are refused", "The books balance: an answer tells entries apart by their ids.");
    private static readonly Assertion MebibyteTaken = new("Body of 1 MiB is taken and comes whole", "Bounded: a poll is counted as ten of them.");
    private static readonly Assertion MoreRefused = new("Body of 1 MiB and a byte is refused", "Bounded: none is larger than polls are counted.");
    private static readonly Assertion BatchRefused = new("Batch of more than 1 MiB is refused", "Bounded: what is sent is cut into batches below it.");

    public static readonly IReadOnlyList<Trial> All =
    [
        new([AttributesGiven, FoundByName, MissingIsTold], QueueAsync),
        new([AllCome, IdsAreGiven, IdsDiffer, IdsAreUuids, TimeIsOfSend, CountBegins], IdentityAsync),
        new([BodyIsWhole, Md5IsOfBody], BodyAsync),
        new([AttributesKept], AttributesAsync),
        new([BeyondBmp], BeyondBmpAsync),
        new([ControlRefused], (lane, found) => RefusedAsync(found, ControlRefused, () => lane.Queue.SendAsync(lane.Queue.NewMark() + "\u0001"))),
        new([ElevenRefused], (lane, found) => RefusedAsync(found, ElevenRefused, () => lane.Queue.SendAsync(Enumerable.Repeat("one of eleven", SqsQuotas.EntriesPerCall + 1)))),
        new([TwinsRefused], (lane, found) => RefusedAsync(found, TwinsRefused, () => lane.Queue.SendAsync([Twin(), Twin()]))),
        new([MebibyteTaken], MebibyteAsync),
        new([MoreRefused], (lane, found) => RefusedAsync(found, MoreRefused, () => lane.Queue.SendAsync(new string('x', SqsQuotas.BatchBytes + 1)))),
        new([BatchRefused], (lane, found) => RefusedAsync(found, BatchRefused, () => lane.Queue.SendAsync(Enumerable.Repeat(new string('x', (SqsQuotas.BatchBytes / 2) + 1), 2)))),
    ];

    private static async Task QueueAsync(Lane lane, Findings found)
    {
        var queue = lane.Queue;
        var attributes = await queue.AttributesAsync().ConfigureAwait(false);
        string[] asked = ["VisibilityTimeout", "MessageRetentionPeriod", "MaximumMessageSize", .. QueueCounts.Names];
        var missing = asked.Where(n => attributes.Number(n) is null).ToList();
        found.Say(AttributesGiven, missing.Count == 0, missing.Count == 0 ? $"MaximumMessageSize is {attributes.Number("MaximumMessageSize")}" : $"it lacks {string.Join(", ", missing)}");
        var answer = await queue.Client.GetQueueUrlAsync(new GetQueueUrlRequest(queue.Name), queue.Stop).ConfigureAwait(false);
        found.Say(FoundByName, answer.QueueUrl == queue.Url, answer.QueueUrl == queue.Url ? "the URL that it was made with" : "another URL");
        try
        {
            await queue.Client.GetQueueUrlAsync(new GetQueueUrlRequest($"{queue.Name}-none"), queue.Stop).ConfigureAwait(false);
            found.Say(MissingIsTold, false, "a URL");
        }
        catch (SqsException e) when (e.Fault is SqsFault.NotFound or SqsFault.Refused)
        {
            found.Say(MissingIsTold, e.Fault == SqsFault.NotFound, e.Code);
        }
    }

    private static async Task IdentityAsync(Lane lane, Findings found)
    {
        var queue = lane.Queue;
        var mark = queue.NewMark();
        var before = DateTimeOffset.UtcNow;
        var ids = new List<string?>();
        for (var i = 0; i < Sent; i += SqsQuotas.EntriesPerCall)
        {
            ids.AddRange(await queue.SendAsync(Enumerable.Repeat(mark, SqsQuotas.EntriesPerCall)).ConfigureAwait(false));
        }

        var messages = await queue.LookAsync(mark, Sent, TrialQueue.Soon).ConfigureAwait(false);
        var came = messages.Select(m => m.MessageId).Distinct().ToList();
        found.Say(AllCome, messages.Count >= Sent, Of(messages.Count));
        found.Say(IdsAreGiven, messages.Count > 0 && came.All(ids.Contains), Of(came.Count(ids.Contains)));
        found.Say(IdsDiffer, ids.Distinct().Count() == Sent, Of(ids.Distinct().Count()));
        found.Say(IdsAreUuids, messages.Count > 0 && came.All(i => Guid.TryParseExact(i, "D", out _)), Of(came.Count(i => Guid.TryParseExact(i, "D", out _))));
        var skews = messages.Select(m => TrialQueue.SentOf(m) is { } sent ? sent - before.ToUnixTimeMilliseconds() : (double?)null).ToList();
        found.Say(
            TimeIsOfSend, skews.Count > 0 && skews.All(s => s is { } skew && Math.Abs(skew) < MostSkew.TotalMilliseconds),
            skews.Contains(null) || skews.Count == 0 ? "none is given" : string.Create(CultureInfo.InvariantCulture, $"{skews.Min():0} to {skews.Max():0} ms from this machine's clock"));
        found.Say(CountBegins, messages.Count > 0 && messages.All(m => TrialQueue.CountOf(m) == 1), Of(messages.Count(m => TrialQueue.CountOf(m) == 1)));
        await queue.DropAsync(messages).ConfigureAwait(false);
    }

    private static async Task BodyAsync(Lane lane, Findings found)
    {
        var queue = lane.Queue;
        var mark = queue.NewMark();
        var body = mark + "Ä€\"\\/<>&'+%]]>\t\r\n x ";
        await queue.SendAsync(body).ConfigureAwait(false);
        var message = (await queue.ReceiveAsync(mark, 1).ConfigureAwait(false))[0];
        found.Say(BodyIsWhole, TrialQueue.TextOf(message) == body, TrialQueue.TextOf(message) == body ? "the same text" : "another text");
        var sum = BodyChecksum.Matches(message.BodyBytes, message.MD5OfBody);
        found.Say(Md5IsOfBody, sum == true, sum switch { true => "its own", false => "another's", null => "none" });
        await queue.DropAsync([message]).ConfigureAwait(false);
    }

    private static async Task AttributesAsync(Lane lane, Findings found)
    {
        var queue = lane.Queue;
        var mark = queue.NewMark();
        byte[] bytes = [0, 255, 10];
        await queue.SendAsync([
            new SendMessageBatchRequestEntry
            {
                MessageBody = mark,
                MessageAttributes = new()
                {
                    ["Text"] = new() { DataType = "String", StringValue = "Ä b" },
                    ["Number"] = new() { DataType = "Number", StringValue = "4.2" },
                    ["Bytes"] = new() { DataType = "Binary", BinaryValue = new MemoryStream(bytes) },
                },
            }
        ]).ConfigureAwait(false);
        var message = (await queue.ReceiveAsync(mark, 1).ConfigureAwait(false))[0];
        var attributes = message.MessageAttributes ?? [];
        List<string> same =
        [
            .. new[]
            {
                attributes.GetValueOrDefault("Text")?.StringValue == "Ä b" ? "Text" : null,
                attributes.GetValueOrDefault("Number") is { DataType: "Number", StringValue: "4.2" } ? "Number" : null,
                attributes.GetValueOrDefault("Bytes")?.BinaryValue?.ToArray().AsSpan().SequenceEqual(bytes) == true ? "Bytes" : null,
            }.OfType<string>(),
        ];
        found.Say(AttributesKept, same.Count == 3, same.Count == 0 ? "none of three" : $"the same: {string.Join(", ", same)}");
        await queue.DropAsync([message]).ConfigureAwait(false);
    }

    private static async Task BeyondBmpAsync(Lane lane, Findings found)
    {
        var queue = lane.Queue;
        var mark = queue.NewMark();
        await queue.SendAsync(mark + "😀").ConfigureAwait(false);
        var messages = await queue.ReceiveAsync(mark, 1).ConfigureAwait(false);
        var same = TrialQueue.TextOf(messages[0]) == mark + "😀";
        found.Say(BeyondBmp, same, same ? "the same text" : "another text");
        await queue.DropAsync(messages).ConfigureAwait(false);
    }

    private static async Task MebibyteAsync(Lane lane, Findings found)
    {
        var queue = lane.Queue;
        var mark = queue.NewMark();
        var body = mark.PadRight(SqsQuotas.BatchBytes, 'x');
        await queue.SendAsync(body).ConfigureAwait(false);
        var messages = await queue.ReceiveAsync(mark, 1).ConfigureAwait(false);
        var length = messages[0].BodyBytes?.Length ?? 0;
        found.Say(MebibyteTaken, TrialQueue.TextOf(messages[0]) == body, string.Create(CultureInfo.InvariantCulture, $"{length} bytes came"));
        await queue.DropAsync(messages).ConfigureAwait(false);
    }

    private static async Task RefusedAsync(Findings found, Assertion assertion, Func<Task> call)
    {
        var code = await TrialQueue.RefusalAsync(call).ConfigureAwait(false);
        found.Say(assertion, code is not null, code ?? "it was taken");
    }

    private static SendMessageBatchRequestEntry Twin() => new() { Id = "twin", MessageBody = "one of two" };

    private static string Of(int count) => string.Create(CultureInfo.InvariantCulture, $"{count} of {Sent}");
}
