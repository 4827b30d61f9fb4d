using System.Buffers.Text;
using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace LoginEtl.Bench.Queues;

/// <summary>A keep-alive connection to an endpoint, with nothing between it and the socket.</summary>
internal sealed class RawConnection : IDisposable
{
    private static readonly byte[] Separator = "\r\n\r\n"u8.ToArray();
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly byte[] _receive;
    private readonly byte[] _deleteHead;
    private readonly byte[] _deleteBegin;
    private byte[] _request = new byte[1 << 13];
    private byte[] _answer = new byte[1 << 16];

    public RawConnection(Uri endpoint, string queue)
    {
        _socket.NoDelay = true;
        _socket.Connect(endpoint.Host, endpoint.Port);
        var asked = $$"""{"QueueUrl":"{{endpoint}}000000000000/{{queue}}","MaxNumberOfMessages":10,"WaitTimeSeconds":0,"AttributeNames":["SentTimestamp","ApproximateReceiveCount"]}""";
        _receive = Encoding.ASCII.GetBytes($"{Head(endpoint, "ReceiveMessage")}{asked.Length}\r\n\r\n{asked}");
        _deleteHead = Encoding.ASCII.GetBytes(Head(endpoint, "DeleteMessageBatch"));
        _deleteBegin = Encoding.ASCII.GetBytes($$"""{"QueueUrl":"{{endpoint}}000000000000/{{queue}}","Entries":[""");
    }

    /// <summary>Answers how many messages it was.</summary>
    public int ReceiveAndDelete()
    {
        Send(_receive);
        var messages = MakeDelete(ReadAnswer(), out var length);
        if (messages > 0)
        {
            Send(_request.AsSpan(0, length));
            if (!ReadAnswer().EndsWith("\"Failed\":[]}"u8))
            {
                throw new InvalidOperationException("A raw delete was not answered as it should be.");
            }
        }

        return messages;
    }

    public void Dispose() => _socket.Dispose();

    // As long as a signed request's, and signed by nobody. Ends before the body's length.
    private static string Head(Uri endpoint, string operation) => string.Join(
        "\r\n",
        "POST / HTTP/1.1",
        $"Host: {endpoint.Authority}",
        $"X-Amz-Target: AmazonSQS.{operation}",
        "Content-Type: application/x-amz-json-1.0",
        "X-Amz-Date: 20260101T000000Z",
        "Authorization: AWS4-HMAC-SHA256 Credential=bench/20260101/us-east-1/sqs/aws4_request, "
            + $"SignedHeaders=content-type;host;x-amz-date;x-amz-target, Signature={new string('0', 64)}",
        "Content-Length: ");

    private int MakeDelete(ReadOnlySpan<byte> answer, out int length)
    {
        Span<byte> entries = stackalloc byte[6000];
        int entriesEnd = 0, count = 0;
        var handle = "\"ReceiptHandle\":\""u8;
        while (answer.IndexOf(handle) is var found and >= 0)
        {
            answer = answer[(found + handle.Length)..];
            var end = answer.IndexOf((byte)'"');
            Add(entries, ref entriesEnd, count == 0 ? "{\"Id\":\""u8 : ",{\"Id\":\""u8);
            entries[entriesEnd++] = (byte)('0' + count++);
            Add(entries, ref entriesEnd, "\",\"ReceiptHandle\":\""u8);
            Add(entries, ref entriesEnd, answer[..end]);
            Add(entries, ref entriesEnd, "\"}"u8);
        }

        Add(entries, ref entriesEnd, "]}"u8);
        length = 0;
        Add(_request, ref length, _deleteHead);
        Utf8Formatter.TryFormat(_deleteBegin.Length + entriesEnd, _request.AsSpan(length), out var digits);
        length += digits;
        Add(_request, ref length, Separator);
        Add(_request, ref length, _deleteBegin);
        Add(_request, ref length, entries[..entriesEnd]);
        return count;
    }

    private static void Add(Span<byte> to, ref int end, ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(to[end..]);
        end += bytes.Length;
    }

    private void Send(ReadOnlySpan<byte> request)
    {
        while (request.Length > 0)
        {
            request = request[_socket.Send(request)..];
        }
    }

    /// <summary>An answer's body.</summary>
    private ReadOnlySpan<byte> ReadAnswer()
    {
        var filled = 0;
        while (true)
        {
            var read = _socket.Receive(_answer.AsSpan(filled));
            if (read == 0)
            {
                throw new InvalidOperationException("The endpoint hung up.");
            }

            filled += read;
            var received = _answer.AsSpan(0, filled);
            if (received.IndexOf(Separator) is var head and >= 0)
            {
                var field = "Content-Length: "u8;
                var told = received[(received.IndexOf(field) + field.Length)..head];
                told = told.IndexOf((byte)'\r') is var end and >= 0 ? told[..end] : told;
                var whole = head + Separator.Length + int.Parse(told, CultureInfo.InvariantCulture);
                if (filled >= whole)
                {
                    return received[(head + Separator.Length)..whole];
                }

                if (whole > _answer.Length)
                {
                    Array.Resize(ref _answer, whole);
                }
            }
        }
    }
}
