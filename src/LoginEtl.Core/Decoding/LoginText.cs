using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using LoginEtl.Faults;
using LoginEtl.Records;

namespace LoginEtl.Decoding;

/// <summary>
/// Decodes the logins of one or more texts. Equal bodies of one source are counted, so that each line has an identity
/// of its own and the same file, loaded again, the same ones. Holds 16 bytes per distinct body. Not thread-safe.
/// </summary>
/// <param name="options">The defaults when null; what is said of identities is for queues.</param>
public sealed class LoginText(DecodeOptions? options = null)
{
    private const int LengthOfMark = 3;

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly Dictionary<(string Source, UInt128 Body), int> _occurrences = [];

    // Of texts that came by themselves: null where a source has a body a line.
    private readonly Dictionary<string, JsonValues?> _sources = [];

    /// <summary>Decodes one line; null for a blank one.</summary>
    /// <param name="sourceId">Name of the source.</param>
    /// <param name="lineNumber">1-based.</param>
    /// <param name="line">The body.</param>
    public IncomingLogin? Decode(string sourceId, long lineNumber, string line)
    {
        ArgumentNullException.ThrowIfNull(line);
        return Decode(sourceId, lineNumber, Encode(line));
    }

    /// <summary>Decodes one line; null for a blank one.</summary>
    /// <param name="sourceId">Name of the source.</param>
    /// <param name="lineNumber">1-based.</param>
    /// <param name="line">The body in UTF-8.</param>
    public IncomingLogin? Decode(string sourceId, long lineNumber, byte[] line)
    {
        ArgumentNullException.ThrowIfNull(sourceId);
        ArgumentNullException.ThrowIfNull(line);
        if (line.AsSpan().TrimStart(LoginDecoder.WhiteSpace).IsEmpty)
        {
            return null;
        }

        var body = BinaryPrimitives.ReadUInt128LittleEndian(SHA256.HashData(line));
        var occurrence = _occurrences.GetValueOrDefault((sourceId, body)) + 1;
        _occurrences[(sourceId, body)] = occurrence;
        return LoginDecoder.Decode(new LineDelivery(sourceId, lineNumber, occurrence), line, options);
    }

    /// <summary>
    /// Reads a file: a body a line, or arrays of them, or objects over several lines, which are numbered instead of the
    /// lines. UTF-8, UTF-16 and UTF-32 with a byte order mark, and any of these in gzip. Lines end in line feeds, carriage
    /// returns or both.
    /// </summary>
    /// <param name="sourceId">Name of the source.</param>
    /// <param name="bytes">Read to its end; stays the caller's.</param>
    /// <exception cref="LoginEtlException"><c>FileDamaged</c>, after what could be read: once a file, whatever is behind it.</exception>
    public IEnumerable<IncomingLogin> Read(string sourceId, Stream bytes)
    {
        ArgumentNullException.ThrowIfNull(bytes);
        var file = TextFile.Open(bytes, sourceId);
        return file.HoldsValues ? ReadValues(sourceId, file.Utf8) : ReadLines(sourceId, file);
    }

    /// <summary>
    /// Reads a text that came by itself: a line, a body over several lines, or a whole file as <c>Get-Content -Raw</c> gives
    /// it. Lines of a source whose first one begins an array, or is an opening brace alone, are put together again.
    /// </summary>
    /// <param name="sourceId">Name of the source.</param>
    /// <param name="lineNumber">1-based.</param>
    /// <param name="text">Of any length.</param>
    /// <exception cref="LoginEtlException"><c>FileDamaged</c>.</exception>
    public IEnumerable<IncomingLogin> Read(string sourceId, long lineNumber, string text)
    {
        ArgumentNullException.ThrowIfNull(sourceId);
        ArgumentNullException.ThrowIfNull(text);
        var bytes = Encode(text);
        var body = bytes.AsSpan().TrimEnd(LoginDecoder.WhiteSpace);
        if (body.IsEmpty)
        {
            return [];
        }

        if (body.IndexOfAny((byte)'\r', (byte)'\n') >= 0)
        {
            return TextFile.IsOneObject(bytes) ? One(Decode(sourceId, lineNumber, bytes)) : Read(sourceId, new MemoryStream(bytes));
        }

        if (!_sources.TryGetValue(sourceId, out var values))
        {
            _sources[sourceId] = values = JsonValues.Begin(bytes) ? new JsonValues() : null;
        }

        return values is null ? One(Decode(sourceId, lineNumber, bytes)) : Take(sourceId, values, (byte[])[.. bytes, (byte)'\n']);
    }

