using System.Collections;

namespace LoginEtl.Decoding;

/// <summary>
/// The lines of a stream as bytes, without their ends and without a byte order mark at the start. Of a line longer
/// than a body may be, only so much is kept that it is seen to be too long.
/// </summary>
/// <param name="stream">Read to its end; stays the caller's.</param>
/// <param name="inReturns">Carriage returns end lines, too.</param>
internal sealed class Utf8Lines(Stream stream, bool inReturns = false) : IEnumerable<byte[]>
{
    // A byte order mark, a body of one byte more than there may be, and a carriage return.
    private const int Keep = 3 + LoginDecoder.MaxBodyBytes + 1 + 1;

    private static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    public IEnumerator<byte[]> GetEnumerator()
    {
        var chunk = new byte[64 * 1024];
        using var line = new MemoryStream();
        var first = true;
        int read;
        while ((read = stream.Read(chunk)) > 0)
        {
            var start = 0;
            for (int end; (end = EndOfLine(chunk, start, read)) >= 0; start = end + 1)
            {
                Append(line, chunk, start, end);
                yield return Take(line, ref first);
            }

            Append(line, chunk, start, read);
        }

        if (line.Length > 0)
        {
            yield return Take(line, ref first);
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private int EndOfLine(byte[] chunk, int start, int end)
    {
        var at = inReturns
            ? chunk.AsSpan(start, end - start).IndexOfAny((byte)'\n', (byte)'\r')
            : chunk.AsSpan(start, end - start).IndexOf((byte)'\n');
        return at < 0 ? at : start + at;
    }

    private static void Append(MemoryStream line, byte[] chunk, int start, int end) =>
        line.Write(chunk, start, (int)Math.Min(end - start, Keep - line.Length));

    private static byte[] Take(MemoryStream line, ref bool first)
    {
        var bytes = line.GetBuffer().AsSpan(0, (int)line.Length);
        if (first && bytes.StartsWith(ByteOrderMark))
        {
            bytes = bytes[ByteOrderMark.Length..];
        }

        first = false;
        if (bytes is [.., (byte)'\r'])
        {
            bytes = bytes[..^1];
        }

        var taken = bytes.ToArray();
        line.SetLength(0);
        return taken;
    }
}
