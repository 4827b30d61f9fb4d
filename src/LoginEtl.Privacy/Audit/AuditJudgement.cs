namespace LoginEtl.Audit;

/// <summary>Holds what was read of a file against what the database knows.</summary>
internal static class AuditJudgement
{
    /// <summary>Of a file that was found.</summary>
    /// <param name="reading">What was read.</param>
    /// <param name="book">Read after it; null where no database was named.</param>
    /// <param name="place">Where it is; null where that says nothing: a copy, or a file that was archived.</param>
    public static AuditReport Of(AuditReading reading, AuditBook? book, string? place)
    {
        var id = reading.Chain.FileId;
        var holder = book is null || place is null ? null : book.HolderOf(place);
        var file = book?.Find(id) ?? (id is null ? holder : null);
        var report = new AuditReport
        {
            Path = AuditText.Safe(reading.Path),
            Place = AuditText.Safe(file?.Place ?? AuditPlace.Of(reading.Path)),
            FileId = id ?? file?.Id,
            Lines = reading.Chain.Count,
            Anchored = book is null ? null : reading.Anchored,
            LastAnchoredAt = file?.Last.At,
            LastAnchoredBy = file is null ? null : AuditText.Safe(file.Last.By),
            Note = reading.Note(book is not null),
            Found = reading.Found,
            Targets = [.. reading.Targets.Select(t => new AuditTarget(AuditText.Safe(t.DatabaseName), AuditText.Safe(t.Table)))],
        };
        if (id is not null && holder is not null && holder.Id != id)
        {
            return report with { State = AuditState.Replaced, Why = $"its place is that of file {holder.Id}, which was anchored there first: this one was put there instead" };
        }

        if (reading.Broken(holder) is var (line, why))
        {
            return report with { State = AuditState.Broken, BrokenLine = line, Why = why };
        }

        return book is null ? report : Anchored(report, reading, book, file, place);
    }

    /// <summary>Of a file that the database knows and that was not found.</summary>
    public static AuditReport Of(KnownFile file, AuditState state, string why) => new()
    {
        Place = AuditText.Safe(file.Place),
        FileId = file.Id,
        State = state,
        Why = why,
        Anchored = file.Lines,
        LastAnchoredAt = file.Last.At,
        LastAnchoredBy = AuditText.Safe(file.Last.By),
    };

    private static AuditReport Anchored(AuditReport report, AuditReading reading, AuditBook book, KnownFile? file, string? place)
    {
        var first = file is null ? null : book.HolderOf(file.Place);
        (AuditState State, string? Why)[] faults =
        [
            (AuditState.Moved, file is null || place is null || AuditPlace.Comparer.Equals(file.Place, place) ? null : $"it was anchored from {report.Place}, and is not there"),
            (AuditState.Replaced, first is null || first.Id == file!.Id ? null : $"its place is that of file {first.Id}, which was anchored there first"),
            (AuditState.Moved, file?.Moved),
            (AuditState.AnchorsLost, reading.AnchorsLost(book.Links)),
        ];
        var fault = faults.FirstOrDefault(f => f.Why is not null);
        return fault.Why is null ? report : report with { State = fault.State, Why = fault.Why };
    }
}
