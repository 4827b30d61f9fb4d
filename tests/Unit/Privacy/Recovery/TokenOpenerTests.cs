using LoginEtl.Faults;
using LoginEtl.Keysets;
using LoginEtl.Recovery;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Privacy.Recovery;

/// <summary>Tokens open with the exact key they name, for their own attribute, or not at all.</summary>
public sealed class TokenOpenerTests : IDisposable
{
    private readonly RotatingKeys _keys = new();

    public void Dispose() => _keys.Dispose();

    [Fact]
    public void Every_length_and_script_comes_back_in_groups_of_any_size()
    {
        var random = new Random(4711);
        foreach (var size in new[] { 0, 1, 2, 511, 512, 513, 1500 })
        {
            var values = Enumerable.Range(0, size).Select(i => Text(random, i)).ToList();
            using var ring = _keys.Open();
            using var opener = new TokenOpener(ring, "device_id");
            var opened = opener.Open([.. values.Select(v => _keys.Mask("::1", v).DeviceId.Text)]);
            Assert.Equal(values, opened.Select(o => o.Plaintext?.Reveal()));
            Assert.All(opened, o => Assert.Null(o.Refusal));
        }
    }

    [Fact]
    public void Original_that_somebody_else_sealed_does_not_open_while_the_token_s_key_is_held_disabled_too()
    {
        using var keys = new TestKeys();
        var old = keys.Ring.Get("ip.mac").Primary;
        using var masker = new LoginEtl.Masking.MacMasker(keys.Ring.Get("ip.mac"), old, "ip", text => text);
        var token = masker.Mask("203.0.113.7").Text;
        var change = KeysetChange.Of(keys.Folder, "ip.mac", new KeyAccess());
        change.Promote(change.Add().KeyId);
        change.Disable(old.Id);
        using var ring = Keyring.Open(keys.Folder);
        Assert.Equal(KeyStatus.Disabled, ring.Get("ip.mac").Keys.Single(k => k.Id == old.Id).Status);
        using var escrow = EscrowKey.Read(keys.EscrowPath);
        Assert.Equal((null, "203.0.113.7"), Opened("203.0.113.7"));
        Assert.Equal((TokenRefusal.OriginalUnopened, null), Opened("198.51.100.66"));

        (TokenRefusal?, string?) Opened(string original)
        {
            // What one has sealed for a token, it keeps.
            using var sealer = new LoginEtl.Masking.OriginalSealer(keys.Ring.Get("escrow"));
            using var opener = new TokenOpener(ring, "ip", escrow);
            var opened = opener.Open([token], new Dictionary<string, ReadOnlyMemory<byte>> { [token] = sealer.Seal("ip", token, original).AsMemory() })[0];
            return (opened.Refusal, opened.Plaintext?.Reveal());
        }
    }

    [Fact]
    public void Known_tokens_open_to_their_canonical_form()
    {
        using var known = new TestKeys();
        foreach (var attribute in new[] { "ip", "device_id" })
        {
            using var opener = new TokenOpener(known.Ring, attribute);
            foreach (var vector in Vectors.KnownTokens["siv"]!.AsArray().Where(v => (string?)v!["attribute"] == attribute))
            {
                var token = Assert.Single(opener.Open([(string)vector!["token"]!]));
                Assert.Equal((string?)vector["canonical"], token.Plaintext?.Reveal());
            }
        }
    }

    [Fact]
    public void Tokens_of_an_old_key_open_beside_those_of_the_new_one()
    {
        var old = _keys.Mask("192.0.2.1", "a");
        _keys.Promote();
        var renewed = _keys.Mask("192.0.2.1", "a");
        Assert.NotEqual(old.Ip.Text, renewed.Ip.Text);
        using var ring = _keys.Open();
        using var opener = new TokenOpener(ring, "ip");
        Assert.Equal(["192.0.2.1", "192.0.2.1"], opener.Open([old.Ip.Text, renewed.Ip.Text]).Select(o => o.Plaintext!.Reveal()));
    }

    [Fact]
    public void What_cannot_be_opened_is_refused_with_its_reason_and_no_plaintext()
    {
        var (ip, device) = _keys.Mask("192.0.2.1", "593-47-5928");
        var text = ip.Text;
        using var ring = _keys.Open();
        using var opener = new TokenOpener(ring, "ip");
        Assert.Equal(TokenRefusal.UnknownKey, Refusal(opener, device.Text));
        for (var length = 0; length < text.Length; length++)
        {
            Assert.Contains(Refusal(opener, text[..length]), new TokenRefusal?[] { TokenRefusal.Malformed, TokenRefusal.NotAuthentic });
        }

        for (var at = 0; at < text.Length; at++)
        {
            Assert.NotNull(Refusal(opener, $"{text[..at]}{(text[at] == 'A' ? 'B' : 'A')}{text[(at + 1)..]}"));
        }

        foreach (var plain in new[] { "", "192.0.2.1", "siv1.", "mac1.AAAA", text + "=", " " + text, text + "A" })
        {
            Assert.Equal(TokenRefusal.Malformed, Refusal(opener, plain));
        }
    }

    [Fact]
    public void Token_of_the_other_attribute_under_the_same_key_does_not_authenticate()
    {
        var ip = _keys.Mask("192.0.2.1", "x").Ip.Text;
        using var ring = _keys.OpenWith("device_id", from: "ip");
        using var opener = new TokenOpener(ring, "device_id");
        Assert.Equal(TokenRefusal.NotAuthentic, Refusal(opener, ip));
    }

    [Fact]
    public void Disabled_key_opens_nothing()
    {
        var old = _keys.Mask("192.0.2.1", "x").Ip.Text;
        _keys.Promote(KeyStatus.Disabled);
        using var ring = _keys.Open();
        using var opener = new TokenOpener(ring, "ip");
        Assert.Equal(TokenRefusal.DisabledKey, Refusal(opener, old));
    }

    [Fact]
    public void Attribute_without_a_keyset_is_a_fault()
    {
        using var ring = _keys.Open();
        Assert.Equal("KeysetNotFound", Assert.Throws<LoginEtlException>(() => new TokenOpener(ring, "no_such")).Id);
    }

    private static TokenRefusal? Refusal(TokenOpener opener, string token)
    {
        var opened = Assert.Single(opener.Open([token]));
        Assert.Equal(opened.Refusal is null, opened.Plaintext is not null);
        return opened.Refusal;
    }

    private static string Text(Random random, int i)
    {
        string[] alphabet = ["a", "Z", "0", "é", "ж", "漢", "🜚"];
        var text = "";
        for (var wanted = i % 40; wanted > 0; wanted--)
        {
            text += alphabet[random.Next(alphabet.Length)];
        }

        return text;
    }
}
