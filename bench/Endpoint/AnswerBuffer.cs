using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace LoginEtl.Bench.Endpoint;

/// <summary>
/// An answer being written, used again for the next one. The head, which has to tell the body's length, is put before
/// the body in room that is left for it, so that both are sent in one piece.
/// </summary>
internal sealed class AnswerBuffer
{
    private const int RoomForHead = 512;
    private byte[] _bytes = new byte[1 << 14];
    private int _end;

    public void Begin() => _end = RoomForHead;

    public AnswerBuffer Add(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Room(bytes.Length));
        _end += bytes.Length;
        return this;
    }

    public AnswerBuffer Add(string text)
    {
        _end += Encoding.UTF8.GetBytes(text, Room(Encoding.UTF8.GetMaxByteCount(text.Length)));
        return this;
    }

    public AnswerBuffer Add(long number)
    {
        Utf8Formatter.TryFormat(number, Room(20), out var written);
        _end += written;
        return this;
    }

    public AnswerBuffer Add(Guid id)
    {
        Utf8Formatter.TryFormat(id, Room(36), out var written);
        _end += written;
        return this;
    }

    public AnswerBuffer AddHandle(Receipt receipt)
    {
        receipt.WriteHandle(Room(Receipt.HandleLength)[..Receipt.HandleLength]);
        _end += Receipt.HandleLength;
        return this;
    }

    public AnswerBuffer AddJson(string text) => Add("\""u8).Add(JsonEncodedText.Encode(text).EncodedUtf8Bytes).Add("\""u8);

    /// <summary>The whole answer; <paramref name="headers"/> each end with CR and LF.</summary>
    public ReadOnlySpan<byte> Finish(ReadOnlySpan<byte> status, ReadOnlySpan<byte> contentType, string headers = "")
    {
        var bodyEnd = _end;
        Add("HTTP/1.1 "u8).Add(status).Add("\r\nContent-Type: "u8).Add(contentType)
            .Add("\r\nx-amzn-RequestId: "u8).Add(Guid.NewGuid()).Add("\r\nDate: "u8).Add(HttpDate.Now).Add("\r\n"u8)
            .Add(headers).Add("Content-Length: "u8).Add(bodyEnd - RoomForHead).Add("\r\n\r\n"u8);
        var head = _bytes.AsSpan(bodyEnd, _end - bodyEnd);
        if (head.Length > RoomForHead)
        {
            throw new InvalidOperationException("The head of an answer is longer than the room left for it.");
        }

        var begin = RoomForHead - head.Length;
        head.CopyTo(_bytes.AsSpan(begin));
        return _bytes.AsSpan(begin, bodyEnd - begin);
    }

    private Span<byte> Room(int bytes)
    {
        if (_bytes.Length - _end < bytes)
        {
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, _end + bytes));
        }

        return _bytes.AsSpan(_end);
    }

    /// <summary>The header that clients set their clocks by; made once a second.</summary>
    private static class HttpDate
    {
        private static Tuple<long, byte[]> _latest = new(0, []);

        public static ReadOnlySpan<byte> Now
        {
            get
            {
                var now = DateTimeOffset.UtcNow;
                var second = now.ToUnixTimeSeconds();
                if (_latest.Item1 != second)
                {
                    _latest = new(second, Encoding.ASCII.GetBytes(now.ToString("R", CultureInfo.InvariantCulture)));
                }

                return _latest.Item2;
            }
        }
    }
}
