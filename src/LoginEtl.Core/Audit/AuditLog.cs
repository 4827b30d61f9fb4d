using LoginEtl.Faults;
using LoginEtl.Keysets;

namespace LoginEtl.Audit;

/// <summary>
/// Records recoveries before they take place: a line in the file, on disk; then its head in the anchor; then plaintext
/// may leave. Whatever fails on the way, none does. Not thread-safe; processes that share a file take turns.
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
    private long _anchored;
    private string _anchoredMac = AuditLine.None;
    private string? _macAtAnchor;

    /// <param name="path">Absolute; made when missing.</param>
    /// <param name="keyring">With the keyset <c>audit</c>; stays the caller's.</param>
    /// <param name="anchor">Stays the caller's.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="Faults.LoginEtlException"><c>KeysetNotFound</c>, <c>KeysetInvalid</c>.</exception>
    public AuditLog(string path, Keyring keyring, IAuditAnchor anchor, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(keyring);
        _path = path;
        _place = AuditFile.PlaceOf(path);
        _anchor = anchor;
        _keys = new AuditKeys(keyring);
        _time = time ?? TimeProvider.System;
    }

    /// <summary>Records; when it returns, the line is on disk and anchored.</summary>
    /// <returns>What had to be put right before, in words; null when all was well.</returns>
    /// <exception cref="LoginEtlException">
    /// <c>AuditFileNotOurs</c>, <c>AuditFileUnwritable</c>, <c>AuditFileBusy</c>, <c>AuditBroken</c>, <c>AuditFileCut</c>,
    /// <c>AuditFileRewritten</c>, or the anchor cannot be reached: no plaintext may leave.
    /// </exception>
    public async Task<string?> RecordAsync(AuditEntry entry, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(entry);
        try
        {
            for (var tries = 0; tries < MostTries; tries++)
            {
                using var file = await AuditFile.OpenAsync(_path, cancellationToken).ConfigureAwait(false);
                if (file is not null)
                {
                    return await AppendAsync(file, entry, cancellationToken).ConfigureAwait(false);
                }

                if (await TryBeginAsync(entry, cancellationToken).ConfigureAwait(false))
                {
                    return null;
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

    // False when another process made the file meanwhile.
    private async Task<bool> TryBeginAsync(AuditEntry entry, CancellationToken cancellationToken)
    {
        if (await _anchor.LastAtAsync(_place, cancellationToken).ConfigureAwait(false) is { } known)
        {
            return Path.Exists(_path) ? false : throw AuditFaults.Cut(_path, 0, known.Line);
        }

        var fileId = Guid.NewGuid();
        var (bytes, mac) = AuditLine.Write(_keys, 1, fileId, _time.GetUtcNow(), entry, null, AuditLine.None);
        using var file = AuditFile.Create(_path, bytes);
        if (file is null)
        {
            return false;
        }

        await _anchor.AddAsync(new AnchoredLine(fileId, 1, mac), _place, null, CancellationToken.None).ConfigureAwait(false);
        return true;
    }

    private async Task<string?> AppendAsync(FileStream file, AuditEntry entry, CancellationToken cancellationToken)
    {
        // Whatever fails, the next to come reads the file from its beginning: it may be another one by then.
        var chain = _chain ?? NewChain();
        _chain = null;
        chain = await CheckAsync(file, chain, cancellationToken).ConfigureAwait(false);
        var note = Note(chain);
        var fileId = chain.FileId ?? Guid.NewGuid();
        var number = chain.Count + 1;
        var (bytes, mac) = AuditLine.Write(_keys, number, fileId, _time.GetUtcNow(), entry, note, chain.Head);

        // From here on it is done to its end: what is on disk is to be in the anchor.
        file.SetLength(chain.Length);
        file.Position = chain.Length;
        file.Write(bytes);
        file.Flush(flushToDisk: true);
        await _anchor.AddAsync(new AnchoredLine(fileId, number, mac), _place, note, CancellationToken.None).ConfigureAwait(false);
        _chain = chain;
        return note;
    }

    private AuditChain NewChain()
    {
        _macAtAnchor = null;
        return new AuditChain(_keys)
        {
            Followed = line =>
            {
                if (line.Number == _anchored)
                {
                    _macAtAnchor = line.Mac;
                }
            },
        };
    }

    /// <summary>Reads what has come since the last line of ours, all of it the first time, and compares with the anchor.</summary>
    private async Task<AuditChain> CheckAsync(FileStream file, AuditChain chain, CancellationToken cancellationToken)
    {
        var known = await KnownAsync(file, chain, cancellationToken).ConfigureAwait(false);
        if (known is null || known.Line < chain.Count || file.Length < chain.Length)
        {
            chain = NewChain();
        }

        _anchored = known?.Line ?? 0;
        _anchoredMac = known?.Mac ?? AuditLine.None;
        _macAtAnchor = _anchored == chain.Count ? chain.Head : null;
        chain.Follow(file);
        if (chain.Count == 0 && known is null && file.Length > 0)
        {
            throw AuditFaults.NotOurs(_path, $"of its first line, {chain.Broken ?? "there is no end"}");
        }

        if (chain.Broken is { } why)
        {
            throw AuditFaults.Broken(_path, chain.Count + 1, why);
        }

        if (_anchored > chain.Count)
        {
            throw AuditFaults.Cut(_path, chain.Count, _anchored);
        }

        return _macAtAnchor == _anchoredMac ? chain : throw AuditFaults.Rewritten(_path, _anchored);
    }

    /// <summary>A file that is empty, or that the anchor does not know, may stand where another one was.</summary>
    private async Task<AnchoredLine?> KnownAsync(FileStream file, AuditChain chain, CancellationToken cancellationToken)
    {
        var id = chain.FileId;
        if (id is null)
        {
            var peek = new AuditChain(_keys);
            peek.Follow(file, last: 1);
            id = peek.FileId;
        }

        var known = id is null ? null : await _anchor.LastAsync(id.Value, cancellationToken).ConfigureAwait(false);
        known ??= await _anchor.LastAtAsync(_place, cancellationToken).ConfigureAwait(false);
        return known is null || id is null || known.FileId == id ? known : throw AuditFaults.Replaced(_path);
    }

    private string? Note(AuditChain chain)
    {
        string?[] notes =
        [
            chain.Unfinished > 0 ? $"an unfinished line of {chain.Unfinished} bytes was cut off; nothing was recovered under it" : null,
            chain.Count > _anchored ? $"lines {_anchored + 1} to {chain.Count} were written before and are anchored now" : null,
        ];
        return notes.OfType<string>().ToList() is { Count: > 0 } all ? string.Join("; ", all) : null;
    }
}
