using System.Buffers;
using System.Text;

namespace LoginEtl.Records;

/// <summary>UTF-16 text that other encodings can hold.</summary>
public static class SurrogatePairs
{
    /// <summary>Whether every surrogate has its other half: text with half a pair is no UTF-8.</summary>
    public static bool AreWhole(ReadOnlySpan<char> text)
    {
        while (text.IndexOfAnyInRange('\uD800', '\uDFFF') is >= 0 and var at)
        {
            if (Rune.DecodeFromUtf16(text[at..], out _, out var length) != OperationStatus.Done)
            {
                return false;
            }

            text = text[(at + length)..];
        }

        return true;
    }
}
