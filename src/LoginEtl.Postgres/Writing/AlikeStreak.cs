namespace LoginEtl.Postgres.Writing;

/// <summary>
/// Counts, over the batches of a run, what is refused in one way and in a row. What the batch in hand adds stands only
/// when that batch does.
/// </summary>
/// <param name="most">So many are no longer the messages' own fault.</param>
internal sealed class AlikeStreak(int most)
{
    private (Refusal? Why, int Length) _settled;
    private (Refusal? Why, int Length) _batch;
    private (Refusal? Why, int Length) _longest;

    /// <summary>The longest streak that has gone on in the batch in hand, with what all of it has in common; null while it is short.</summary>
    public (Refusal Why, int Length)? TooLong => _longest.Length >= most ? (_longest.Why!, _longest.Length) : null;

    /// <summary>A batch begins, or begins anew.</summary>
    public void Begin() => (_batch, _longest) = (_settled, default);

    /// <summary>One went well.</summary>
    public void Break() => _batch = default;

    /// <summary>The next was refused.</summary>
    public void Add(Refusal why)
    {
        // Not by the constraint: one change of a table may break several. It is told where it is the same one.
        var isAlike = _batch.Why is { } last && (last.Reason, last.Field, last.SqlState) == (why.Reason, why.Field, why.SqlState);
        _batch = !isAlike ? (why, 1) : (_batch.Why == why ? why : why with { Constraint = null }, _batch.Length + 1);
        if (_batch.Length > _longest.Length)
        {
            _longest = _batch;
        }
    }

    /// <summary>The batch in hand stands.</summary>
    public void Settle()
    {
        _settled = _batch;
        Begin();
    }
}
