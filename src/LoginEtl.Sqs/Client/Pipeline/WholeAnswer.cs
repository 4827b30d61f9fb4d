using System.Net;
using System.Net.Http;
using System.Security.Cryptography;

namespace LoginEtl.Sqs.Client.Pipeline;

/// <summary>An answer read whole into one array, which the reader of the answer gets without a copy: a secret in it can be zeroed.</summary>
internal sealed class WholeAnswer : HttpContent
{
    // Most answers fit; what announces more than a megabyte gets room for the rest as it comes.
    private const int First = 4 << 10;
    private const int MostAtOnce = 1 << 20;

    private readonly byte[] _bytes;

    private WholeAnswer(byte[] bytes) => _bytes = bytes;

    /// <summary>Reads content to its end, and disposes of it.</summary>
    /// <param name="content">The answer as it comes.</param>
    /// <param name="most">Bytes that are taken.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="HttpRequestException">It is longer.</exception>
    /// <exception cref="IOException">It ends before its end.</exception>
    public static async Task<WholeAnswer> ReadAsync(HttpContent content, int most, CancellationToken cancellationToken)
    {
        using var _ = content;
        var announced = content.Headers.ContentLength;
        // One more than is taken shows that there is more.
        var longest = (int)Math.Min(announced ?? long.MaxValue, most + 1);
        var bytes = new byte[Math.Min(announced is null ? First : MostAtOnce, longest)];
        var length = 0;
        var stream = await content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        while (length < longest && !(announced > most))
        {
            if (length == bytes.Length)
            {
                Resize(ref bytes, Math.Min(length * 2, longest));
            }

            var read = await stream.ReadAsync(bytes.AsMemory(length), cancellationToken).ConfigureAwait(false);
            if (read == 0)
            {
                break;
            }

            length += read;
        }

        if (length > most || announced > most)
        {
            throw new HttpRequestException(HttpRequestError.ConfigurationLimitExceeded, "The answer is too long.");
        }

        if (length < bytes.Length)
        {
            Resize(ref bytes, length);
        }

        var whole = new WholeAnswer(bytes);
        foreach (var (name, values) in content.Headers.NonValidated)
        {
            whole.Headers.TryAddWithoutValidation(name, values);
        }

        return whole;
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

    private static void Resize(ref byte[] bytes, int length)
    {
        var old = bytes;
        bytes = new byte[length];
        old.AsSpan(0, Math.Min(old.Length, length)).CopyTo(bytes);
        CryptographicOperations.ZeroMemory(old);
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
