using System.Text;
using LoginEtl.Crypto;
using LoginEtl.Keysets;
using LoginEtl.Masking;
using LoginEtl.Tokens;
using LoginEtl.Unit.Fixtures;

namespace LoginEtl.Unit.Fuzzing.Targets;

/// <summary>
/// A text that is a token is the only text of its bytes, and one that opens under the key is the very token that masking
/// gives: no other text passes for it.
/// </summary>
internal sealed class TokenTarget : FuzzTarget
{
    private readonly Keyset _keyset = TestKeys.Parse(Vectors.KnownTokens["keysets"]!["ip"]!);
    private readonly AesSiv _siv;
    private readonly SivMasker _masker;
    private readonly byte[] _attribute = AssociatedData.Of(KeysetName.Ip);

    public TokenTarget()
    {
        using var key = KeyMaterial.ReadAesSiv(_keyset, _keyset.Primary);
        _siv = new AesSiv(key.Span);
        _masker = new SivMasker(_keyset, KeysetName.Ip, text => text);
    }

    public override string Name => "tokens";

    public override int Share => 20;

    public override IReadOnlyList<byte[]> Pieces => FuzzPieces.Base64;

    public override IReadOnlyList<string> MustReach { get; } = ["no token", "token", "opens"];

    public override string Run(ReadOnlySpan<byte> input)
    {
        var text = Encoding.UTF8.GetString(input);
        var token = TokenParts.Read(text);
        Finding.Unless(token is not null == TokenParts.TryParse(text, out var parts), "it is read and is not parsed");
        if (token is null)
        {
            return "no token";
        }

        var (kind, keyId, raw) = parts!;
        Finding.Unless(token.Text == text && text.Length <= Token.MaxLength, "the token is another text");
        var again = kind switch
        {
            TokenKind.Siv => SivToken.Create(keyId, raw.AsSpan(0, 16), raw.AsSpan(16)),
            TokenKind.Mac => MacToken.Create(keyId, raw),
            _ => PfxToken.Create(keyId, raw),
        };
        Finding.Unless(again.Text == text, "two texts are one token");
        if (kind != TokenKind.Siv)
        {
            return $"{kind} token";
        }

        if (_siv.Decrypt(raw, _attribute) is not { } padded)
        {
            return "token";
        }

        var plain = Encoding.UTF8.GetString(padded, 0, Padding.UnpaddedLength(padded));
        Finding.Unless(keyId != _keyset.Primary.Id || Mask(plain) == text, "a text opens that masking does not give");
        return "opens";
    }

    protected override void Close()
    {
        _masker.Dispose();
        _siv.Dispose();
        _keyset.Dispose();
    }

    private string? Mask(string plain)
    {
        var tokens = new Token?[1];
        _masker.Mask([new Plaintext(plain)], tokens, new bool[1]);
        return tokens[0]?.Text;
    }
}
