namespace LoginEtl.Audit;

/// <summary>Lines that hold and that the database does not know.</summary>
internal static class AuditPending
{
    /// <summary>
    /// Why they are more than a kill leaves, which is one, the last; null when they are not. Earlier versions left more
    /// where the database failed again and again, but not under a file of which it knows nothing at all.
    /// </summary>
    public static string? Fault(IReadOnlyList<AuditLine> pending, long anchored)
    {
        var left = pending.Count > 0 && anchored > 0 ? pending.SkipWhile(l => l.Anchor is null).ToList() : pending;
        return left.Count <= 1 ? null
            : anchored == 0 ? $"the database knows none of its {pending.Count} lines"
            : $"the database knows no more than {anchored} of its {pending[^1].Number} lines";
    }
}
