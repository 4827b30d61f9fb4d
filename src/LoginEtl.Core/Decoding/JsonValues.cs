using System.Buffers;

namespace LoginEtl.Decoding;

/// <summary>
/// Cuts a text into the values of JSON that it is made of: the elements of arrays, and objects that stand by themselves,
/// each over as many lines as it likes. It finds where a value ends and judges none: what is wrong with one is for the
/// decoder. Of a value longer than a body may be, only so much is kept that it is seen to be too long.
/// </summary>
internal sealed class JsonValues
{
    private readonly ArrayBufferWriter<byte> _value = new();
    private bool _inArray;
    private bool _inString;
    private bool _escaped;
    private int _depth;

    /// <summary>Values cut so far.</summary>
    public long Count { get; private set; }

    /// <summary>Whether an array, an object or a string has begun and not ended.</summary>
    public bool IsOpen => _inArray || _inString || _depth > 0;

    /// <summary>
    /// Whether a text that begins so is cut into values and not into lines: its first line opens an array, or is an opening
    /// brace alone.
    /// </summary>
    public static bool Begin(ReadOnlySpan<byte> start)
    {
        start = LoginDecoder.WithoutMark(start).TrimStart(LoginDecoder.WhiteSpace);
        return start switch
        {
            // Not just any bracket: a line that is no JSON must not take the lines behind it with it.
            [(byte)'[', .. var inside] => inside.TrimStart(LoginDecoder.WhiteSpace) is [] or [(byte)'{' or (byte)']', ..],
            [(byte)'{', .. var rest] => rest.TrimStart(" \t"u8) is [] or [(byte)'\r' or (byte)'\n', ..],
            _ => false,
        };
    }

    /// <summary>Takes the next bytes and adds what has ended in them.</summary>
    public void Take(ReadOnlySpan<byte> bytes, List<byte[]> values)
    {
        foreach (var b in bytes)
        {
            if (_inString)
            {
                Keep(b);
                (_escaped, _inString) = (!_escaped && b == '\\', _escaped || b != '"');
            }
            else if (_value.WrittenCount == 0 && IsBetween(b))
            {
                _inArray = b == '[' || (_inArray && b != ']');
            }
            else if (_depth == 0 && _value.WrittenCount > 0 && (_inArray ? b is (byte)',' or (byte)']' : b == '\n'))
            {
                Add(values);
                _inArray &= b != ']';
            }
            else
            {
                Keep(b);
                _inString = b == '"';
                _depth = Math.Max(0, _depth + (b is (byte)'{' or (byte)'[' ? 1 : b is (byte)'}' or (byte)']' ? -1 : 0));
                if (b == '}' && _depth == 0 && !_inArray)
                {
                    Add(values);
                }
            }
        }
    }

    /// <summary>The value that the text ends in; null where none is left.</summary>
    public byte[]? TakeRest()
    {
        List<byte[]> values = [];
        Add(values);
        return values is [var rest] ? rest : null;
    }

    private bool IsBetween(byte b) =>
        LoginDecoder.WhiteSpace.Contains(b) || (_inArray ? b is (byte)',' or (byte)']' : b == '[');

    private void Keep(byte b)
    {
        if (_value.WrittenCount <= LoginDecoder.MaxBodyBytes)
        {
            _value.GetSpan(1)[0] = b;
            _value.Advance(1);
        }
    }

    private void Add(List<byte[]> values)
    {
        var value = _value.WrittenSpan.TrimEnd(LoginDecoder.WhiteSpace);
        if (!value.IsEmpty)
        {
            Count++;
            values.Add(value.ToArray());
        }

        _value.ResetWrittenCount();
    }
}
