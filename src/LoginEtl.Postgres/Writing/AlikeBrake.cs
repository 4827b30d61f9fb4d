using LoginEtl.Faults;
using LoginEtl.Postgres.Catalog;
using LoginEtl.Records;

namespace LoginEtl.Postgres.Writing;

/// <summary>
/// Stops a run that meets nothing but one fault: rows that the table refuses alike, bodies that do not decode in one way.
/// Then it is the table, the settings or the queue, and not the messages. Counted over the run, because a quiet queue brings
/// one message a batch. Duplicates, and what was refused before and is held with its group, are no sign either way.
/// </summary>
/// <param name="mayRejectAll">The run was told to go on.</param>
internal sealed class AlikeBrake(bool mayRejectAll)
{
    private const int MostRows = 10;
    private const int MostBodies = 20;

    private readonly AlikeStreak _rows = new(MostRows);
    private readonly AlikeStreak _bodies = new(MostBodies);

    /// <summary>A batch begins, or begins anew.</summary>
    public void Begin()
    {
        _rows.Begin();
        _bodies.Begin();
    }

    /// <summary>The batch in hand stands.</summary>
    public void Settle()
    {
        _rows.Settle();
        _bodies.Settle();
    }

    /// <summary>Before anything of the batch in hand is quarantined or held.</summary>
    /// <param name="table">The table, for the error.</param>
    /// <param name="refused">What of the batch was refused now for the first time, in the order in which it came.</param>
    /// <param name="decodes">Whether there is a login in the batch that was not settled before, whatever became of it.</param>
    /// <param name="isWritten">Whether the table took a row of the batch.</param>
    /// <exception cref="LoginEtlException"><c>EveryRowRefused</c>, <c>EveryBodyRejected</c>: the batch must not commit.</exception>
    public void Check(QualifiedName table, IEnumerable<(ProtectedLogin Login, Refusal Why)> refused, bool decodes, bool isWritten)
    {
        Begin();
        if (mayRejectAll)
        {
            return;
        }

        if (isWritten)
        {
            _rows.Break();
        }

        if (decodes)
        {
            _bodies.Break();
        }

        foreach (var (login, why) in refused)
        {
            if (login is LoginRecord && !isWritten)
            {
                _rows.Add(why);
            }
            else if (login is SealedReject && !decodes)
            {
                _bodies.Add(why);
            }
        }

        if (_rows.TooLong is { } rows)
        {
            throw new LoginEtlException(
                ErrorId.EveryRowRefused,
                $"{rows.Length} rows for {table} were refused alike, one after the other, and none was written between them: {rows.Why}.",
                "Look at the table's constraints and triggers, and at the settings of the run; if it is the rows, -MaxRejectRatio 1 lets them be rejected. Nothing of this batch was written, quarantined or deleted; what earlier ones have quarantined Restore-LoginQuarantine writes.");
        }

        if (_bodies.TooLong is { } bodies)
        {
            throw new LoginEtlException(
                ErrorId.EveryBodyRejected,
                $"{bodies.Length} messages were rejected alike, one after the other, and no login came between them: {new Rejection(bodies.Why.Reason, bodies.Why.Field)}.",
                "See whether this is the queue of the logins, and what its messages are wrapped in; if it is the messages, -MaxRejectRatio 1 lets them be rejected. Nothing of this batch was written, quarantined or deleted.");
        }
    }
}

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
