namespace LoginEtl.Unit.Core.Decoding;

/// <summary>Gives its bytes in pieces of few.</summary>
internal sealed class Trickle(byte[] bytes, int most) : MemoryStream(bytes)
{
    public override int Read(byte[] buffer, int offset, int count) => base.Read(buffer, offset, Math.Min(count, most));

    public override int Read(Span<byte> buffer) => base.Read(buffer[..Math.Min(buffer.Length, most)]);
}
