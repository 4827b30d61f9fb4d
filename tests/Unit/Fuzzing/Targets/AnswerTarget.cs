using System.Net;
using System.Text.Json;
using System.Text.Unicode;
using System.Xml;
using Amazon.Runtime;
using Amazon.SQS.Model;
using LoginEtl.Aws.Calls;
using LoginEtl.Aws.Receiving;
using LoginEtl.Records;
using LoginEtl.Run;

namespace LoginEtl.Unit.Fuzzing.Targets;

/// <summary>
/// An answer of a server is read, or called garbled without quoting it. What is read can be kept: bodies are UTF-8 or
/// have a reason, ids can stand in a database, FIFO messages are in order.
/// </summary>
internal abstract class AnswerTarget : FuzzTarget
{
    private static readonly ServiceCalls Calls = new(TimeSpan.FromMinutes(1));

    /// <summary>What an entity of the corpus would expand to, and what stands nowhere as such.</summary>
    private static ReadOnlySpan<byte> Expanded => "eNtItY"u8;

    public override int Share => 10;

    public override IReadOnlyList<string> MustReach { get; } =
        ["UnreadableAnswer", "IncompleteMessage", "none", "whole", "InvalidUtf8", "LoneSurrogate", "ChecksumMismatch"];

    public override string Run(ReadOnlySpan<byte> input)
    {
        var answer = input.ToArray();
        foreach (var read in Others(answer))
        {
            Read(read);
        }

        var outcome = "";
        return Read(() => outcome = Receive(answer)) ?? outcome;
    }

    protected abstract IReadOnlyList<Message> Messages(byte[] answer);

    /// <summary>Readings of answers to other operations.</summary>
    protected virtual IEnumerable<Action> Others(byte[] answer) => [];

    /// <summary>Null, or the code of the one exception that there may be.</summary>
    private static string? Read(Action read)
    {
        try
        {
            Calls.CallAsync("ReceiveMessage", _ => AsTheSdkDoes(read), CancellationToken.None).GetAwaiter().GetResult();
            return null;
        }
        catch (SqsException e)
        {
            Finding.Unless(e.Fault == SqsFault.Garbled && e.IsTransient, $"it is called {e.Fault}");
            Finding.IfQuoted(e);
            return e.Code;
        }
    }

    // What the readers throw comes out of the SDK's pipeline inside an exception of its own.
    private static Task<bool> AsTheSdkDoes(Action read)
    {
        try
        {
            read();
            return Task.FromResult(true);
        }
        catch (Exception e) when (e is JsonException or XmlException)
        {
            throw new AmazonUnmarshallingException(requestId: null, lastKnownLocation: null, e, HttpStatusCode.OK);
        }
    }

    private string Receive(byte[] answer)
    {
        var messages = Messages(answer);
        var received = MessageReader.ReadAll(messages, fifo: false);
        Finding.Unless(received.Count == messages.Count, "a message is lost");
        foreach (var message in received)
        {
            Check(message);
        }

        var order = MessageReader.ReadAll(messages, fifo: true).Select(m => m.Delivery.Group!.Sequence()).ToList();
        Finding.Unless(order.SequenceEqual(order.Order()), "a group is out of order");
        return received.Count == 0 ? "none" : received[0].Rejection?.Reason.ToString() ?? "whole";
    }

    private static void Check(ReceivedMessage message)
    {
        var id = message.Delivery.Id!.Value.Value;
        Finding.Unless(id.Length > 0 && message.Delivery.ReceiptHandle.Length > 0, "a message has no id or handle");
        Finding.Unless(id.All(c => c is >= '!' and <= '~'), "a message's id cannot be kept in a database or shown in a log");
        Finding.Unless(message.Delivery.ReceiveCount > 0, "a message was never received");
        Finding.Unless(message.Rejection is not null || Utf8.IsValid(message.Body), "a body is no UTF-8, and has no reason");
        Finding.Unless(
            message.Rejection is null or { Reason: RejectReason.LoneSurrogate or RejectReason.InvalidUtf8 or RejectReason.ChecksumMismatch, Field: null },
            "a message's reason is not one of the wire");
        Finding.Unless(message.Body.AsSpan().IndexOf(Expanded) < 0, "an entity was expanded");
        if (message.Delivery.SentTimestamp is not null)
        {
            Finding.Unless(LedgerKey.Of(message.Delivery) == LedgerKey.Of(message.Delivery), "a message has two keys");
        }
    }
}
