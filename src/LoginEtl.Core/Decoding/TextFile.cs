using System.Text.Json;

namespace LoginEtl.Decoding;

/// <summary>
/// A file of logins as UTF-8, whatever made it: gzip is unpacked; UTF-16 and UTF-32 are known by their byte order marks
/// (Windows PowerShell's <c>&gt;</c> writes one). Looks at the beginning to tell values from lines, and lines that end in
/// carriage returns alone from others.
/// </summary>
internal sealed class TextFile
{
    private const int LongestMark = 4;
    private const int Chunk = 64 * 1024;

    // A line feed that comes later than this ends a line that is too long to be a body.
    private const int MostLookedAt = LoginDecoder.MaxBodyBytes + Chunk;

    private TextFile(Stream utf8, ReadOnlySpan<byte> start)
    {
        Utf8 = utf8;
        HoldsValues = JsonValues.Begin(start);
        EndsLinesInReturns = !HoldsValues && InReturns(start);
    }

    /// <summary>From its beginning, a UTF-8 byte order mark included.</summary>
    public Stream Utf8 { get; }

    /// <summary>Arrays, or objects over several lines, and not one body a line.</summary>
    public bool HoldsValues { get; }

    /// <summary>No line feed, as in texts of old Macs.</summary>
    public bool EndsLinesInReturns { get; }

    /// <param name="bytes">Stays the caller's.</param>
    /// <param name="sourceId">Name of the source, for errors.</param>
    /// <exception cref="Faults.LoginEtlException"><c>FileDamaged</c>, here and at each later read.</exception>
    public static TextFile Open(Stream bytes, string sourceId)
    {
        var start = ReadStart(bytes, LongestMark);
        if (start is [0x1F, 0x8B, ..])
        {
            bytes = new UnpackedFile(new PrefixedStream(start, bytes), sourceId);
            start = ReadStart(bytes, LongestMark);
        }

        var text = start switch
        {
            [0xFF, 0xFE, 0, 0] => new WideText(bytes, unit: 4, bigEndian: false),
            [0, 0, 0xFE, 0xFF] => new WideText(bytes, unit: 4, bigEndian: true),
            [0xFF, 0xFE, ..] => new WideText(new PrefixedStream(start.AsMemory(2), bytes), unit: 2, bigEndian: false),
            [0xFE, 0xFF, ..] => new WideText(new PrefixedStream(start.AsMemory(2), bytes), unit: 2, bigEndian: true),
            _ => (Stream)new PrefixedStream(start, bytes),
        };
        var looked = LookAhead(text);
        return new TextFile(new PrefixedStream(looked, text), looked.Span);
    }

    /// <summary>Whether a text is one object and nothing else, over however many lines.</summary>
    public static bool IsOneObject(ReadOnlySpan<byte> text)
    {
        try
        {
            text = LoginDecoder.WithoutMark(text);
            var reader = new Utf8JsonReader(text, new JsonReaderOptions { MaxDepth = LoginDecoder.MaxBodyBytes });
            reader.Read();
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                return false;
            }

            reader.Skip();
            return text[(int)reader.BytesConsumed..].TrimStart(LoginDecoder.WhiteSpace).IsEmpty;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static bool InReturns(ReadOnlySpan<byte> start)
    {
        if (start.Contains((byte)'\n'))
        {
            return false;
        }

        // JSON allows returns inside of a body, too: what stands before the first must be a whole one.
        var text = LoginDecoder.WithoutMark(start).Trim(LoginDecoder.WhiteSpace);
        return text.IndexOf((byte)'\r') is > 0 and var end && IsOneObject(text[..end]);
    }

    private static byte[] ReadStart(Stream bytes, int length)
    {
        var start = new byte[length];
        return start[..bytes.ReadAtLeast(start, length, throwOnEndOfStream: false)];
    }

    // To the end of the first line that is not blank; mostly that is one read.
    private static ReadOnlyMemory<byte> LookAhead(Stream text)
    {
        var looked = new byte[Chunk];
        var length = 0;
        for (int read; length < MostLookedAt && (read = text.Read(looked.AsSpan(length))) > 0; length += read)
        {
            if (LoginDecoder.WithoutMark(looked.AsSpan(0, length + read)).TrimStart(LoginDecoder.WhiteSpace).Contains((byte)'\n'))
            {
                return looked.AsMemory(0, length + read);
            }

            if (length + read == looked.Length)
            {
                Array.Resize(ref looked, looked.Length * 2);
            }
        }

        return looked.AsMemory(0, length);
    }
}
