using LoginEtl.Keysets;

namespace LoginEtl.Unit.Fuzzing.Targets;

/// <summary>A key's protocol buffer is read to its end or refused; written again, its fields read the same.</summary>
internal sealed class ProtoTarget : FuzzTarget
{
    public override string Name => "proto";

    public override int Share => 20;

    public override IReadOnlyList<byte[]> Pieces { get; } =
    [
        .. FuzzPieces.Utf8, [0x08, 1], [0x10, 32], [0x12, 0x40], [0x1A, 0], [0x0A, 0x80, 1], [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1],
        [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F], [0xF8, 0xFF, 0xFF, 0xFF, 0x0F], [0x12, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1], [0x0D], [0x09],
    ];

    public override IReadOnlyList<string> MustReach { get; } = ["malformed", "0 fields", "1 fields", "2 fields", "3 fields"];

    public override string Run(ReadOnlySpan<byte> input)
    {
        try
        {
            var reader = new ProtoReader(input);
            // A field may be one byte longer than it was: every tag is written again.
            var writer = new ProtoWriter(new byte[(input.Length * 11) + 16]);
            var fields = 0;
            while (reader.Next())
            {
                Finding.Unless(reader.Field is > 0 and < 1 << 29, $"there is no field {reader.Field}");
                fields++;
                Write(ref writer, reader);
            }

            Same(input, writer.Written);
            return $"{Math.Min(fields, 4)} fields";
        }
        catch (FormatException e)
        {
            Finding.IfQuoted(e);
            return "malformed";
        }
    }

    private static void Write(ref ProtoWriter writer, ProtoReader field)
    {
        if (field.Bytes.IsEmpty)
        {
            // Nothing, or a number.
            writer.Number(field.Field, field.Number);
        }
        else
        {
            writer.Bytes(field.Field, field.Bytes);
        }
    }

    private static void Same(ReadOnlySpan<byte> one, ReadOnlySpan<byte> other)
    {
        var first = new ProtoReader(one);
        var second = new ProtoReader(other);
        while (first.Next())
        {
            Finding.Unless(second.Next(), "written again there are fewer fields");
            Finding.Unless(first.Field == second.Field && first.Number == second.Number && first.Bytes.SequenceEqual(second.Bytes), "a field written again reads otherwise");
        }

        Finding.Unless(!second.Next(), "written again there are more fields");
    }
}
