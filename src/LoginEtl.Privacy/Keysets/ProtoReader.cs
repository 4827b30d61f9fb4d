namespace LoginEtl.Keysets;

/// <summary>Just enough protocol buffers to read Tink's key messages: varints and length-delimited fields.</summary>
internal ref struct ProtoReader(ReadOnlySpan<byte> message)
{
    // 2^29 - 1: protobuf.dev, "Assigning Field Numbers".
    private const ulong LargestField = (1 << 29) - 1;

    private ReadOnlySpan<byte> _rest = message;

    public int Field { get; private set; }

    /// <summary>Value of a varint field.</summary>
    public ulong Number { get; private set; }

    /// <summary>Value of a length-delimited field.</summary>
    public ReadOnlySpan<byte> Bytes { get; private set; }

    /// <exception cref="FormatException">The message is malformed; the text quotes nothing of it.</exception>
    public bool Next()
    {
        if (_rest.IsEmpty)
        {
            return false;
        }

        var tag = Varint();
        Field = tag >> 3 is > 0 and <= LargestField ? (int)(tag >> 3) : throw Malformed();
        Bytes = default;
        Number = 0;
        switch (tag & 7)
        {
            case 0:
                Number = Varint();
                return true;
            case 2:
                var length = Varint();
                if (length > (ulong)_rest.Length)
                {
                    throw Malformed();
                }

                Bytes = _rest[..(int)length];
                _rest = _rest[(int)length..];
                return true;
            default:
                throw Malformed();
        }
    }

    private ulong Varint()
    {
        var value = 0UL;
        for (var shift = 0; shift < 64; shift += 7)
        {
            if (_rest.IsEmpty)
            {
                throw Malformed();
            }

            var b = _rest[0];
            _rest = _rest[1..];
            value |= (ulong)(b & 0x7F) << shift;
            if (b < 0x80)
            {
                return value;
            }
        }

        throw Malformed();
    }

    private static FormatException Malformed() => new("The key's protocol buffer is malformed.");
}
