using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using LoginEtl.Records;

namespace LoginEtl.Decoding;

/// <summary>
/// Decodes the lines of one or more texts. Equal bodies of one source are counted, so that each line has an identity
/// of its own and the same file, loaded again, the same ones. Holds 16 bytes per distinct line. Not thread-safe.
/// </summary>
public sealed class LoginText
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly Dictionary<(string Source, UInt128 Body), int> _occurrences = [];

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
        if (line.AsSpan().TrimStart(" \t\r\n"u8).IsEmpty)
        {
            return null;
        }

        var body = BinaryPrimitives.ReadUInt128LittleEndian(SHA256.HashData(line));
        var occurrence = _occurrences.GetValueOrDefault((sourceId, body)) + 1;
        _occurrences[(sourceId, body)] = occurrence;
        return LoginDecoder.Decode(new LineDelivery(sourceId, lineNumber, occurrence), line);
    }

    /// <summary>Reads lines from UTF-8 bytes; a byte order mark at the start and a carriage return at the end are dropped.</summary>
    /// <param name="sourceId">Name of the source.</param>
    /// <param name="bytes">Read to its end; stays the caller's.</param>
    public IEnumerable<IncomingLogin> Read(string sourceId, Stream bytes)
    {
        var number = 0L;
        foreach (var line in new Utf8Lines(bytes))
        {
            if (Decode(sourceId, ++number, line) is { } login)
            {
                yield return login;
            }
        }
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
