using LoginEtl.Faults;
using LoginEtl.Keysets;

namespace LoginEtl.Audit;

/// <summary>
/// Records recoveries before they take place: a line in the file, on disk; then its head in the anchor; then values
/// may be opened. Whatever fails on the way, none is. Not thread-safe; processes that share a file take turns.
/// </summary>
/// <remarks>
/// A file comes to its place with its first line whole. Killed within a later one, it ends in half a line: no anchor
/// knows it, and the next to write cuts it off and says so. Killed between line and anchor, the file is ahead of its anchor by lines that hold: the next to write anchors
/// them, and says so. A file behind its anchor, or beside it, was changed, and nothing is added to it; what does not begin
/// with a line of ours is not touched at all.
/// </remarks>
public sealed class AuditLog : IDisposable
{
    // Of finding no file and then one that somebody has made meanwhile.
    private const int MostTries = 100;

    private readonly string _path;
    private readonly string _place;
    private readonly IAuditAnchor _anchor;
    private readonly AuditKeys _keys;
    private readonly TimeProvider _time;
    private AuditChain? _chain;
    private bool _isApart;
    private bool _isUnderOurKey;

    /// <param name="path">Absolute; made when missing.</param>
    /// <param name="keyring">With the keyset <c>audit</c>; stays the caller's.</param>
    /// <param name="anchor">Stays the caller's.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="Faults.LoginEtlException"><c>KeysetNotFound</c>, <c>KeysetInvalid</c>.</exception>
    public AuditLog(string path, Keyring keyring, IAuditAnchor anchor, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(keyring);
        _path = path;
        _place = AuditPlace.Of(path);
        _anchor = anchor;
        _keys = new AuditKeys(keyring);
        _time = time ?? TimeProvider.System;
    }

    /// <summary>The line that was recorded last; null before the first.</summary>
    public AuditedLine? Last { get; private set; }

    /// <summary>Asks, once, whether the anchor is out of reach of who recovers; what is recorded before is asked for, too.</summary>
    /// <returns>What is to be said where nothing can keep them from it; null when all is well.</returns>
    /// <exception cref="LoginEtlException"><c>AuditAnchorOwn</c>, or the anchor cannot be reached.</exception>
    public async Task<string?> RequireWitnessAsync(CancellationToken cancellationToken)
    {
        var caution = await _anchor.RequireApartAsync(cancellationToken).ConfigureAwait(false);
        _isApart = true;
        return caution;
    }

