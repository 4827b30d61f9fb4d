using LoginEtl.Keysets;

namespace LoginEtl.Audit;

/// <summary>
/// Records recoveries before they take place: a line in the file, on disk; then its head in the anchor; then plaintext
/// may leave. Whatever fails on the way, none does. Not thread-safe; processes that share a file take turns.
/// </summary>
/// <remarks>
/// Killed within the line, the file ends in half a line: no anchor knows it, and the next to write cuts it off and says
/// so. Killed between line and anchor, the file is ahead of its anchor by lines that hold: the next to write anchors
/// them, and says so. A file behind its anchor, or beside it, was changed, and nothing is added to it.
/// </remarks>
public sealed class AuditLog : IDisposable
{
    private readonly string _path;
    private readonly string _place;
    private readonly IAuditAnchor _anchor;
    private readonly AuditKeys _keys;
    private readonly TimeProvider _time;
    private AuditChain _chain;
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
        _chain = NewChain();
    }

    /// <summary>Records; when it returns, the line is on disk and anchored.</summary>
    /// <returns>What had to be put right before, in words; null when all was well.</returns>
    /// <exception cref="Faults.LoginEtlException">
    /// <c>AuditFileUnwritable</c>, <c>AuditFileBusy</c>, <c>AuditBroken</c>, <c>AuditFileCut</c>, <c>AuditFileRewritten</c>,
    /// or the anchor cannot be reached: no plaintext may leave.
    /// </exception>
    public async Task<string?> RecordAsync(AuditEntry entry, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(entry);
        var file = await AuditFile.OpenAsync(_path, cancellationToken).ConfigureAwait(false);
        await using var _ = file.ConfigureAwait(false);
        try
        {
            await CheckAsync(file, cancellationToken).ConfigureAwait(false);
            var note = Note();
            var fileId = _chain.FileId ?? Guid.NewGuid();
            var number = _chain.Count + 1;
            var (bytes, mac) = AuditLine.Write(_keys, number, fileId, _time.GetUtcNow(), entry, note, _chain.Head);

            // From here on it is done to its end: what is on disk is to be in the anchor.
            file.SetLength(_chain.Length);
            file.Position = _chain.Length;
            file.Write(bytes);
            file.Flush(flushToDisk: true);
            await _anchor.AddAsync(new AnchoredLine(fileId, number, mac), _place, note, CancellationToken.None).ConfigureAwait(false);
            return note;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw AuditFile.Unwritable(_path, e);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _keys.Dispose();

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
    private async Task CheckAsync(FileStream file, CancellationToken cancellationToken)
    {
        var known = await KnownAsync(file, cancellationToken).ConfigureAwait(false);
        if (known is null || known.Line < _chain.Count || file.Length < _chain.Length)
        {
            _chain = NewChain();
        }

        _anchored = known?.Line ?? 0;
        _anchoredMac = known?.Mac ?? AuditLine.None;
        _macAtAnchor = _anchored == _chain.Count ? _chain.Head : null;
        _chain.Follow(file);
        if (_chain.Broken is { } why)
        {
            throw AuditFaults.Broken(_path, _chain.Count + 1, why);
        }

        if (_anchored > _chain.Count)
        {
            throw AuditFaults.Cut(_path, _chain.Count, _anchored);
        }

        if (_macAtAnchor != _anchoredMac)
        {
            throw AuditFaults.Rewritten(_path, _anchored);
        }
    }

    /// <summary>A file that is empty, or that the anchor does not know, may stand where another one was.</summary>
    private async Task<AnchoredLine?> KnownAsync(FileStream file, CancellationToken cancellationToken)
    {
        var id = _chain.FileId;
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

    private string? Note()
    {
        string?[] notes =
        [
            _chain.Unfinished > 0 ? $"an unfinished line of {_chain.Unfinished} bytes was cut off; nothing was recovered under it" : null,
            _chain.Count > _anchored ? $"lines {_anchored + 1} to {_chain.Count} were written before and are anchored now" : null,
        ];
        return notes.OfType<string>().ToList() is { Count: > 0 } all ? string.Join("; ", all) : null;
    }
}
