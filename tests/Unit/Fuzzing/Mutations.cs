using System.Runtime.InteropServices;

namespace LoginEtl.Unit.Fuzzing;

/// <summary>Makes inputs: entries of the corpus as they are, then mutations of them, each from its own generator.</summary>
internal sealed class Mutations(FuzzTarget target, IReadOnlyList<byte[]> corpus, ulong seed)
{
    private const int Longest = 1 << 18;

    // Bytes at the edges of ASCII, UTF-8 and signs.
    private static readonly byte[] Edges = [0, 1, 9, 10, 13, 32, 34, 0x27, 0x7F, 0x80, 0xBF, 0xC0, 0xC2, 0xE0, 0xED, 0xEF, 0xF0, 0xF4, 0xF8, 0xFE, 0xFF];

    private static readonly byte[] CanaryBytes = System.Text.Encoding.ASCII.GetBytes(FuzzTarget.Canary);

    private static readonly System.Buffers.SearchValues<byte> Delimiters = System.Buffers.SearchValues.Create("\"'<>{}[]:,;=/?&@\n"u8);

    private readonly List<byte> _input = [];

    /// <summary>The input of this number: good until the next is asked for.</summary>
    public ReadOnlySpan<byte> Input(long index)
    {
        CollectionsMarshal.SetCount(_input, 0);
        if (index < corpus.Count)
        {
            _input.AddRange(corpus[(int)index]);
            return CollectionsMarshal.AsSpan(_input);
        }

        var random = SplitMix.Of(target.Name, seed, index);
        _input.AddRange(corpus[random.Below(corpus.Count)]);
        // Mostly few: what is broken in many places is refused at the first.
        var changes = random.OneIn(16) ? 1 + random.Below(30) : random.OneIn(2) ? 1 : 1 + random.Below(4);
        for (; changes > 0; changes--)
        {
            Change(ref random);
        }

        if (random.OneIn(4_000))
        {
            BlowUp(ref random, Longest);
        }

        return CollectionsMarshal.AsSpan(_input);
    }

    private void Change(ref SplitMix random)
    {
        var at = random.Below(_input.Count + 1);
        var length = Math.Min(1 + random.Below(random.OneIn(4) ? 64 : 6), _input.Count - at);
        switch (random.Below(16))
        {
            case 0 when length > 0:
                _input[at] ^= (byte)(1 << random.Below(8));
                break;
            case 1 when length > 0:
                _input[at] = random.OneIn(2) ? Edges[random.Below(Edges.Length)] : (byte)random.Next();
                break;
            case 2:
                _input.RemoveRange(at, length);
                break;
            case 3:
                Duplicate(at, length);
                break;
            case 4 when random.OneIn(4):
                _input.RemoveRange(at, _input.Count - at);
                break;
            case 5:
                Splice(ref random, at);
                break;
            case 6 when length > 0:
                Move(at, length, random.Below(_input.Count - length + 1));
                break;
            case 7:
                _input.InsertRange(at, CanaryBytes);
                break;
            case 8:
                ReplaceNumber(ref random, at);
                break;
            case 9 when random.OneIn(8):
                Repeat(at, target.Pieces[random.Below(target.Pieces.Count)], 1 + random.Below(200));
                break;
            case 10 or 11 or 12:
                ReplaceField(ref random, at);
                break;
            case 13:
                _input.RemoveRange(at, length);
                _input.InsertRange(at, target.Pieces[random.Below(target.Pieces.Count)]);
                break;
            default:
                _input.InsertRange(at, target.Pieces[random.Below(target.Pieces.Count)]);
                break;
        }
    }

    private void Duplicate(int at, int length) => _input.InsertRange(at, _input.GetRange(at, length));

    private void Repeat(int at, byte[] piece, int times)
    {
        for (; times > 0 && _input.Count < Longest; times--)
        {
            _input.InsertRange(at, piece);
        }
    }

    // Its end, or a part of it, becomes that of another entry.
    private void Splice(ref SplitMix random, int at)
    {
        var other = corpus[random.Below(corpus.Count)];
        var from = random.Below(other.Length + 1);
        if (random.OneIn(2))
        {
            _input.RemoveRange(at, _input.Count - at);
            _input.AddRange(other.AsSpan(from));
        }
        else
        {
            _input.InsertRange(at, other.AsSpan(from, Math.Min(random.Below(64), other.Length - from)));
        }
    }

    private void Move(int at, int length, int to)
    {
        var part = _input.GetRange(at, length);
        _input.RemoveRange(at, length);
        _input.InsertRange(to, part);
    }

    private void ReplaceNumber(ref SplitMix random, int at)
    {
        var start = _input.FindIndex(at, b => b is >= (byte)'0' and <= (byte)'9');
        if (start < 0)
        {
            return;
        }

        var end = _input.FindIndex(start, b => b is < (byte)'0' or > (byte)'9');
        _input.RemoveRange(start, (end < 0 ? _input.Count : end) - start);
        _input.InsertRange(start, FuzzPieces.Numbers[random.Below(FuzzPieces.Numbers.Count)]);
    }

    // What stands between two delimiters becomes something else, and the form around it stays whole.
    private void ReplaceField(ref SplitMix random, int at)
    {
        var start = _input.FindIndex(at, b => Delimiters.Contains(b)) + 1;
        var end = start == 0 ? -1 : _input.FindIndex(start, b => Delimiters.Contains(b));
        if (end < 0)
        {
            return;
        }

        _input.RemoveRange(start, end - start);
        for (var pieces = random.Below(4); pieces > 0; pieces--)
        {
            _input.InsertRange(start, random.OneIn(5) ? CanaryBytes : target.Pieces[random.Below(target.Pieces.Count)]);
        }
    }

    private void BlowUp(ref SplitMix random, int longest)
    {
        var at = random.Below(_input.Count + 1);
        var part = _input.GetRange(at, Math.Min(1 + random.Below(40), _input.Count - at)).ToArray();
        if (part.Length > 0)
        {
            var grown = random.Below(longest);
            var repeated = new byte[grown / part.Length * part.Length];
            for (var i = 0; i < repeated.Length; i += part.Length)
            {
                part.CopyTo(repeated, i);
            }

            _input.InsertRange(at, repeated);
        }
    }
}
