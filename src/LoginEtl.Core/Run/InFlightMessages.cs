using LoginEtl.Records;

namespace LoginEtl.Run;

/// <summary>
/// The books of one receiving run: which deliveries it holds, in which state, and how the others ended. Every delivery
/// is settled by exactly one party; whoever comes second is told so. Thread-safe.
/// </summary>
public sealed class InFlightMessages
{
    private readonly Lock _lock = new();
    private readonly Dictionary<MessageId, QueueDelivery> _open = [];
    private readonly RunCounts _counts = new();
    private readonly HeldRoom _room;
    private readonly HashSet<MessageId>? _returned;
    private long _progressAt = Environment.TickCount64;

    /// <param name="capacity">Most deliveries held at a time.</param>
    /// <param name="holdReturned">
    /// A message that this run has returned is not emitted again when it comes again: it is held until the end. For runs
    /// that end when their queue is drained; otherwise a pipeline that returns a message would go round with it for ever.
    /// </param>
    /// <param name="maxBytes">Most bytes held at a time; one delivery is let in at any rate.</param>
    /// <param name="largestBody">Bytes of the largest body that the queue takes; that of SQS at most.</param>
    public InFlightMessages(int capacity, bool holdReturned = false, long maxBytes = long.MaxValue, int largestBody = HeldRoom.LargestBody)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(capacity);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxBytes);
        _room = new HeldRoom(capacity, maxBytes, largestBody);
        _returned = holdReturned ? [] : null;
    }

    /// <summary>The run these are the books of; set once, before the first delivery.</summary>
    public ReceivingRun? Run { get; internal set; }

    /// <summary>Name of the queue that the deliveries came from; null while no run has the books.</summary>
    public string? Queue => Run?.Name;

    /// <summary>Deliveries taken in so far.</summary>
    public long Received => Locked(() => _counts.Received);

    /// <summary>Deliveries not yet settled.</summary>
    public int Open => Locked(() => _open.Count);

    /// <summary>Whether all that is open is of groups that are held: then nobody settles any of it before the run ends.</summary>
    public bool OnlyHeldBack => Locked(() => _open.Count > 0 && _open.Values.All(d => d.State == DeliveryState.HeldBack));

    /// <summary>Whether what this run has returned is not emitted again: so it is in runs that end when drained.</summary>
    public bool HoldsReturned => _returned is not null;

    /// <summary>How many more may be taken in now, be each of them as large as a message can be.</summary>
    public int Room
    {
        get { lock (_lock) { return _room.Free; } }
    }

    /// <summary>Bytes of all that is held.</summary>
    public long HeldBytes => Locked(() => _room.Bytes);

    /// <summary>Whether it is for their bytes, and not their number, that no more may be taken in.</summary>
    public bool IsFullOfBytes => Locked(() => _room.IsFullOfBytes);

    /// <summary>Whether a writer is to wait for no more of a batch of so many logins and bytes.</summary>
    internal bool FillsBatch(int count, long bytes)
    {
        lock (_lock) { return _room.FillsBatch(count, bytes); }
    }

    /// <summary>Time since something was last settled or claimed by a writer.</summary>
    public TimeSpan SinceProgress =>
        TimeSpan.FromMilliseconds(Environment.TickCount64 - Interlocked.Read(ref _progressAt));

    /// <summary>
    /// Takes a delivery in. False when its message is held already: the earlier delivery's lease has run out, so it
    /// counts as lapsed, its place takes over the newer receipt handle, and nothing is to be emitted again. One that was
    /// on its way back is returned by now, since it came again: the new delivery is held in its own right. False as well
    /// when this run has returned its message before and holds such messages until its end.
    /// </summary>
    /// <param name="delivery">It.</param>
    /// <param name="bodyLength">Bytes of its body.</param>
    public bool Admit(QueueDelivery delivery, int bodyLength = 0)
    {
        ArgumentNullException.ThrowIfNull(delivery);
        var id = delivery.Id!.Value;
        lock (_lock)
        {
            _counts.Receive();
            if (_open.TryGetValue(id, out var held) && held.State == DeliveryState.Returning)
            {
                // Otherwise the return's answer, still under way, would let go of a message that is held again.
                End(held, Outcome.Returned, default);
            }
            else if (held is not null)
            {
                held.ReceiptHandle = delivery.ReceiptHandle;
                _counts.Add(Outcome.Lapsed);
                return false;
            }

            // Before the first of those held, nothing was there to move.
            Interlocked.Exchange(ref _progressAt, _open.Count == 0 ? Environment.TickCount64 : _progressAt);
            delivery.Book = this;
            delivery.State = DeliveryState.Held;
            delivery.Admission = _counts.Received;
            _open.Add(id, delivery);
            var isNew = _returned?.Contains(id) != true;
            _room.Take(delivery, isNew ? bodyLength : 0);
            return isNew;
        }
    }

    /// <summary>Waits until <see cref="Room"/> is above zero.</summary>
    public Task WaitForRoomAsync(CancellationToken cancellationToken)
    {
        lock (_lock) { return _room.WaitAsync(cancellationToken); }
    }

    /// <summary>A writer buffers it. False when it is no longer held (returned or settled): leave it out.</summary>
    public bool Claim(QueueDelivery delivery) => Move(delivery, DeliveryState.Claimed, DeliveryState.Held);

    /// <summary>A transaction is about to hold it. False when it is no longer there to settle: leave it out.</summary>
    public bool BeginCommit(QueueDelivery delivery) =>
        Move(delivery, DeliveryState.Committing, DeliveryState.Held, DeliveryState.Claimed);

    /// <summary>
    /// It is about to go back to the queue, which may give it again before it has answered. False when it is no longer
    /// there to return: leave it out.
    /// </summary>
    public bool BeginReturn(QueueDelivery delivery) =>
        Move(delivery, DeliveryState.Returning, DeliveryState.Held, DeliveryState.Claimed);

    /// <summary>The transaction was rolled back: it is held again.</summary>
    public void RollBack(QueueDelivery delivery) => Move(delivery, DeliveryState.Held, DeliveryState.Committing);

    /// <summary>The transaction left it out, because its group is held.</summary>
    public void HoldBack(QueueDelivery delivery)
    {
        lock (_lock)
        {
            if (Move(delivery, DeliveryState.HeldBack, DeliveryState.Committing))
            {
                // Its content is gone: it comes again.
                _room.Weigh(delivery, 0);
                Progressed();
            }
        }
    }

    /// <summary>Counts it under its outcome and lets go of it. A second call changes nothing and says false.</summary>
    public bool Settle(QueueDelivery delivery, Outcome outcome) => Settle(delivery, outcome, default);

    internal bool Settle(QueueDelivery delivery, Outcome outcome, RowFacts row)
    {
        ArgumentNullException.ThrowIfNull(delivery);
        lock (_lock)
        {
            if (delivery.Book != this || delivery.State == DeliveryState.Settled)
            {
                return false;
            }

            End(delivery, outcome, row);
            Progressed();
            return true;
        }
    }

    /// <summary>Deletes that failed for good after their commit: the messages come again and are duplicates then.</summary>
    public void CountUndeleted(long deliveries) => Count(BesideOutcomes.Undeleted, deliveries);

    /// <summary>All that is held or being written: their leases are to be kept alive.</summary>
    public IReadOnlyList<QueueDelivery> Leased()
    {
        lock (_lock) { return [.. _open.Values.Where(d => d.State != DeliveryState.Returning)]; }
    }

    /// <summary>Whether its lease is still to be kept alive: held, in a writer's buffer or in a transaction.</summary>
    public bool Leases(QueueDelivery delivery)
    {
        ArgumentNullException.ThrowIfNull(delivery);
        lock (_lock)
        {
            return delivery.Book == this
                && delivery.State is (DeliveryState.Held or DeliveryState.Claimed or DeliveryState.Committing or DeliveryState.HeldBack);
        }
    }

    /// <summary>Whether a transaction holds some of them: then something moves, however long the database takes.</summary>
    public bool AnyCommitting => Any(DeliveryState.Committing);

    /// <summary>Whether some are kept back with their groups.</summary>
    public bool AnyHeldBack => Any(DeliveryState.HeldBack);

    /// <summary>Whether some are in the hands of a writer, in its buffer or in a transaction.</summary>
    public bool AnyClaimed => Any(DeliveryState.Claimed, DeliveryState.Committing);

    /// <summary>
    /// Takes what nobody is writing, to be returned to the queue: what no writer has claimed, and with
    /// <paramref name="evenClaimed"/> also what stands in the buffers of writers.
    /// </summary>
    public IReadOnlyList<QueueDelivery> TakeUnsettled(bool evenClaimed)
    {
        lock (_lock)
        {
            var taken = _open.Values
                .Where(d => d.State is DeliveryState.Held or DeliveryState.HeldBack || (evenClaimed && d.State == DeliveryState.Claimed))
                .ToList();
            taken.ForEach(d => d.State = DeliveryState.Returning);
            return taken;
        }
    }

    /// <summary>Takes those that are still held, to be returned to the queue; this run emits them when they come again.</summary>
    public IReadOnlyList<QueueDelivery> TakeToComeAgain(IEnumerable<QueueDelivery> deliveries)
    {
        ArgumentNullException.ThrowIfNull(deliveries);
        lock (_lock)
        {
            var taken = deliveries.Where(d => d.Book == this && d.State == DeliveryState.Held).ToList();
            taken.ForEach(d => (d.State, d.ComesAgain) = (DeliveryState.Returning, true));
            return taken;
        }
    }

    /// <summary>Takes those of held groups, to be returned to the queue; what was taken before is left out.</summary>
    internal IReadOnlyList<QueueDelivery> TakeHeldBack(IEnumerable<QueueDelivery> deliveries) =>
        [.. deliveries.Where(d => Move(d, DeliveryState.Returning, DeliveryState.HeldBack))];

    /// <summary>A group was held because of a bad message.</summary>
    internal void CountHeldGroup() => Count(BesideOutcomes.HeldGroups, 1);

    /// <summary>The end of the run: what nobody will settle any more is visible again when its lease runs out.</summary>
    internal void LapseOpen()
    {
        lock (_lock)
        {
            foreach (var delivery in _open.Values.Where(d => d.State != DeliveryState.Committing).ToList())
            {
                Settle(delivery, Outcome.Lapsed);
            }
        }
    }

    /// <summary>Whether nothing is open, and every delivery received has exactly one outcome.</summary>
    public bool Balanced => Locked(() => _open.Count == 0 && _counts.Balanced);

    /// <summary>The counts as they stand.</summary>
    public RunCounts Counts() => Locked(_counts.Copy);

    private void Count(BesideOutcomes kind, long count)
    {
        lock (_lock) { _counts.Add(kind, count); }
    }

    private T Locked<T>(Func<T> read)
    {
        lock (_lock) { return read(); }
    }

    private bool Any(params DeliveryState[] states)
    {
        lock (_lock) { return _open.Values.Any(d => states.Contains(d.State)); }
    }

    private bool Move(QueueDelivery delivery, DeliveryState to, params ReadOnlySpan<DeliveryState> from)
    {
        ArgumentNullException.ThrowIfNull(delivery);
        lock (_lock)
        {
            if (delivery.Book != this || !from.Contains(delivery.State))
            {
                return false;
            }

            delivery.State = to;
            Progressed();
            return true;
        }
    }

    private void End(QueueDelivery delivery, Outcome outcome, RowFacts row)
    {
        _open.Remove(delivery.Id!.Value);
        delivery.State = DeliveryState.Settled;
        _room.LetGo(delivery);
        _counts.Add(outcome, row);
        if (outcome == Outcome.Returned && !delivery.ComesAgain)
        {
            _returned?.Add(delivery.Id!.Value);
        }
    }

    private void Progressed()
    {
        Interlocked.Exchange(ref _progressAt, Environment.TickCount64);
        _room.Wake();
    }
}
