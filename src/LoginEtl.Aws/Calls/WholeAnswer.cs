using System.Net;
using System.Runtime;
using System.Security.Cryptography;

namespace LoginEtl.Aws.Calls;

/// <summary>An answer read whole into one array, which the reader of the answer gets without a copy: a secret in it can be zeroed.</summary>
internal sealed class WholeAnswer : HttpContent
{
    // Most answers fit; what announces more than a megabyte gets room for the rest when it has sent that much.
    private const int First = 4 << 10;
    private const int MostAtOnce = 1 << 20;

    private readonly byte[] _bytes;
    private readonly bool _isSecret;

    private WholeAnswer(byte[] bytes, bool isSecret) => (_bytes, _isSecret) = (bytes, isSecret);

    /// <summary>Reads content to its end, and disposes of it.</summary>
    /// <param name="content">The answer as it comes.</param>
    /// <param name="most">Bytes that are taken.</param>
    /// <param name="isSecret">Its bytes are zeroed when it is disposed of.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="HttpRequestException">It is longer.</exception>
    /// <exception cref="IOException">It ends before its end.</exception>
    public static async Task<WholeAnswer> ReadAsync(
        HttpContent content, int most, bool isSecret, CancellationToken cancellationToken)
    {
        using var _ = content;
        // One more than is taken shows that there is more.
        var bytes = content.Headers.ContentLength > most
            ? null
            : await ReadToAsync(content, most + 1, cancellationToken).ConfigureAwait(false);
        return bytes is null || bytes.Length > most
            ? throw new HttpRequestException(HttpRequestError.ConfigurationLimitExceeded, "The answer is too long.")
            : new WholeAnswer(bytes, isSecret).WithHeadersOf(content);
    }

    /// <summary>Reads content as far as it is looked at, and disposes of it.</summary>
    /// <param name="content">The answer as it comes.</param>
    /// <param name="most">Bytes that are taken.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="IOException">It ends before its end.</exception>
    public static async Task<WholeAnswer> ReadBeginningAsync(
        HttpContent content, int most, CancellationToken cancellationToken)
    {
        using var _ = content;
        return new WholeAnswer(
            await ReadToAsync(content, most, cancellationToken).ConfigureAwait(false), isSecret: false).WithHeadersOf(content);
    }

    /// <summary>The bytes of an answer's stream, without a copy where they are in memory as they came.</summary>
    public static byte[] BytesOf(Stream answer)
    {
        if (answer is Opened opened)
        {
            return opened.Bytes;
        }

        // One that the SDK has wrapped, for a checksum in a header.
        using var copy = new MemoryStream();
        answer.CopyTo(copy);
        return copy.ToArray();
    }

    /// <inheritdoc/>
    protected override Task<Stream> CreateContentReadStreamAsync() => Task.FromResult<Stream>(new Opened(_bytes));

    /// <inheritdoc/>
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => stream.WriteAsync(_bytes).AsTask();

    /// <inheritdoc/>
    protected override bool TryComputeLength(out long length)
    {
        length = _bytes.Length;
        return true;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (_isSecret)
        {
            CryptographicOperations.ZeroMemory(_bytes);
        }

        base.Dispose(disposing);
    }

    private static async Task<byte[]> ReadToAsync(HttpContent content, int most, CancellationToken cancellationToken)
    {
        var announced = content.Headers.ContentLength;
        var longest = (int)Math.Min(announced ?? long.MaxValue, most);
        var bytes = new byte[Math.Min(announced is null ? First : MostAtOnce, longest)];
        var length = 0;
        var stream = await content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        while (length < longest)
        {
            if (length == bytes.Length)
            {
                Resize(ref bytes, announced is null ? Math.Min(length * 2, longest) : longest);
            }

            var read = await stream.ReadAsync(bytes.AsMemory(length), cancellationToken).ConfigureAwait(false);
            if (read == 0)
            {
                break;
            }

            length += read;
        }

        if (length < bytes.Length)
        {
            Resize(ref bytes, length);
        }

        return bytes;
    }

    private static void Resize(ref byte[] bytes, int length)
    {
        var old = bytes;
        bytes = Allocate(length);
        old.AsSpan(0, Math.Min(old.Length, length)).CopyTo(bytes);
        CryptographicOperations.ZeroMemory(old);
    }

    // An answer that is not read leaves its messages invisible until their timeout: the memory that is free in pieces is put
    // together first.
    private static byte[] Allocate(int length)
    {
        try
        {
            return new byte[length];
        }
        catch (OutOfMemoryException)
        {
            GCSettings.LargeObjectHeapCompactionMode = GCLargeObjectHeapCompactionMode.CompactOnce;
            GC.Collect();
            return new byte[length];
        }
    }

    // Its length is known by itself, and what was announced may be more than is kept.
    private WholeAnswer WithHeadersOf(HttpContent content)
    {
        foreach (var (name, values) in content.Headers.NonValidated)
        {
            if (!name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase))
            {
                Headers.TryAddWithoutValidation(name, values);
            }
        }

        return this;
    }

    /// <summary>The answer as the SDK hands it on.</summary>
    internal sealed class Opened : MemoryStream
    {
        public Opened(byte[] bytes)
            : base(bytes, writable: false) => Bytes = bytes;

        /// <summary>All of it, and no copy.</summary>
        public byte[] Bytes { get; }
    }
}
