using System.Buffers;

namespace LoginEtl.Aws.Protocols;

/// <summary>
/// Finds a word in JSON that is none of <c>true</c>, <c>false</c> and <c>null</c> before the reader does: its exception
/// quotes everything that follows, which for an answer of megabytes is sixteen times its length, and personal data.
/// </summary>
internal static class JsonLiterals
{
    private static readonly SearchValues<byte> Starts = SearchValues.Create("\"tfn"u8);

    /// <summary>False only of what is no JSON; whatever else is wrong with it the reader finds.</summary>
    public static bool AreWhole(ReadOnlySpan<byte> json)
    {
        while (json.IndexOfAny(Starts) is >= 0 and var at)
        {
            json = json[at..];
            var length = json[0] == (byte)'"' ? Text(json)
                : json.StartsWith("true"u8) || json.StartsWith("null"u8) ? 4
                : json.StartsWith("false"u8) ? 5
                : 0;
            if (length == 0)
            {
                return false;
            }

            json = json[length..];
        }

        return true;
    }

    // Length of a string with its quotes; of one that does not end, all there is.
    private static int Text(ReadOnlySpan<byte> json)
    {
        var at = 1;
        while (at < json.Length && json[at..].IndexOfAny((byte)'"', (byte)'\\') is >= 0 and var next)
        {
            at += next;
            if (json[at] == (byte)'"')
            {
                return at + 1;
            }

            at += 2;
        }

        return json.Length;
    }
}
