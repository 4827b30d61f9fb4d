using System.Buffers.Binary;
using System.Text;

namespace LoginEtl.Decoding;

/// <summary>
/// UTF-16 or UTF-32 read as UTF-8. What has no UTF-8 (half of a surrogate pair, a number beyond Unicode, a unit that was
/// cut off) becomes bytes that are none, so that its line alone is rejected, and never one that it was not.
/// </summary>
/// <param name="bytes">After the byte order mark.</param>
/// <param name="unit">Bytes a unit: 2 or 4.</param>
/// <param name="bigEndian">The order of the bytes in a unit.</param>
internal sealed class WideText(Stream bytes, int unit, bool bigEndian) : ReadingStream
{
    private const int Most = 16 * 1024;
    private const char Half = '\uD800';
    private readonly byte[] _units = new byte[Most];
    private readonly StringBuilder _text = new(Most);
    private ReadOnlyMemory<byte> _ready;
    private int _left;
    private bool _ended;

    public override int Read(Span<byte> buffer)
    {
        while (_ready.IsEmpty && !_ended)
        {
            Fill();
        }

        var length = Math.Min(buffer.Length, _ready.Length);
        _ready.Span[..length].CopyTo(buffer);
        _ready = _ready[length..];
        return length;
    }

    private void Fill()
    {
        var read = bytes.Read(_units, _left, Most - _left);
        _ended = read == 0;
        var length = _left + read;
        var whole = length - (length % unit);
        for (var at = 0; at < whole; at += unit)
        {
            Add(_units.AsSpan(at, unit));
        }

        _left = length - whole;
        _units.AsSpan(whole, _left).CopyTo(_units);
        if (_ended && _left > 0)
        {
            _text.Append(Half);
        }

        // The first half of a pair waits for the second.
        var waits = !_ended && _text.Length > 0 && char.IsHighSurrogate(_text[^1]);
        var last = waits ? _text[^1] : default;
        _text.Length -= waits ? 1 : 0;
        _ready = Wtf8.GetBytes(_text.ToString());
        _text.Clear();
        if (waits)
        {
            _text.Append(last);
        }
    }

    private void Add(ReadOnlySpan<byte> one)
    {
        if (unit == 2)
        {
            _text.Append((char)(bigEndian ? BinaryPrimitives.ReadUInt16BigEndian(one) : BinaryPrimitives.ReadUInt16LittleEndian(one)));
            return;
        }

        var number = bigEndian ? BinaryPrimitives.ReadUInt32BigEndian(one) : BinaryPrimitives.ReadUInt32LittleEndian(one);
        if (Rune.TryCreate(number, out var rune))
        {
            _text.Append(rune.ToString());
        }
        else
        {
            // Followed by what is no second half, so that two of them make no character.
            _text.Append(Half).Append('?');
        }
    }
}
