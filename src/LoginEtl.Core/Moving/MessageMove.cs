using System.Diagnostics;
using System.Text;
using LoginEtl.Faults;
using LoginEtl.Keysets;
using LoginEtl.Ports;
using LoginEtl.Protecting;
using LoginEtl.Records;
using LoginEtl.Run;

namespace LoginEtl.Moving;

/// <summary>
/// Moves messages from one queue to another, as those of a dead-letter queue back to where they came from. What is sent is a new
/// message to SQS, so it carries what it was first, and runs go by that: killed between the sending of one and its delete,
/// a move leaves two of it, and a run writes one. What the ledger knows is deleted and not sent.
/// </summary>
/// <param name="to">Stays the caller's.</param>
/// <param name="ledger">Stays the caller's.</param>
/// <param name="keyring">Stays the caller's.</param>
/// <param name="options">How it is done.</param>
public sealed class MessageMove(IMessageSender to, ILedger ledger, Keyring keyring, MoveOptions options)
{
    // Fifty requests, and an answer of the ledger that is soon there.
    private const int LargestSlice = 500;

    private readonly LeftCounts _left = new();
    private readonly Stopwatch _clock = new();

    // Of batches whose deletes failed: they come again, and the ledger does not know them yet.
    private readonly HashSet<MessageId> _undeleted = [];
    private long _sent;

