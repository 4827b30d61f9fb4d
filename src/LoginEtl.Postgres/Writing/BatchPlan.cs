using LoginEtl.Faults;
using LoginEtl.Keysets;
using LoginEtl.Postgres.Targets;
using LoginEtl.Records;
using LoginEtl.Rotation;
using LoginEtl.Run;
using LoginEtl.Settings;

namespace LoginEtl.Postgres.Writing;

/// <summary>A batch made ready: equal ids collapsed, rows encoded, everything in the order it is written.</summary>
internal sealed class BatchPlan
{
    private BatchPlan(int size, List<BatchItem> items)
    {
        Size = size;
        Items = items;
    }

    /// <summary>As recorded in the ledger; the same at every try, so that a try whose answer was lost is recognised.</summary>
    public Guid BatchId { get; private init; } = Guid.CreateVersion7();

    /// <summary>Deliveries handed over, equal ids included.</summary>
    public int Size { get; }

    /// <summary>One a message, sorted by key: writers that meet in the ledger queue up instead of deadlocking.</summary>
    public IReadOnlyList<BatchItem> Items { get; }

    /// <summary>Places of deliveries whose message came before in the batch, and that message.</summary>
    public IReadOnlyList<(int Ordinal, BatchItem Of)> Duplicates { get; private init; } = [];

    /// <summary>What is held of the batch's groups; null where a bad message holds nothing.</summary>
    public GroupHold? Hold { get; private init; }

    /// <summary>The groups that the last try has held.</summary>
    public IReadOnlyList<HeldGroup> Held { get; set; } = [];

    /// <summary>The rows that the last try has sent to quarantine.</summary>
    public IReadOnlyList<RefusedRow> Refused { get; set; } = [];

    /// <summary>Keys of its records that the database would not tell from others under their ids.</summary>
    public IReadOnlyList<StoredKey> KnownByIdAlone { get; set; } = [];

    /// <summary>What the table held before its first key that was masked by somebody else.</summary>
    public IReadOnlyList<ForeignValues> Foreign { get; set; } = [];

    /// <summary>
    /// What the last try had to say when it sent COMMIT, one a delivery; null before. If that COMMIT took place and its
    /// answer was lost, this is what became of the batch.
    /// </summary>
    public Outcome[]? Promised { get; set; }

    /// <summary>One whose entry the last try that sent COMMIT has added to a ledger; null before.</summary>
    public BatchItem? Added { get; set; }

    /// <summary>Makes a batch ready.</summary>
    /// <param name="batch">As it was handed over.</param>
    /// <param name="encoder">By the table as it is.</param>
    /// <param name="onBadInGroup">What a bad message means for its group.</param>
    /// <param name="id">Of the batch.</param>
    /// <param name="earlier">The same batch as it was encoded for what the table was before.</param>
    /// <exception cref="LoginEtlException">A message has no key in the ledger.</exception>
    public static BatchPlan Of(IReadOnlyList<ProtectedLogin> batch, RowEncoder encoder, BadInGroupAction onBadInGroup, Guid id, BatchPlan? earlier = null)
    {
        var items = new List<BatchItem>(batch.Count);
        var seen = new Dictionary<(bool, Guid), BatchItem>(batch.Count);
        var twins = new List<(int, BatchItem)>();
        for (var i = 0; i < batch.Count; i++)
        {
            var login = batch[i];
            var delivery = login.GetDelivery();
            var (key, isLine) = (KeyOf(delivery), delivery is LineDelivery);
            if (seen.TryGetValue((isLine, key), out var first))
            {
                twins.Add((i, first));
                continue;
            }

            object?[]? row = null;
            var refusal = login switch
            {
                LoginRecord record => encoder.TryEncode(record, out row),
                SealedReject reject => Refusal.Of(reject.GetRejection()),
                _ => throw new ArgumentException($"A {login.GetType().Name} cannot be written.", nameof(batch)),
            };
            var item = new BatchItem { Ordinal = i, Key = key, IsLine = isLine, Login = login, Row = refusal is null ? row : null, Refusal = refusal };
            items.Add(item);
            seen.Add((isLine, key), item);
        }

        FifoOrder.Apply(items);
        items.Sort((a, b) => a.Key.CompareTo(b.Key));
        // Only an item that is no duplicate can be bad, so the batch is probed first then.
        var holds = onBadInGroup == BadInGroupAction.HoldGroup && items.Any(i => i.Group is not null);
        return new BatchPlan(batch.Count, items)
        {
            Hold = holds ? new GroupHold() : null,
            Duplicates = twins,
            BatchId = id,
            Promised = earlier?.Promised,
            Added = earlier?.Added,
        };
    }

