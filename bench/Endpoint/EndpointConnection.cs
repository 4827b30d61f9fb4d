using System.Net.Sockets;
using System.Web;

namespace LoginEtl.Bench.Endpoint;

/// <summary>One client's connection: call after call, until it goes.</summary>
internal sealed class EndpointConnection(Socket socket, SqsService service, Uri endpoint, TimeSpan latency)
{
    private readonly AnswerBuffer _answer = new();
    private byte[] _received = new byte[1 << 14];
    private int _filled;

    /// <summary>Blocks for as long as the client stays.</summary>
    public void Serve()
    {
        while (ReadHead() is { } head && ReadBody(head))
        {
            if (latency > TimeSpan.Zero)
            {
                Thread.Sleep(latency);
            }

            Send(Answer(head, _received.AsSpan(head.Length, head.BodyLength)));
            var taken = head.Length + head.BodyLength;
            _received.AsSpan(taken, _filled - taken).CopyTo(_received);
            _filled -= taken;
        }
    }

    private ReadOnlySpan<byte> Answer(in RequestHead head, ReadOnlySpan<byte> body)
    {
        if (head.Operation is { } operation)
        {
            return JsonProtocol.Write(service.Answer(JsonProtocol.Read(operation, body)), endpoint, _answer);
        }

        if (head.Path.StartsWith("/fill?", StringComparison.Ordinal))
        {
            return Fill(HttpUtility.ParseQueryString(head.Path["/fill?".Length..]));
        }

        var call = QueryProtocol.Read(head.Path, body);
        return QueryProtocol.Write(call.Operation, service.Answer(call), endpoint, _answer);
    }

    /// <summary>No call of SQS: puts login messages into a queue, which is made if need be, and answers its URL.</summary>
    private ReadOnlySpan<byte> Fill(System.Collections.Specialized.NameValueCollection parameters)
    {
        _answer.Begin();
        if (parameters["queue"] is not { Length: > 0 } queue || !int.TryParse(parameters["messages"], out var messages) || messages < 0)
        {
            return _answer.Finish("400 Bad Request"u8, "text/plain"u8);
        }

        service.Fill(queue, messages);
        _answer.Add(SqsEndpoint.QueueUrl(endpoint, queue));
        return _answer.Finish("200 OK"u8, "text/plain"u8);
    }

    private RequestHead? ReadHead()
    {
        while (true)
        {
            if (RequestHead.Read(_received.AsSpan(0, _filled)) is { } head)
            {
                return head;
            }

            if (!Fill())
            {
                return null;
            }
        }
    }

    private bool ReadBody(in RequestHead head)
    {
        while (_filled < head.Length + head.BodyLength)
        {
            if (!Fill())
            {
                return false;
            }
        }

        return true;
    }

    private bool Fill()
    {
        if (_filled == _received.Length)
        {
            Array.Resize(ref _received, _received.Length * 2);
        }

        var read = socket.Receive(_received.AsSpan(_filled));
        _filled += read;
        return read > 0;
    }

    private void Send(ReadOnlySpan<byte> answer)
    {
        while (answer.Length > 0)
        {
            answer = answer[socket.Send(answer)..];
        }
    }
}
