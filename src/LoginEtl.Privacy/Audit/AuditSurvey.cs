using LoginEtl.Faults;

namespace LoginEtl.Audit;

/// <summary>Looks for every file that a database knows: at its place, and in folders of archived files.</summary>
internal sealed class AuditSurvey(AuditKeys keys, IAuditAnchor anchor, IReadOnlyList<string> tokens, CancellationToken cancellationToken)
{
    // What the system makes up as it is read: no file of ours is there, and reading may do something.
    private static readonly string[] s_noFiles = OperatingSystem.IsWindows() ? [] : ["/proc/", "/sys/", "/dev/"];

    private readonly Dictionary<string, LoginEtlException> _busy = new(StringComparer.Ordinal);

    // What was found of a file: at its place, in the archives, or why it could not be read.
    private sealed record Finding(KnownFile File, AuditReading? AtPlace, LoginEtlException? Fault, List<AuditReading> Archived);

    public async Task<IReadOnlyList<AuditReport>> RunAsync(IReadOnlyList<string> files, IReadOnlyList<string> archives)
    {
        var known = (await BookAsync().ConfigureAwait(false)).Files.ToList();
        var archived = await ArchivedAsync(archives).ConfigureAwait(false);
        var findings = new List<Finding>();
        foreach (var file in known)
        {
            findings.Add(await FindAsync(file, archived.GetValueOrDefault(file.Id) ?? []).ConfigureAwait(false));
        }

        var places = known.Select(f => f.Place).ToHashSet(AuditPlace.Comparer);
        var others = archived.Where(a => !known.Any(f => f.Id == a.Key)).SelectMany(a => a.Value).Select(path => (Path: path, Place: (string?)null))
            .Concat(files.Where(path => !places.Contains(AuditPlace.Of(path))).Select(path => (Path: path, Place: (string?)AuditPlace.Of(path))));
        var unknown = new List<(string Path, string? Place, AuditReading? Reading, LoginEtlException? Fault)>();
        foreach (var (path, place) in others)
        {
            var (reading, unread) = await TryReadAsync(path).ConfigureAwait(false);
            unknown.Add((path, place, reading, unread));
        }

        // Asked once more: what was added while files were read is known to their last lines.
        var book = await BookAsync().ConfigureAwait(false);
        var reports = findings.Select(f => Report(f, book)).ToList();
        reports.AddRange(unknown.Where(u => u.Reading is not null).Select(u => AuditJudgement.Of(u.Reading!, book, u.Place)));
        reports.AddRange(unknown.Where(u => u.Fault is not null).Select(u => new AuditReport
        {
            Place = AuditPlace.Of(u.Path),
            Path = u.Path,
            State = AuditState.Unreadable,
            Why = Unread(u.Fault!),
        }));
        return [.. AnchorFault.Reports(book.Faults), .. reports];
    }

    private static AuditReport Report(Finding finding, AuditBook book)
    {
        var (file, atPlace, fault, archived) = finding;
        if (atPlace is not null && atPlace.Chain.FileId == file.Id)
        {
            return AuditJudgement.Of(atPlace, book, file.Place);
        }

        // An empty file that was left at the place says nothing of the one in the archive.
        if (fault is null && atPlace is null or { Chain: { Count: 0, Broken: null, Unfinished: 0 } } && archived.Count > 0)
        {
            var reports = archived.ConvertAll(a => AuditJudgement.Of(a, book, place: null));
            var best = reports.Find(r => r.IsIntact) ?? reports[0];
            return best.IsIntact ? best with { State = AuditState.Archived } : best;
        }

        return fault?.Error == ErrorId.AuditFileNotOurs ? AuditJudgement.Of(file, AuditState.Replaced, "a link, a folder or a device is at its place")
            : fault is not null ? AuditJudgement.Of(file, AuditState.Unreadable, Unread(fault))
            : atPlace?.Chain.FileId is { } other ? AuditJudgement.Of(file, AuditState.Replaced, $"another file, {other}, is at its place")
            : atPlace is not null ? AuditJudgement.Of(atPlace, book, file.Place)
            : AuditPlace.PathHere(file.Place) is null
                ? AuditJudgement.Of(file, AuditState.Elsewhere, $"its place is not on this host ({Environment.MachineName}), and there is no copy of it in the folders of -Archive")
                : AuditJudgement.Of(file, AuditState.Missing, "nothing is at its place, and it is not in the folders of -Archive: it was deleted or moved");
    }

    private static string Unread(LoginEtlException fault) => $"it cannot be read ({fault.Id})";

    private async Task<AuditBook> BookAsync() => new(keys, await anchor.ListAsync(null, cancellationToken).ConfigureAwait(false));

    private async Task<Finding> FindAsync(KnownFile file, List<string> copies)
    {
        var (atPlace, fault) = AuditPlace.PathHere(file.Place) is { } path ? await TryReadAsync(path).ConfigureAwait(false) : default;
        var archived = new List<AuditReading>();
        foreach (var copy in atPlace?.Chain.FileId == file.Id ? [] : copies)
        {
            if ((await TryReadAsync(copy).ConfigureAwait(false)).Reading is { } reading)
            {
                archived.Add(reading);
            }
        }

        return new Finding(file, atPlace, fault, archived);
    }

    // The path of a place was somebody else's choice, and one bad file must not keep the others from being looked at.
    private async Task<(AuditReading? Reading, LoginEtlException? Fault)> TryReadAsync(string path)
    {
        try
        {
            return _busy.TryGetValue(path, out var before) ? throw before
                : s_noFiles.Any(f => path.StartsWith(f, StringComparison.Ordinal)) ? throw AuditFaults.NotOurs(path, AuditFaults.IsNoFile)
                : (await AuditReading.ReadAsync(path, keys, anchor, tokens, cancellationToken).ConfigureAwait(false), null);
        }
        catch (LoginEtlException e) when (e.Id.StartsWith("AuditFile", StringComparison.Ordinal))
        {
            // Many may claim one place, and each would be waited for.
            if (e.Error == ErrorId.AuditFileBusy)
            {
                _busy[path] = e;
            }

            return (null, e);
        }
    }

    // Paths by the ids of the files; what is no audit file of ours is passed over.
    private async Task<Dictionary<Guid, List<string>>> ArchivedAsync(IReadOnlyList<string> archives)
    {
        var found = new Dictionary<Guid, List<string>>();
        var options = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint, IgnoreInaccessible = true };
        foreach (var path in archives.SelectMany(folder => Directory.Exists(folder) ? Directory.EnumerateFiles(folder, "*", options) : throw AuditFaults.NoArchive(folder)))
        {
            if (await PeekAsync(path).ConfigureAwait(false) is { } id)
            {
                found.TryAdd(id, []);
                found[id].Add(path);
            }
        }

        return found;
    }

    private async Task<Guid?> PeekAsync(string path)
    {
        try
        {
            using var file = await AuditFile.ReadAsync(path, cancellationToken).ConfigureAwait(false);
            var chain = new AuditChain(keys);
            if (file is not null)
            {
                chain.Follow(file, last: 1);
            }

            return chain.FileId;
        }
        catch (LoginEtlException)
        {
            return null;
        }
    }
}
