using System.Diagnostics;
using System.Threading.Channels;
using Amazon.SQS.Model;
using LoginEtl.Aws.Calls;
using LoginEtl.Aws.Protocols;
using LoginEtl.Aws.Queues;
using LoginEtl.Faults;
using LoginEtl.Run;
using LoginEtl.Settings;
using LoginEtl.Telemetry;

namespace LoginEtl.Aws.Receiving;

/// <summary>One polling loop of several: reserve, poll, admit, hand over.</summary>
internal sealed class Receiver(
    SqsQueue queue, VisibilityTerms lease, InFlightMessages book, PollAllowance allowance, ConcurrencyLimit limit, ReceiveState activity,
    ChannelWriter<ReceivedMessage> output, ReceiveOptions options, OutageNotice outage, Lock handover)
{
    private const int ShortestWait = 1;
    private readonly string? _identityAttribute = options.Decoding.Identity.AttributeName;
    private TimeSpan? _failingSince;
    private int _failures;

    /// <summary>
    /// A server keeps a long poll for its full time even when its client has hung up, and hands it messages that nobody
    /// reads: they are invisible until their timeout. So polls are short where that would show: while this run holds
    /// messages that it may have to return, and on loopback, where one run follows the other and calls cost nothing.
    /// </summary>
    private int WaitSeconds => queue.Endpoint.IsLocal || book.Open > 0 || _failures > 0 ? ShortestWait : SqsQuotas.LongestPollSeconds;

    /// <param name="stopping">No new polls.</param>
    /// <param name="abort">Polls in flight are given up.</param>
    /// <exception cref="LoginEtlException">Polling failed for good.</exception>
    public async Task RunAsync(CancellationToken stopping, CancellationToken abort)
    {
        try
        {
            while (!stopping.IsCancellationRequested && !allowance.Exhausted)
            {
                await limit.EnterAsync(stopping).ConfigureAwait(false);
                try
                {
                    await PollOnceAsync(stopping, abort).ConfigureAwait(false);
                }
                finally
                {
                    limit.Leave();
                }
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested || abort.IsCancellationRequested)
        {
            // The end of a stopped run.
        }
    }

    /// <summary>Until a poll succeeds: while the queue fails, nobody else takes its turn.</summary>
    private async Task PollOnceAsync(CancellationToken stopping, CancellationToken abort)
    {
        while (!stopping.IsCancellationRequested && !allowance.Exhausted)
        {
            var reserved = allowance.TryReserve(SqsQuotas.EntriesPerCall);
            if (reserved < SqsQuotas.EntriesPerCall)
            {
                limit.Spare();
            }

            if (reserved == 0)
            {
                await allowance.WaitAsync(stopping).ConfigureAwait(false);
                return;
            }

            if (await PollAsync(reserved, abort).ConfigureAwait(false))
            {
                return;
            }

            limit.Failed();
            await Task.Delay(Backoff.Delay(_failures), stopping).ConfigureAwait(false);
        }
    }

    private async Task<bool> PollAsync(int reserved, CancellationToken abort)
    {
        var began = ReceiveState.Now;
        var started = Stopwatch.GetTimestamp();
        try
        {
            var answer = await queue.Client
                .ReceiveMessageAsync(
                    new ReceiveMessageRequest(queue.Url)
                    {
                        MaxNumberOfMessages = reserved,
                        WaitTimeSeconds = WaitSeconds,
                        VisibilityTimeout = lease.AskFor,
                        MessageSystemAttributeNames = [.. MessageAttributes.AskedFor],
#pragma warning disable CS0618 // Older servers know them by this name only.
                        AttributeNames = [.. MessageAttributes.AskedFor],
#pragma warning restore CS0618
                        MessageAttributeNames = MessageAttributes.OfSender(_identityAttribute, options.KeepsAttributes),
                    },
                    abort)
                .ConfigureAwait(false);
            var took = Stopwatch.GetElapsedTime(started);
            var messages = answer.Messages ?? [];
            if (TakeIn(messages) == 0)
            {
                activity.FoundNothingNew(began, full: messages.Count >= reserved);
            }

            // A long poll that brings little has waited for it. SQS's answers are seldom quite full.
            if (2 * messages.Count < reserved)
            {
                limit.Spare();
            }
            else
            {
                limit.Completed(took);
            }

            _failingSince = null;
            _failures = 0;
            return true;
        }
        catch (SqsException e) when (e.IsTransient)
        {
            _failures++;
            var now = ReceiveState.Now;
            _failingSince ??= now;
            if (options.RetryFor != Timeout.InfiniteTimeSpan && now - _failingSince >= options.RetryFor)
            {
                throw queue.Faults.Explain(e);
            }

            RunMetrics.Retried(RunMetrics.OfQueue, $"{e.Fault}");
            outage.Tell(now - _failingSince.Value, () => queue.Faults.Explain(e).Message);
            return false;
        }
        catch (SqsException e)
        {
            throw queue.Faults.Explain(e);
        }
        finally
        {
            allowance.Release(reserved);
        }
    }

    private int TakeIn(List<Message> messages)
    {
        if (messages.Count == 0)
        {
            return 0;
        }

        // Where a lease is over already, another receiver may get the same group, and more of it: what comes first must be
        // handed over first, or a row could be written before a bad message that holds its group.
        using var turn = queue.IsFifo ? handover.EnterScope() : default;
        // All of them before the first is handed over: when a bad one holds its group, those behind it are known.
        var taken = MessageReader.ReadAll(messages, queue.IsFifo, _identityAttribute, options.KeepsAttributes).Where(m => book.Admit(m.Delivery, m.BodyLength)).ToList();
        var undated = false;
        foreach (var message in taken)
        {
            activity.Received(message.Delivery);
            if (message.Delivery is { SentTimestamp: null, Group: null })
            {
                // Not handed over: it is the server's fault, so the run ends and the message goes back.
                undated = true;
            }
            else
            {
                // Refused only when the run has failed; then the message is returned with all that is held.
                output.TryWrite(message);
            }
        }

        return undated
            ? throw new LoginEtlException(
                ErrorId.MissingSentTimestamp,
                $"The queue '{queue.Name}' gave a message without SentTimestamp, which has no place in the ledger.",
                "Use a server that gives the attribute SentTimestamp; SQS always does.")
            : taken.Count;
    }
}
