using System.Text;
using LoginEtl.Crypto;
using LoginEtl.Keysets;
using LoginEtl.Masking;
using LoginEtl.Tokens;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Privacy.Masking;

public sealed class SivMaskerTests : IDisposable
{
    private readonly Keyset _keyset = TestKeys.Parse(Vectors.KnownTokens["keysets"]!["device_id"]!);
    private readonly SivMasker _masker;
    private readonly AesSiv _single;

    public SivMaskerTests()
    {
        _masker = new SivMasker(_keyset, "device_id", CanonicalForm.OfDeviceId);
        using var key = KeyMaterial.ReadAesSiv(_keyset, _keyset.Primary);
        _single = new AesSiv(key.Span);
    }

    public void Dispose()
    {
        _masker.Dispose();
        _single.Dispose();
        _keyset.Dispose();
    }

    [Fact]
    public void Groups_of_any_size_and_lengths_give_what_one_value_alone_gives()
    {
        var random = new Random(5297);
        foreach (var size in new[] { 1, 0, 7, 512, 3, 1, 513, 64, 0, 512 }.Concat(Enumerable.Range(0, 200).Select(_ => random.Next(40))))
        {
            var values = Enumerable.Range(0, size).Select(_ => random.Next(8) == 0 ? null : new Plaintext(Text(random, random.Next(176)))).ToArray();
            var (tokens, fits) = Mask(values);
            for (var i = 0; i < size; i++)
            {
                Assert.Equal(values[i] is null ? null : Single(values[i]!.Reveal()), tokens[i]?.Text);
                Assert.Equal(values[i] is null || tokens[i] is not null, fits[i]);
            }
        }
    }

    [Fact]
    public void Every_token_leads_back_to_its_text()
    {
        var random = new Random(77);
        var values = Enumerable.Range(0, 2_000).Select(_ => new Plaintext(Text(random, random.Next(160)))).ToArray();
        var (tokens, _) = Mask(values);
        for (var i = 0; i < values.Length; i++)
        {
            if (tokens[i] is { } token)
            {
                Assert.Equal(CanonicalForm.OfDeviceId(values[i].Reveal()), Open(token.Text));
            }
        }
    }

    [Fact]
    public void Lengths_up_to_159_bytes_fit_a_token_and_one_more_does_not()
    {
        for (var length = 0; length <= 200; length++)
        {
            foreach (var text in new[] { new string('x', length), new string('é', length / 2) + new string('x', length % 2), Repeat("😀", length) })
            {
                var (tokens, fits) = Mask([new Plaintext(text)]);
                Assert.Equal(length <= 159, fits[0]);
                Assert.Equal(length <= 159, tokens[0] is { Text.Length: <= Token.MaxLength });
            }
        }
    }

    [Fact]
    public void What_only_its_normal_form_makes_short_enough_fits()
    {
        var decomposed = string.Concat(Enumerable.Repeat("\u03B1\u0313\u0300\u0345", 53));
        var (tokens, fits) = Mask([new Plaintext(decomposed), new Plaintext(decomposed + "x"), new Plaintext(new string('x', 1_000_000))]);
        Assert.Equal([true, false, false], fits);
        Assert.Equal(Mask([new Plaintext(new string('\u1F82', 53))]).Tokens[0], tokens[0]);
    }

    [Fact]
    public void Length_is_seen_only_to_the_next_sixteen_bytes() =>
        Assert.Equal(
            [55, 55, 55, 76, 76, 97],
            Mask([.. new[] { 0, 7, 15, 16, 31, 32 }.Select(n => new Plaintext(new string('x', n)))]).Tokens.Select(t => t!.Text.Length));

    [Fact]
    public void Token_is_masked_like_any_other_text()
    {
        var token = Mask([new Plaintext("593-47-5928")]).Tokens[0]!;
        var again = Mask([new Plaintext(token.Text)]).Tokens[0]!;
        Assert.NotEqual(token, again);
        Assert.Equal(token.Text, Open(again.Text));
    }

    private (Token?[] Tokens, bool[] Fits) Mask(Plaintext?[] values)
    {
        var tokens = new Token?[values.Length];
        var fits = new bool[values.Length];
        _masker.Mask(values, tokens, fits);
        return (tokens, fits);
    }

    private string? Single(string value)
    {
        var text = Encoding.UTF8.GetBytes(CanonicalForm.OfDeviceId(value));
        byte[] padded = [.. text, 0x80, .. new byte[15 - (text.Length % 16)]];
        var siv = _single.Encrypt(padded, AssociatedData.Of("device_id"));
        return text.Length > 159 ? null : SivToken.Create(_keyset.Primary.Id, siv.AsSpan(0, 16), siv.AsSpan(16)).Text;
    }

    private string? Open(string token)
    {
        Assert.True(SivToken.TryParse(token, out var keyId, out var siv));
        Assert.Equal(_keyset.Primary.Id, keyId);
        var padded = _single.Decrypt(siv, AssociatedData.Of("device_id"));
        return padded is null ? null : Encoding.UTF8.GetString(padded.AsSpan(0, Padding.UnpaddedLength(padded)));
    }

    private static string Text(Random random, int length)
    {
        var text = new StringBuilder();
        while (text.Length < length)
        {
            var rune = random.Next(3) == 0 ? random.Next(0x110000) : random.Next(0x20, 0x7F);
            text.Append(Rune.IsValid(rune) ? new Rune(rune).ToString() : "-");
        }

        return text.ToString();
    }

    private static string Repeat(string four, int bytes) =>
        string.Concat(Enumerable.Repeat(four, bytes / 4)) + new string('x', bytes % 4);
}