    /// <summary>Records; when it returns, the line is on disk and anchored.</summary>
    /// <returns>What had to be put right before, in words; null when all was well.</returns>
    /// <exception cref="LoginEtlException">
    /// <c>AuditFileNotOurs</c>, <c>AuditFileUnwritable</c>, <c>AuditFileBusy</c>, <c>AuditBroken</c>, <c>AuditFileCut</c>,
    /// <c>AuditFileRewritten</c>, <c>AuditFileReplaced</c>, <c>AuditFileMoved</c>, <c>AuditAnchorsLost</c>,
    /// <c>AuditAnchorOwn</c>, <c>AuditKeyOther</c>, or the anchor cannot be reached: no plaintext may leave.
    /// </exception>
    public async Task<string?> RecordAsync(AuditEntry entry, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(entry);
        if (!_isApart)
        {
            await RequireWitnessAsync(cancellationToken).ConfigureAwait(false);
        }

        try
        {
            for (var tries = 0; tries < MostTries; tries++)
            {
                using var file = await AuditFile.OpenAsync(_path, cancellationToken).ConfigureAwait(false);
                if (file is not null)
                {
                    return await AppendAsync(file, entry, cancellationToken).ConfigureAwait(false);
                }

                if (await TryBeginAsync(entry, cancellationToken).ConfigureAwait(false) is (true, var note))
                {
                    return note;
                }
            }

            throw new IOException();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw AuditFile.Unwritable(_path, e);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _keys.Dispose();

    // Once: it stays as it is.
    private async Task RequireKeysAsync(AnchorFacts facts, CancellationToken cancellationToken)
    {
        if (!_isUnderOurKey && facts.First is { } first)
        {
            await AnchorChain.RequireKeysAsync(_anchor, _keys, first, cancellationToken).ConfigureAwait(false);
            _isUnderOurKey = true;
        }
    }

    // False when another process made the file meanwhile.
    private async Task<(bool IsBegun, string? Note)> TryBeginAsync(AuditEntry entry, CancellationToken cancellationToken)
    {
        var facts = await _anchor.AskAsync(null, _place, cancellationToken).ConfigureAwait(false);
        if (facts.AtPlace is { } before)
        {
            return Path.Exists(_path) ? (false, null) : throw await CutAsync(before.FileId, cancellationToken).ConfigureAwait(false);
        }

        await RequireKeysAsync(facts, cancellationToken).ConfigureAwait(false);
        var fileId = Guid.NewGuid();
        var note = Note(null, [], await AnchorChain.NewestFaultAsync(_anchor, _keys, facts, cancellationToken).ConfigureAwait(false));
        var (bytes, mac) = AuditLine.Write(_keys, 1, fileId, _time.GetUtcNow(), entry, _anchor.Target, note, facts.Newest, AuditLine.None);
        using var file = AuditFile.Create(_path, bytes);
        if (file is null)
        {
            return (false, null);
        }

        await AddAsync(fileId, 1, mac, note, facts.Newest).ConfigureAwait(false);
        Last = new AuditedLine(fileId, 1, mac);
        return (true, note);
    }

    private async Task<string?> AppendAsync(FileStream file, AuditEntry entry, CancellationToken cancellationToken)
    {
        // Whatever fails, the next to come reads the file from its beginning: it may be another one by then.
        var chain = _chain ?? new AuditChain(_keys);
        _chain = null;
        var facts = await AskAsync(file, chain, cancellationToken).ConfigureAwait(false);
        if ((facts.OfFile?.Line ?? 0) < chain.Count || file.Length < chain.Length)
        {
            chain = new AuditChain(_keys);
        }

        await RequireKeysAsync(facts, cancellationToken).ConfigureAwait(false);
        var pending = await CheckAsync(file, chain, facts, cancellationToken).ConfigureAwait(false);
        var note = Note(chain, pending, await AnchorChain.NewestFaultAsync(_anchor, _keys, facts, cancellationToken).ConfigureAwait(false));
        var newest = facts.Newest;
        foreach (var line in pending)
        {
            newest = await AddAsync(line.FileId, line.Number, line.Mac, "written before and anchored now", newest).ConfigureAwait(false);
        }

        var fileId = chain.FileId ?? Guid.NewGuid();
        var number = chain.Count + 1;
        var (bytes, mac) = AuditLine.Write(_keys, number, fileId, _time.GetUtcNow(), entry, _anchor.Target, note, newest, chain.Head);

        // From here on it is done to its end: what is on disk is to be in the anchor.
        file.SetLength(chain.Length);
        file.Position = chain.Length;
        file.Write(bytes);
        file.Flush(flushToDisk: true);
        await AddAsync(fileId, number, mac, note, newest).ConfigureAwait(false);
        Last = new AuditedLine(fileId, number, mac);
        _chain = chain;
        return note;
    }

    private Task<AuditAnchor> AddAsync(Guid fileId, long line, string mac, string? note, AuditAnchor? newest) => AnchorChain.AddAsync(
        _anchor, _keys, new AuditAnchor { FileId = fileId, Line = line, Mac = mac, Place = _place, Note = note }, newest);

    /// <summary>Reads what has come since the last line of ours, all of it the first time, and compares with the anchors.</summary>
    /// <returns>Lines that are not anchored yet.</returns>
    private async Task<List<AuditLine>> CheckAsync(FileStream file, AuditChain chain, AnchorFacts facts, CancellationToken cancellationToken)
    {
        var anchored = facts.OfFile?.Line ?? 0;
        var macAtAnchor = anchored == chain.Count ? chain.Head : null;
        var (pending, seen) = (new List<AuditLine>(), 0L);
        chain.Followed = line =>
        {
            macAtAnchor = line.Number == anchored ? line.Mac : macAtAnchor;
            seen = Math.Max(seen, line.Anchor ?? 0);
            if (line.Number > anchored)
            {
                pending.Add(line);
            }
        };
        chain.Follow(file);
        if (chain.Count == 0 && file.Length > 0 && facts.AtPlace is null)
        {
            throw AuditFaults.NotOurs(_path, $"of its first line, {chain.Broken ?? "there is no end"}");
        }

        if (chain.Broken is { } why)
        {
            throw AuditFaults.Broken(_path, chain.Count + 1, why);
        }

        if (chain.Count == 0 && facts.AtPlace is { } before)
        {
            throw await CutAsync(before.FileId, cancellationToken).ConfigureAwait(false);
        }

        if (anchored > chain.Count)
        {
            throw AuditFaults.Cut(_path, chain.Count, anchored);
        }

        if (anchored > 0 && macAtAnchor != facts.OfFile!.Mac)
        {
            throw AuditFaults.Rewritten(_path, anchored);
        }

        return AuditPending.Fault(pending, anchored) is { } lost ? throw AuditFaults.AnchorsLost(_path, lost)
            : seen > (facts.Newest?.Number ?? 0) ? throw AuditFaults.AnchorsLost(_path, $"it names anchor {seen}, and the newest is {facts.Newest?.Number ?? 0}")
            : pending;
    }

    /// <summary>A file that is empty, or that the anchor does not know, may stand where another one was.</summary>
    private async Task<AnchorFacts> AskAsync(FileStream file, AuditChain chain, CancellationToken cancellationToken)
    {
        var id = chain.FileId;
        if (id is null)
        {
            var peek = new AuditChain(_keys);
            peek.Follow(file, last: 1);
            id = peek.FileId;
        }

        var facts = await _anchor.AskAsync(id, _place, cancellationToken).ConfigureAwait(false);
        return id is not null && facts.AtPlace is { } first && first.FileId != id ? throw AuditFaults.Replaced(_path)
            : facts.OfFile is { } last && !AuditPlace.Comparer.Equals(last.Place, _place) ? throw AuditFaults.Moved(_path, last.Place)
            : facts;
    }

    private async Task<LoginEtlException> CutAsync(Guid fileId, CancellationToken cancellationToken) =>
        AuditFaults.Cut(_path, 0, (await _anchor.AskAsync(fileId, _place, cancellationToken).ConfigureAwait(false)).OfFile?.Line ?? 0);

    private static string? Note(AuditChain? chain, List<AuditLine> pending, string? newestFault)
    {
        string?[] notes =
        [
            chain?.Unfinished > 0 ? $"an unfinished line of {chain.Unfinished} bytes was cut off; nothing was recovered under it" : null,
            pending.Count > 0 ? $"lines {pending[0].Number} to {pending[^1].Number} were written before and are anchored now" : null,
            newestFault is null ? null : $"the newest anchor does not hold: {newestFault}",
        ];
        return notes.OfType<string>().ToList() is { Count: > 0 } all ? string.Join("; ", all) : null;
    }
}