    /// <summary>
    /// Rows in the order of the user's own unique key, where there is one, and those of one key oldest first; as they
    /// came otherwise.
    /// </summary>
    public static List<BatchItem> InTableOrder(IEnumerable<BatchItem> rows, TargetTable table)
    {
        var sorted = rows.ToList();
        if (table.UniqueKey.Count == 0)
        {
            sorted.Sort((a, b) => a.Rank.CompareTo(b.Rank));
            return sorted;
        }

        int[] places = [.. table.UniqueKey, table.CreateDate];
        sorted.Sort((a, b) =>
            CompareValues(a.Row!, b.Row!, places) is not 0 and var order ? order
            : Nullable.Compare(a.Age, b.Age) is not 0 and var age ? age
            : a.Rank.CompareTo(b.Rank));
        return sorted;
    }

    private static int CompareValues(object?[] a, object?[] b, int[] places)
    {
        foreach (var place in places)
        {
            var order = a[place] is string text && b[place] is string other
                ? string.CompareOrdinal(text, other)
                : Comparer<object?>.Default.Compare(a[place], b[place]);
            if (order != 0)
            {
                return order;
            }
        }

        return 0;
    }

    private static Guid KeyOf(Delivery delivery)
    {
        if (delivery is QueueDelivery { Group: null, SentTimestamp: null })
        {
            throw new LoginEtlException(
                ErrorId.MissingSentTimestamp, $"The queue gave no SentTimestamp for message {delivery}, and without it the message has no place in the ledger.",
                "Let the receiver ask for the attribute SentTimestamp; no message of this batch was written or deleted.");
        }

        return delivery is not QuarantinedDelivery ? LedgerKey.Of(delivery) : throw new LoginEtlException(
            ErrorId.RestoreNeeded, $"Message {delivery} comes out of quarantine, where its place in the ledger is.",
            "Use Restore-LoginQuarantine; nothing of this batch was written or deleted.");
    }
}

/// <summary>One message of a batch, ready to be written: a row, or an entry of the quarantine.</summary>
internal sealed class BatchItem
{
    private int? _rank;
    private DateTimeOffset? _age;

    /// <summary>Place in the batch as it was handed over.</summary>
    public required int Ordinal { get; init; }

    /// <summary>Place among the rows where nothing else orders them: as it was handed over, but for <see cref="FifoOrder"/>.</summary>
    public int Rank
    {
        get => _rank ?? Ordinal;
        set => _rank = value;
    }

    /// <summary>When it was sent, but for <see cref="FifoOrder"/>: among rows of one key, the newest wins.</summary>
    public DateTimeOffset? Age
    {
        get => _age ?? Login.SentTimestamp;
        set => _age = value;
    }

    /// <summary>Key in the ledger.</summary>
    public required Guid Key { get; init; }

    /// <summary>The file ledger's, and not the queue ledger's.</summary>
    public required bool IsLine { get; init; }

    /// <summary>The message itself.</summary>
    public required ProtectedLogin Login { get; init; }

    /// <summary>The group whose order it is written in; null outside of FIFO queues.</summary>
    public FifoGroup? Group => FifoGroup.Of(Login);

    /// <summary>Its place in <see cref="Group"/>.</summary>
    public UInt128 Sequence => ((QueueDelivery)Login.GetDelivery()).Group!.Sequence();

    /// <summary>Values in the order of the target's columns; null when <see cref="Refusal"/> is set.</summary>
    public object?[]? Row { get; init; }

    /// <summary>Why it goes to quarantine; null for a row.</summary>
    public Refusal? Refusal { get; set; }
}

/// <summary>
/// Puts the messages of each group of a FIFO queue into the order of their sequence numbers, whatever a pipeline has
/// made of it: on the places that the group has in the batch, and with ages that never go down within it.
/// </summary>
internal static class FifoOrder
{
    /// <summary>Sets <see cref="BatchItem.Rank"/> and <see cref="BatchItem.Age"/>; items come in the batch's order.</summary>
    public static void Apply(IReadOnlyList<BatchItem> items)
    {
        foreach (var group in items.Where(i => i.Group is not null).GroupBy(i => i.Group).Select(g => g.ToList()).Where(g => g.Count > 1))
        {
            Apply(group, [.. group.OrderBy(i => i.Sequence)]);
        }
    }

    // Newer is later in the group, and clocks of servers may differ: a message is as new as the newest before it.
    private static void Apply(List<BatchItem> places, List<BatchItem> ordered)
    {
        DateTimeOffset? newest = null;
        for (var i = 0; i < ordered.Count; i++)
        {
            var sent = ordered[i].Login.SentTimestamp;
            newest = newest > sent ? newest : sent ?? newest;
            ordered[i].Rank = places[i].Ordinal;
            ordered[i].Age = newest;
        }
    }
}