    /// <summary>The end of all texts that came by themselves: what is left of arrays and objects over several lines.</summary>
    /// <exception cref="LoginEtlException"><c>FileDamaged</c>: one has no end; after what could be read.</exception>
    public IEnumerable<IncomingLogin> Complete()
    {
        var open = _sources.Where(s => s.Value is { IsOpen: true }).Select(s => s.Key).ToList();
        foreach (var (source, values) in _sources.Where(s => s.Value is not null))
        {
            if (values!.TakeRest() is { } rest && Decode(source, values.Count, rest) is { } login)
            {
                yield return login;
            }
        }

        _sources.Clear();
        if (open.Count > 0)
        {
            throw CutOff(string.Join(", ", open));
        }
    }

    private static IEnumerable<IncomingLogin> One(IncomingLogin? login) => login is null ? [] : [login];

    private static LoginEtlException CutOff(string source) => new(
        ErrorId.FileDamaged, $"The JSON of {source} has no end: it was cut off, or a quote or bracket is missing.",
        "Get it again from where it was made. What could be read was read, and is not written twice when it is read again.");

    private IEnumerable<IncomingLogin> ReadLines(string sourceId, TextFile file)
    {
        var number = 0L;
        foreach (var line in new Utf8Lines(file.Utf8, file.EndsLinesInReturns))
        {
            if (Decode(sourceId, ++number, line) is { } login)
            {
                yield return login;
            }
        }
    }

    private IEnumerable<IncomingLogin> ReadValues(string sourceId, Stream utf8)
    {
        var values = new JsonValues();
        var chunk = new byte[64 * 1024];
        var read = utf8.ReadAtLeast(chunk, LengthOfMark, throwOnEndOfStream: false);
        for (var from = read - LoginDecoder.WithoutMark(chunk.AsSpan(0, read)).Length; read > 0; (read, from) = (utf8.Read(chunk), 0))
        {
            foreach (var login in Take(sourceId, values, chunk.AsMemory(from, read - from)))
            {
                yield return login;
            }
        }

        var isOpen = values.IsOpen;
        if (values.TakeRest() is { } rest && Decode(sourceId, values.Count, rest) is { } last)
        {
            yield return last;
        }

        if (isOpen)
        {
            throw CutOff(sourceId);
        }
    }

    private List<IncomingLogin> Take(string sourceId, JsonValues values, ReadOnlyMemory<byte> bytes)
    {
        var number = values.Count;
        List<byte[]> bodies = [];
        values.Take(bytes.Span, bodies);
        return bodies.ConvertAll(body => Decode(sourceId, ++number, body)!);
    }

    /// <summary>A body that somebody has written as text, hidden from here on.</summary>
    /// <param name="text">In any form; what it is, the decoder says.</param>
    public static PlainBody BodyOf(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return new PlainBody(Encode(text));
    }

    private static byte[] Encode(string line)
    {
        try
        {
            return Strict.GetBytes(line);
        }
        catch (EncoderFallbackException)
        {
            // Half of a surrogate pair has no UTF-8. Its WTF-8 bytes keep different lines different, and are invalid
            // UTF-8, which the decoder then says.
            return Wtf8.GetBytes(line);
        }
    }
}
