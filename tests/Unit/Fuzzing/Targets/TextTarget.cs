using System.Text;
using LoginEtl.Decoding;
using LoginEtl.Records;

namespace LoginEtl.Unit.Fuzzing.Targets;

/// <summary>
/// A line that comes as a text is what its UTF-8 bytes are; one with half of a surrogate pair, which has none, is a
/// reject, and no other line's twin.
/// </summary>
internal sealed class TextTarget : FuzzTarget
{
    public override string Name => "text-lines";

    public override int Share => 5;

    public override IReadOnlyList<byte[]> Pieces { get; } = [.. FuzzPieces.Json, [0xF0], [0xF7, 0xF8], [0xFF], [0xF8, 0xF0]];

    public override IReadOnlyList<string> MustReach { get; } = ["blank", "login", "missing_field", "half"];

    public override string Run(ReadOnlySpan<byte> input)
    {
        var text = TextOf(input);
        var lines = new LoginText();
        var login = lines.Decode("a", 1, text);
        if (login is null)
        {
            Finding.Unless(string.IsNullOrWhiteSpace(text), "a line is lost");
            return "blank";
        }

        Finding.IfQuoted(login.ToString(), "the line");
        var again = (LineDelivery)lines.Decode("a", 2, text)!.GetDelivery();
        var other = (LineDelivery)lines.Decode("a", 3, text + "\uDBFF")!.GetDelivery();
        Finding.Unless((again.Occurrence, other.Occurrence) == (2, 1), "two lines are one, or one is two");
        if (Halved(text))
        {
            Finding.Unless(login is RejectedLogin { Reason: "invalid_utf8" }, "half a pair is taken for text");
            return "half";
        }

        var bytes = new LoginText().Decode("a", 1, Encoding.UTF8.GetBytes(text));
        Finding.Unless(login.ToString() == bytes?.ToString() && login.GetType() == bytes?.GetType(), "the text and its bytes decode differently");
        return login is RejectedLogin reject ? reject.Reason : "login";
    }

    // ASCII as it is; the highest bytes stand for halves of pairs, high ones and low ones.
    private static string TextOf(ReadOnlySpan<byte> input)
    {
        var text = new char[input.Length];
        for (var i = 0; i < input.Length; i++)
        {
            text[i] = input[i] < 0xF0 ? (char)input[i] : (char)(0xD800 + ((input[i] - 0xF0) * 0x80));
        }

        return new string(text);
    }

    private static bool Halved(string text)
    {
        try
        {
            _ = new UTF8Encoding(false, throwOnInvalidBytes: true).GetByteCount(text);
            return false;
        }
        catch (EncoderFallbackException)
        {
            return true;
        }
    }
}
