using System.Globalization;
using System.Text;

namespace LoginEtl.Bench.Endpoint;

/// <summary>The head of an HTTP/1.1 request: as much of it as SQS's two protocols need.</summary>
/// <param name="Length">Bytes of the head, with the empty line.</param>
/// <param name="BodyLength">Bytes of the body.</param>
/// <param name="Path">Where it goes, with what is asked.</param>
/// <param name="Operation">Of a JSON call; null otherwise.</param>
internal readonly record struct RequestHead(int Length, int BodyLength, string Path, string? Operation)
{
    private static ReadOnlySpan<byte> Target => "x-amz-target:"u8;

    private static ReadOnlySpan<byte> ContentLength => "content-length:"u8;

    /// <summary>Null while it is not all there.</summary>
    public static RequestHead? Read(ReadOnlySpan<byte> received)
    {
        var end = received.IndexOf("\r\n\r\n"u8);
        if (end < 0)
        {
            return null;
        }

        var lines = received[..(end + 2)];
        var path = PathOf(lines);
        var bodyLength = 0;
        string? operation = null;
        while (lines.Length > 0)
        {
            var next = lines.IndexOf("\r\n"u8);
            var line = lines[..next];
            lines = lines[(next + 2)..];
            if (Is(line, ContentLength))
            {
                bodyLength = int.Parse(line[ContentLength.Length..], NumberStyles.AllowLeadingWhite, CultureInfo.InvariantCulture);
            }
            else if (Is(line, Target))
            {
                operation = Encoding.ASCII.GetString(line[(line.LastIndexOf((byte)'.') + 1)..]);
            }
        }

        return new RequestHead(end + 4, bodyLength, path, operation);
    }

    private static string PathOf(ReadOnlySpan<byte> lines)
    {
        var begin = lines.IndexOf((byte)' ') + 1;
        var path = lines[begin..];
        path = path[..path.IndexOf((byte)' ')];
        return path.Length == 1 ? "/" : Encoding.ASCII.GetString(path);
    }

    private static bool Is(ReadOnlySpan<byte> line, ReadOnlySpan<byte> name) =>
        line.Length > name.Length && Ascii.EqualsIgnoreCase(line[..name.Length], name);
}
