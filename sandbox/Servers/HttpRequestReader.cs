using System.Globalization;
using System.Text;

namespace LoginEtl.Sandbox.Servers;

/// <summary>Reads requests of HTTP/1.1 whose length is told beforehand, as all of SQS's clients do.</summary>
internal sealed class HttpRequestReader(Stream stream)
{
    private byte[] _buffer = new byte[1 << 14];
    private int _filled;

    /// <summary>The next request; null when the client has gone.</summary>
    public async Task<HttpRequestText?> ReadAsync(CancellationToken cancellationToken)
    {
        int head;
        while ((head = _buffer.AsSpan(0, _filled).IndexOf("\r\n\r\n"u8)) < 0)
            if (!await FillAsync(cancellationToken)) return null;

        string[] lines = Encoding.ASCII.GetString(_buffer, 0, head).Split("\r\n");
        var headers = lines.Skip(1).Select(line => line.Split(':', 2))
            .ToDictionary(field => field[0].Trim(), field => field[^1].Trim(), StringComparer.OrdinalIgnoreCase);
        int length = headers.TryGetValue("Content-Length", out string? told) ? int.Parse(told, CultureInfo.InvariantCulture) : 0;
        int end = head + 4 + length;
        while (_filled < end)
            if (!await FillAsync(cancellationToken)) return null;

        string body = Encoding.UTF8.GetString(_buffer, head + 4, length);
        _buffer.AsSpan(end, _filled - end).CopyTo(_buffer);
        _filled -= end;
        return new HttpRequestText(headers, body);
    }

    private async Task<bool> FillAsync(CancellationToken cancellationToken)
    {
        if (_filled == _buffer.Length) Array.Resize(ref _buffer, _buffer.Length * 2);
        int read = await stream.ReadAsync(_buffer.AsMemory(_filled), cancellationToken);
        _filled += read;
        return read > 0;
    }
}
