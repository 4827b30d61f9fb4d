using LoginEtl.Quarantine;
using LoginEtl.Records;

namespace LoginEtl.Subjects;

/// <summary>Opens the sealed bodies of a quarantine and looks for a person in them. No group is opened before its audit line is on disk and anchored.</summary>
/// <param name="quarantine">Stays the caller's.</param>
/// <param name="bodies">Opens them; stays the caller's.</param>
public sealed class SealedSearch(IQuarantine quarantine, BodyRecovery bodies)
{
    /// <summary>Looks into all of them, settled ones among them.</summary>
    /// <param name="subject">Who is looked for.</param>
    /// <param name="note">Told what had to be put right in the audit file.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="Faults.LoginEtlException">The audit or the database failed.</exception>
    public async Task<SealedFindings> RunAsync(Subject subject, Action<string> note, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(subject);
        ArgumentNullException.ThrowIfNull(note);
        var (searched, found) = (new List<long>(), new Dictionary<long, PlainBody>());
        var group = new List<QuarantineEntry>(BodyRecovery.GroupSize);
        await foreach (var entry in quarantine.ListAsync(new QuarantineFilter { IncludeSettled = true }, cancellationToken).ConfigureAwait(false))
        {
            if (entry.IsSealed)
            {
                group.Add(entry);
            }

            if (group.Count == BodyRecovery.GroupSize)
            {
                await LookAsync().ConfigureAwait(false);
            }
        }

        await LookAsync().ConfigureAwait(false);
        return new SealedFindings(searched, found);

        async Task LookAsync()
        {
            foreach (var (entry, body, _) in await bodies.RecoverAsync(group, cancellationToken).ConfigureAwait(false))
            {
                if (body is null)
                {
                    continue;
                }

                searched.Add(entry.Id);
                if (subject.IsIn(body))
                {
                    found.Add(entry.Id, body);
                }
            }

            if (bodies.Note is { } said)
            {
                note(said);
            }

            group.Clear();
        }
    }
}

/// <summary>What was found in sealed bodies.</summary>
public sealed class SealedFindings
{
    /// <summary>Where nobody looked.</summary>
    public static readonly SealedFindings None = new([], new Dictionary<long, PlainBody>());

    internal SealedFindings(IReadOnlyList<long> searched, IReadOnlyDictionary<long, PlainBody> bodies) => (Searched, Bodies) = (searched, bodies);

    /// <summary>Entries whose body was looked into, by their ids.</summary>
    public IReadOnlyList<long> Searched { get; }

    /// <summary>Those of them that are the person's.</summary>
    public IEnumerable<long> Entries => Bodies.Keys;

    // Internal: no public member gives what is stored in clear.
    internal IReadOnlyDictionary<long, PlainBody> Bodies { get; }
}
