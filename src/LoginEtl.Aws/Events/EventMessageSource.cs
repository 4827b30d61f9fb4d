using System.Text.Json;
using LoginEtl.Aws.Calls;
using LoginEtl.Aws.Protocols;
using LoginEtl.Aws.Receiving;
using LoginEtl.Decoding;
using LoginEtl.Faults;
using LoginEtl.Records;
using LoginEtl.Run;

namespace LoginEtl.Aws.Events;

/// <summary>
/// The messages of one event, as Lambda is given them from a queue. Whoever gave them deletes them, and makes visible again
/// what it is told to: nothing here calls SQS.
/// </summary>
public sealed class EventMessageSource : IMessageSource
{
    private readonly IReadOnlyList<ReceivedMessage> _messages;
    private readonly HashSet<MessageId> _settled = [];
    private readonly Lock _lock = new();
    private bool _isGiven;

    private EventMessageSource(string name, IReadOnlyList<ReceivedMessage> messages, DecodeOptions decoding)
    {
        (Name, _messages, Decoding) = (name, messages, decoding);
        Book = new InFlightMessages(Math.Max(1, messages.Count));
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public InFlightMessages Book { get; }

    /// <inheritdoc/>
    public RunEnd RunEnd { get; } = new(TimeSpan.Zero);

    /// <inheritdoc/>
    public DecodeOptions Decoding { get; }

    /// <summary>Ids of the messages that are to come again, in their order: those that are not settled, and of a group all from its first one on.</summary>
    public IReadOnlyList<string> Unsettled
    {
        get
        {
            lock (_lock)
            {
                var groups = new HashSet<string>();
                var unsettled = new List<string>();
                foreach (var delivery in _messages.Select(m => m.Delivery))
                {
                    // Two records of one message are one to the queue.
                    var group = delivery.Group?.MessageGroupId;
                    if (!_settled.Contains(delivery.Id!.Value) || (group is not null && groups.Contains(group)))
                    {
                        unsettled.Add(delivery.Id.Value.ToString());
                        groups.UnionWith(group is null ? [] : [group]);
                    }
                }

                return [.. unsettled.Distinct()];
            }
        }
    }

    /// <summary>Reads an event (AWS Lambda developer guide, "Using Lambda with Amazon SQS").</summary>
    /// <param name="json">UTF-8.</param>
    /// <param name="decoding">How bodies are decoded.</param>
    /// <exception cref="LoginEtlException"><c>EventInvalid</c>.</exception>
    public static EventMessageSource Read(ReadOnlySpan<byte> json, DecodeOptions decoding)
    {
        ArgumentNullException.ThrowIfNull(decoding);
        try
        {
            var messages = ReceiveUnmarshaller.Read(json, MessageNames.OfEvent).Cast<SqsMessage>().ToList();
            var arn = messages.FirstOrDefault()?.SourceArn;
            if (arn is null || messages.Any(m => m.SourceArn != arn) || arn.Split(':') is not ["arn", _, "sqs", _, _, { Length: > 0 } name])
            {
                throw Invalid();
            }

            return new EventMessageSource(
                Quotable.IsName(name) ? name : "queue",
                MessageReader.ReadAll(messages, fifo: name.EndsWith(".fifo", StringComparison.Ordinal), decoding.Identity.AttributeName), decoding);
        }
        catch (Exception e) when (e is JsonException or SqsException)
        {
            throw Invalid();
        }
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<ReceivedMessage>> ReceiveAsync(CancellationToken cancellationToken)
    {
        RunEnd.ThrowIfFailed();
        if (_isGiven || RunEnd.Reason is not null)
        {
            RunEnd.Set(EndReason.MaxMessages);
            return Task.FromResult<IReadOnlyList<ReceivedMessage>>([]);
        }

        _isGiven = true;
        return Task.FromResult<IReadOnlyList<ReceivedMessage>>([.. _messages.Where(m => Book.Admit(m.Delivery, m.BodyLength))]);
    }

    /// <inheritdoc/>
    public Task DeleteAsync(IReadOnlyCollection<QueueDelivery> settled, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            _settled.UnionWith(settled.Select(d => d.Id!.Value));
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task ReturnAsync(IReadOnlyCollection<QueueDelivery> unsettled, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(unsettled);
        foreach (var delivery in unsettled)
        {
            Book.Settle(delivery, Outcome.Returned);
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static LoginEtlException Invalid() => new(
        ErrorId.EventInvalid, "The event is no batch of messages of one SQS queue. Nothing of it was written.",
        "Let an event source mapping of a queue invoke the function; it takes no other events.");
}
