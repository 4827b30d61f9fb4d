using System.IO.Compression;
using LoginEtl.Faults;

namespace LoginEtl.Decoding;

/// <summary>
/// What is in a gzip file; says by name that it is damaged. The framework takes a file that was cut off for one that ends
/// there, so a small gzip member of ours is put behind it: only where the file is whole does that come out as it went in.
/// </summary>
internal sealed class UnpackedFile : ReadingStream
{
    private static readonly byte[] Mark = "login-etl: the end"u8.ToArray();

    private readonly MarkedEnd _packed;
    private readonly GZipStream _gzip;
    private readonly string _sourceId;

    /// <param name="packed">Stays the caller's.</param>
    /// <param name="sourceId">Name of the source, for the error.</param>
    public UnpackedFile(Stream packed, string sourceId)
    {
        _sourceId = sourceId;
        _packed = new MarkedEnd(packed);
        _gzip = new GZipStream(_packed, CompressionMode.Decompress);
    }

    /// <exception cref="LoginEtlException"><c>FileDamaged</c>.</exception>
    public override int Read(Span<byte> buffer)
    {
        try
        {
            // It asks for more only when all that it had has come out: what comes in the call that meets the end is the mark.
            var read = _packed.HasEnded ? 0 : _gzip.Read(buffer);
            return !_packed.HasEnded ? read : EndsIn(buffer[..read]) ? 0 : throw Damaged();
        }
        catch (InvalidDataException)
        {
            throw Damaged();
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _gzip.Dispose();
        }

        base.Dispose(disposing);
    }

    private bool EndsIn(ReadOnlySpan<byte> beginning)
    {
        if (_packed.WasSeen)
        {
            return true;
        }

        _packed.WasSeen = true;
        Span<byte> all = stackalloc byte[Mark.Length + 1];
        if (beginning.Length > Mark.Length)
        {
            return false;
        }

        beginning.CopyTo(all);
        var length = beginning.Length;
        for (int read; length < all.Length && (read = _gzip.Read(all[length..])) > 0; length += read)
        {
        }

        return all[..length].SequenceEqual(Mark);
    }

    private LoginEtlException Damaged() => new(
        ErrorId.FileDamaged, $"The file {_sourceId} begins as gzip and cannot be unpacked: it was cut off or damaged.",
        "Get it again from where it was made. What could be read was read, and is not written twice when it is read again.");

    /// <summary>The packed bytes, and the mark behind them.</summary>
    private sealed class MarkedEnd(Stream packed) : ReadingStream
    {
        private static readonly byte[] PackedMark = Pack();
        private int _given;

        public bool HasEnded { get; private set; }

        public bool WasSeen { get; set; }

        public override int Read(Span<byte> buffer)
        {
            if (!HasEnded && packed.Read(buffer) is > 0 and var read)
            {
                return read;
            }

            HasEnded = true;
            var length = Math.Min(buffer.Length, PackedMark.Length - _given);
            PackedMark.AsSpan(_given, length).CopyTo(buffer);
            _given += length;
            return length;
        }

        private static byte[] Pack()
        {
            using var bytes = new MemoryStream();
            using (var gzip = new GZipStream(bytes, CompressionLevel.Fastest))
            {
                gzip.Write(Mark);
            }

            return bytes.ToArray();
        }
    }
}
