namespace LoginEtl.Audit;

/// <summary>
/// Follows the lines of a file from wherever it has come to. Each must hold by itself, name the one before it, and be
/// the next of the same file.
/// </summary>
internal sealed class AuditChain(AuditKeys keys)
{
    /// <summary>The file's own id; null before the first line.</summary>
    public Guid? FileId { get; private set; }

    /// <summary>Lines that hold.</summary>
    public long Count { get; private set; }

    /// <summary>MAC of the last of them.</summary>
    public string Head { get; private set; } = AuditLine.None;

    /// <summary>Bytes of them: where the next line begins.</summary>
    public long Length { get; private set; }

    /// <summary>Bytes behind them that are not a whole line: somebody was killed while writing, or the last newline is gone.</summary>
    public long Unfinished { get; private set; }

    /// <summary>Why the line behind <see cref="Count"/> does not hold; null when there is none.</summary>
    public string? Broken { get; private set; }

    /// <summary>Told of every line that holds.</summary>
    public Action<AuditLine>? Followed { get; set; }

    /// <summary>Reads on from where it is to the end, to the first line that does not hold, or to a line of this number.</summary>
    public void Follow(Stream file, long last = long.MaxValue)
    {
        file.Position = Length;
        Unfinished = 0;
        var buffer = new byte[64 * 1024];
        var (start, end) = (0, 0);
        for (var read = -1; Broken is null && read != 0;)
        {
            for (int newline; Broken is null && Count < last && (newline = buffer.AsSpan(start, end - start).IndexOf((byte)'\n')) >= 0; start += newline + 1)
            {
                Take(buffer.AsSpan(start, newline));
            }

            if (Broken is not null || Count >= last)
            {
                return;
            }

            buffer.AsSpan(start, end - start).CopyTo(buffer);
            (start, end) = (0, end - start);
            if (end == buffer.Length)
            {
                if (end >= AuditLine.Longest)
                {
                    Broken = "it is not a line of an audit file";
                    return;
                }

                Array.Resize(ref buffer, end * 2);
            }

            read = file.Read(buffer, end, buffer.Length - end);
            end += read;
        }

        Unfinished = end;
    }

    private void Take(ReadOnlySpan<byte> bytes)
    {
        var line = AuditLine.Read(keys, bytes, out var why);
        Broken = line is null ? why
            : line.Number != Count + 1 || line.FileId != (FileId ?? line.FileId) ? "it is not the next line of this file: lines were taken out, put in or moved"
            : line.Previous != Head ? "it does not follow the line before it"
            : null;
        if (Broken is not null)
        {
            return;
        }

        FileId = line!.FileId;
        Count = line.Number;
        Head = line.Mac;
        Length += bytes.Length + 1;
        Followed?.Invoke(line);
    }
}
