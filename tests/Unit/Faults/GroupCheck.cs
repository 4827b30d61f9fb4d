using LoginEtl.Unit.Faults.Messages;

namespace LoginEtl.Unit.Faults;

/// <summary>Proves of a FIFO queue's groups: they are settled from their beginning on, and written in their order.</summary>
internal static class GroupCheck
{
    /// <summary>What is wrong; empty when all is well, and for messages without a group.</summary>
    public static IEnumerable<string> Complaints(IEnumerable<SentMessage> sent, Standing standing)
    {
        foreach (var group in Groups(Firsts(sent)))
        {
            var unsettled = group.FindIndex(m => !LedgerCheck.IsSettled(m, standing));
            if (unsettled >= 0 && group.FindLastIndex(m => LedgerCheck.IsSettled(m, standing)) is var last && last > unsettled)
            {
                yield return $"{group[last].MessageId} is settled before {group[unsettled].MessageId}, which is earlier in its group";
            }

            var places = group.Where(m => m.UserId is not null && standing.Places.ContainsKey(m.UserId)).Select(m => (Message: m, Place: standing.Places[m.UserId!])).ToList();
            foreach (var (earlier, later) in places.Zip(places.Skip(1)).Where(pair => pair.First.Place >= pair.Second.Place))
            {
                yield return $"the row of {later.Message.MessageId} is written before that of {earlier.Message.MessageId}, which is earlier in its group";
            }
        }
    }

    /// <summary>What was settled although its group was held before it, all the time from one standing to another.</summary>
    public static IEnumerable<string> HeldComplaints(IReadOnlyCollection<SentMessage> sent, Standing before, Standing after)
    {
        var held = Held(sent, before);
        return Firsts(sent).Where(m => held.Contains(m.MessageId) && LedgerCheck.IsSettled(m, after))
            .Select(m => $"{m.MessageId} is settled and should be held with its group: {Listed(sent.Where(o => o.Group == m.Group), before, after)}");
    }

    /// <summary>The ids of what groups hold back: from their first unsettled bad message on.</summary>
    public static IReadOnlySet<string> Held(IEnumerable<SentMessage> sent, Standing standing) => Groups(sent)
        .SelectMany(group => group.SkipWhile(m => m.Fate != Fate.Quarantine || LedgerCheck.IsSettled(m, standing)))
        .Select(m => m.MessageId).ToHashSet();

    // Every message of a group: a letter for what it has to become, * settled before, + settled since, and whose copy it is.
    private static string Listed(IEnumerable<SentMessage> group, Standing before, Standing after)
    {
        var firsts = new Dictionary<string, string>();
        return string.Join(", ", group.Select(m =>
        {
            var copyOf = firsts.TryAdd(m.Identity, m.MessageId) ? "" : $" of {firsts[m.Identity]}";
            return $"{m.MessageId[..Math.Min(8, m.MessageId.Length)]} {m.Fate}{(LedgerCheck.IsSettled(m, before) ? "*" : LedgerCheck.IsSettled(m, after) ? "+" : "")}{copyOf}";
        }));
    }

    // A copy that comes later makes nothing, wherever it stands.
    private static IEnumerable<SentMessage> Firsts(IEnumerable<SentMessage> sent) => sent.DistinctBy(m => m.Identity);

    private static IEnumerable<List<SentMessage>> Groups(IEnumerable<SentMessage> sent) =>
        sent.Where(m => m.Group is not null).GroupBy(m => m.Group).Select(group => group.ToList());
}
