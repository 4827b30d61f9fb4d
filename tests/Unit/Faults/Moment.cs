namespace LoginEtl.Unit.Faults;

/// <summary>When something befalls a run: at a time, or at a call of its own.</summary>
/// <param name="After">Since the run's start; null where a call decides.</param>
/// <param name="Operation">The call to the queue; null for a COMMIT.</param>
/// <param name="Ordinal">Which one of them, from 1.</param>
internal sealed record Moment(TimeSpan? After, string? Operation, int Ordinal)
{
    public static Moment AfterMilliseconds(int milliseconds) => new(TimeSpan.FromMilliseconds(milliseconds), null, 0);

    /// <summary>Before the call is passed on to the server.</summary>
    public static Moment At(string operation, int ordinal) => new(null, operation, ordinal);

    /// <summary>Before COMMIT is passed on to the server, which it reaches.</summary>
    public static Moment AtCommit(int ordinal) => new(null, null, ordinal);

    public override string ToString() => After is { } time ? $"after {time.TotalMilliseconds} ms" : $"at {Operation ?? "COMMIT"} {Ordinal}";
}
