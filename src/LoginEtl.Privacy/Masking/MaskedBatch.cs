using LoginEtl.Tokens;

namespace LoginEtl.Masking;

/// <summary>What a group of values became; the places are those of the messages.</summary>
internal sealed record MaskedBatch(Token?[] Ips, bool[] IpFits, Token?[] DeviceIds, bool[] DeviceIdFits);
