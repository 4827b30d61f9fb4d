using LoginEtl.Tokens;

namespace LoginEtl.Masking;

/// <summary>Tokens of one attribute under its primary key, many values a call. Not thread-safe.</summary>
internal interface IMasker : IDisposable
{
    /// <summary>
    /// Masks each value into the same place; null stays null. False in <paramref name="fits"/> where a value is too long:
    /// one limit for all methods, so that a method can be changed.
    /// </summary>
    void Mask(ReadOnlySpan<Plaintext?> values, Span<Token?> tokens, Span<bool> fits);
}

/// <summary>What a group of values became; the places are those of the messages.</summary>
internal sealed record MaskedBatch(Token?[] Ips, bool[] IpFits, Token?[] DeviceIds, bool[] DeviceIdFits);
