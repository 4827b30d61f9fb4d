using LoginEtl.Decoding;
using LoginEtl.Faults;
using LoginEtl.Records;

namespace LoginEtl.Unit.Fuzzing.Targets;

/// <summary>
/// The lines of a file are those between its line feeds, however its bytes arrive; each is a login or a reject with an
/// identity of its own. Arrays, wide encodings and gzip are read or refused by name, and never end in anything else.
/// </summary>
internal sealed class LinesTarget : FuzzTarget
{
    public override string Name => "lines";

    public override int Share => 10;

    // The reader's chunk and its line; a line of one byte that is no JSON costs an exception.
    public override (long Own, long PerByte) Allocation => (512 * 1024, 2048);

    // Thousands of lines, each with its exception.
    public override int Times(int length) => 1 + (length / 10_000);

    public override IReadOnlyList<byte[]> Pieces { get; } =
        [.. FuzzPieces.Json, .. FuzzPieces.Texts("\n", "\r\n", "\r", "\n\n", "\uFEFF", "\n\uFEFF", "{}\n", "\u2028", "\u0085", "[{", "},\n{", "[\n", "{\n"), [0xFF, 0xFE], [0xFE, 0xFF], [0x1F, 0x8B, 8, 0]];

    public override IReadOnlyList<string> MustReach { get; } = ["0 logins", "1 logins", "2 logins", "3 logins", "damaged"];

    public override string Run(ReadOnlySpan<byte> input)
    {
        var bytes = input.ToArray();
        using (var dribble = new Dribble(bytes))
        {
            var place = 0;
            var lines = Expected(bytes);
            foreach (var line in new Utf8Lines(dribble))
            {
                Finding.Unless(place < lines.Count, "more lines than there are");
                Finding.Unless(line.AsSpan().SequenceEqual(bytes.AsSpan()[lines[place++]]), "a line is not what stands there");
            }

            Finding.Unless(place == lines.Count, "fewer lines than there are");
        }

        var (logins, bodies, isDamaged) = Read(new MemoryStream(bytes));
        var pieces = Read(new Dribble(bytes));
        // Of a damaged file, what comes before the damage may depend on how its bytes arrive.
        Finding.Unless(isDamaged == pieces.IsDamaged && (isDamaged || bodies == pieces.Bodies), "a file in pieces has other bodies");
        return isDamaged ? "damaged" : $"{Math.Min(logins, 4)} logins";
    }

    private static (int Logins, int Bodies, bool IsDamaged) Read(Stream file)
    {
        using var _ = file;
        var (logins, seen) = (0, new HashSet<(long, int)>());
        try
        {
            foreach (var login in new LoginText().Read("a.ndjson", file))
            {
                var line = (LineDelivery)login.GetDelivery();
                Finding.Unless(seen.Add((line.LineNumber, line.Occurrence)), "two lines have one identity");
                Finding.IfQuoted(login.ToString(), "the line");
                logins += login is LoginMessage ? 1 : 0;
            }

            return (logins, seen.Count, false);
        }
        catch (LoginEtlException e) when (e.Id == "FileDamaged")
        {
            Finding.IfQuoted(e.ToString(), "the fault");
            return (logins, seen.Count, true);
        }
    }

    private static List<Range> Expected(byte[] bytes)
    {
        var lines = new List<Range>();
        for (var start = 0; start < bytes.Length;)
        {
            var feed = Array.IndexOf(bytes, (byte)'\n', start);
            var end = feed < 0 ? bytes.Length : feed;
            var from = start == 0 && bytes.AsSpan(0, end).StartsWith("\uFEFF"u8) ? 3 : start;
            lines.Add(from..(end > from && bytes[end - 1] == '\r' ? end - 1 : end));
            start = end + 1;
        }

        return lines;
    }

    /// <summary>Gives its bytes in pieces of few.</summary>
    private sealed class Dribble(byte[] bytes) : MemoryStream(bytes)
    {
        public override int Read(byte[] buffer, int offset, int count) => base.Read(buffer, offset, Math.Min(count, Size()));

        public override int Read(Span<byte> buffer) => base.Read(buffer[..Math.Min(buffer.Length, Size())]);

        // Large ones in larger pieces, or the harness is what takes long.
        private int Size() => Length > 10_000 ? 997 : (int)(1 + (Position % 7));
    }
}