    /// <summary>Moves until the source ends, <paramref name="stop"/> is cancelled or something fails. A failure is in the receipt, not thrown.</summary>
    /// <param name="from">Taken over and closed.</param>
    /// <param name="stop">Stops well: what is being sent is sent and deleted, the rest stays.</param>
    public async Task<MoveReceipt> RunAsync(IMessageSource from, CancellationToken stop)
    {
        var run = new ReceivingRun(from);
        var stopping = stop.Register(run.Stop);
        using var identity = new DeliveryIdentity(keyring);
        _clock.Start();
        try
        {
            while (await run.ReceiveAsync(CancellationToken.None).ConfigureAwait(false) is { Count: > 0 } logins)
            {
                foreach (var slice in logins.Chunk(options.MaxMessagesPerSecond is { } most ? Math.Min(most, LargestSlice) : LargestSlice))
                {
                    await MoveAsync(run, identity, slice, stop).ConfigureAwait(false);
                }
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // What was not sent is in its queue still.
        }
        catch (Exception e)
        {
            run.Fail(e as LoginEtlException ?? LoginEtlException.Unexpected(e));
        }
        finally
        {
            await stopping.DisposeAsync().ConfigureAwait(false);
            await run.ReleaseAsync().ConfigureAwait(false);
        }

        return MoveReceipt.Of(run.Receipt(), to.Name, _left);
    }

    private async Task MoveAsync(ReceivingRun run, DeliveryIdentity identity, IncomingLogin[] logins, CancellationToken stop)
    {
        var asked = new List<IncomingLogin>(logins.Length);
        var again = new List<QueueDelivery>();
        foreach (var login in logins)
        {
            if (options.Where?.Invoke(login) == false)
            {
                Leave(run, login);
                continue;
            }

            if (_undeleted.Contains(DeliveryOf(login).Id!.Value))
            {
                again.Add(DeliveryOf(login));
                continue;
            }

            identity.Identify(login);
            if (login.GetDelivery().IsOriginUnverified)
            {
                _left.Unverified++;
                Leave(run, login);
            }
            else if (!IsWhole(login))
            {
                _left.Unsendable++;
                Leave(run, login);
            }
            else
            {
                asked.Add(login);
            }
        }

        await SettleAsync(run, again, Outcome.Skipped).ConfigureAwait(false);
        var answers = await ledger.AskAsync([.. asked.Select(DeliveryOf)], stop).ConfigureAwait(false);
        var byAnswer = asked.Zip(answers).ToLookup(a => a.Second, a => a.First);
        foreach (var login in byAnswer[LedgerAnswer.TooOld])
        {
            _left.TooOld++;
            Leave(run, login);
        }

        if (!options.DryRun)
        {
            await SettleAsync(run, [.. byAnswer[LedgerAnswer.Written].Select(DeliveryOf)], Outcome.Duplicate).ConfigureAwait(false);
            await SettleAsync(run, [.. byAnswer[LedgerAnswer.Quarantined].Select(DeliveryOf)], Outcome.Quarantined).ConfigureAwait(false);
        }

        var moved = options.DryRun ? byAnswer[LedgerAnswer.Unsettled].Count()
            : await SendAsync(run, identity, [.. byAnswer[LedgerAnswer.Unsettled]], stop).ConfigureAwait(false);
        options.Moved?.Invoke(new MovedBatch(moved, byAnswer[LedgerAnswer.Written].Count(), byAnswer[LedgerAnswer.Quarantined].Count()));
    }

    private async Task<int> SendAsync(ReceivingRun run, DeliveryIdentity identity, IReadOnlyList<IncomingLogin> logins, CancellationToken stop)
    {
        await WaitForTurnAsync(logins.Count, stop).ConfigureAwait(false);
        // From here on nobody returns them: what is sent must not go back as if it was not.
        var ours = logins.Where(l => run.Book.BeginCommit(DeliveryOf(l))).ToList();
        IReadOnlyList<MessageId?> ids;
        try
        {
            // Not stopped halfway: what the queue has taken is to be deleted.
            ids = await to.ForwardAsync([.. ours.Select(l => Outgoing(l, identity))], CancellationToken.None).ConfigureAwait(false);
        }
        catch
        {
            ours.ForEach(l => run.Book.RollBack(DeliveryOf(l)));
            throw;
        }

        foreach (var (login, id) in ours.Zip(ids).Where(s => s.Second is null))
        {
            _left.Unsendable++;
            run.Book.HoldBack(DeliveryOf(login));
        }

        var sent = ours.Zip(ids).Where(s => s.Second is not null).Select(s => DeliveryOf(s.First)).ToList();
        var before = run.Receipt().Undeleted;
        sent.ForEach(d => run.Book.Settle(d, Outcome.Confirmed));
        await run.DeleteAsync(sent).ConfigureAwait(false);
        _undeleted.UnionWith(run.Receipt().Undeleted > before ? sent.Select(d => d.Id!.Value) : []);
        return sent.Count;
    }

    private static async Task SettleAsync(ReceivingRun run, IReadOnlyList<QueueDelivery> deliveries, Outcome outcome)
    {
        var ours = deliveries.Where(run.Book.BeginCommit).ToList();
        ours.ForEach(d => run.Book.Settle(d, outcome));
        if (ours.Count > 0)
        {
            await run.DeleteAsync(ours).ConfigureAwait(false);
        }
    }

    // Held to the end, so that it does not come again; its content is let go of.
    private static void Leave(ReceivingRun run, IncomingLogin login)
    {
        var delivery = DeliveryOf(login);
        if (run.Book.BeginCommit(delivery))
        {
            run.Book.HoldBack(delivery);
        }
    }

    private async Task WaitForTurnAsync(int messages, CancellationToken stop)
    {
        if (options.MaxMessagesPerSecond is { } most)
        {
            var early = TimeSpan.FromSeconds((double)_sent / most) - _clock.Elapsed;
            await (early > TimeSpan.Zero ? Task.Delay(early, stop) : Task.CompletedTask).ConfigureAwait(false);
            _sent += messages;
        }
    }

    private static OutgoingMessage Outgoing(IncomingLogin login, DeliveryIdentity identity)
    {
        var delivery = DeliveryOf(login);
        var origin = delivery.Origin ?? new MessageOrigin(delivery.Id!.Value, delivery.SentTimestamp!.Value);
        return new OutgoingMessage(
            Encoding.UTF8.GetString(login.Body!), delivery.Attributes, identity.Origins.Write(origin, delivery.Group is not null, login.Body),
            delivery.Group?.MessageGroupId, delivery.Id!.Value.Value);
    }

    // As its sender sent it: what came damaged would be another message.
    private static bool IsWhole(IncomingLogin login) => login is not RejectedLogin reject
        || reject.GetRejection().Reason is not (RejectReason.InvalidUtf8 or RejectReason.LoneSurrogate or RejectReason.ChecksumMismatch);

    private static QueueDelivery DeliveryOf(IncomingLogin login) => (QueueDelivery)login.GetDelivery();
}
