using System.Text;
using LoginEtl.Faults;
using LoginEtl.Keysets;
using LoginEtl.Masking;
using LoginEtl.Protecting;
using LoginEtl.Records;
using LoginEtl.Unit.Fixtures;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace LoginEtl.Unit.Core.Protecting;

public sealed class BodySealerTests : IDisposable
{
    private static readonly MessageId Message = new("5fea7756-0ea4-451a-a703-a558b933e274");
    private readonly TestKeys _keys = new();
    private readonly Keyset _private;
    private readonly BodySealer _sealer;

    public BodySealerTests()
    {
        _private = _keys.Private();
        _sealer = new BodySealer(_keys.Ring.Get(KeysetName.Quarantine));
    }

    public void Dispose()
    {
        _sealer.Dispose();
        _private.Dispose();
        _keys.Dispose();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(44)]
    [InlineData((1024 * 1024) + 1)]
    public void Private_half_opens_what_was_sealed(int length)
    {
        var body = Enumerable.Range(0, length).Select(i => (byte)i).ToArray();
        var sealedBody = _sealer.Seal(body, Message);
        Assert.Equal(body, BodySealer.Open(_private, sealedBody.AsMemory().Span, Message));
        Assert.Equal(length + 98, sealedBody.Length);
    }

    [Fact]
    public void Nothing_is_sealed_under_a_secret_that_was_zeroed()
    {
        var sender = new EciesSender(EciesSender.RecipientOf(_keys.Ring.Get(KeysetName.Quarantine)));
        Assert.NotEmpty(sender.Seal("text"u8, "context"u8));
        sender.Dispose();
        Assert.Throws<ObjectDisposedException>(() => sender.Seal("text"u8, "context"u8));
    }

    [Fact]
    public void Bodies_of_one_stretch_share_an_ephemeral_key_and_each_opens_for_its_message_alone()
    {
        var sealedBodies = Enumerable.Range(0, 5000).Select(i => (Id: new MessageId($"m{i}"), Body: _sealer.Seal("text"u8, new MessageId($"m{i}")).AsMemory().ToArray())).ToList();
        Assert.Equal([4096, 904], sealedBodies.GroupBy(b => Convert.ToHexString(Point(b.Body))).Select(g => g.Count()));
        foreach (var (first, second) in sealedBodies.Zip(sealedBodies.Skip(1)))
        {
            Assert.Equal("text"u8.ToArray(), BodySealer.Open(_private, first.Body, first.Id));
            Assert.Null(BodySealer.Open(_private, first.Body, second.Id));
        }
    }

    [Fact]
    public void Ephemeral_key_is_used_for_a_minute()
    {
        var clock = new FakeTimeProvider();
        using var sealer = new EciesSealer(_keys.Ring.Get(KeysetName.Quarantine), clock);
        var first = Point(sealer.Seal("text"u8, "context"u8)).ToArray();
        clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(first, Point(sealer.Seal("text"u8, "context"u8)));
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.NotEqual(first, Point(sealer.Seal("text"u8, "context"u8)).ToArray());
        // Zeroed secrets would seal for everybody.
        sealer.Dispose();
        Assert.Throws<ObjectDisposedException>(() => sealer.Seal("text"u8, "context"u8));
    }

    [Fact]
    public void Body_sealed_by_another_program_opens()
    {
        var vector = Vectors.Read("sealed_body.json");
        using var keyset = TestKeys.Parse(vector["privateKeyset"]!);
        var opened = BodySealer.Open(keyset, Convert.FromHexString((string)vector["sealed"]!), new MessageId((string)vector["messageId"]!));
        Assert.Equal((string)vector["body"]!, Encoding.UTF8.GetString(opened!));
    }

    [Fact]
    public void Public_key_made_by_another_program_seals()
    {
        var vector = Vectors.Read("sealed_body.json");
        using var publicKeyset = TestKeys.Parse(vector["publicKeyset"]!);
        using var privateKeyset = TestKeys.Parse(vector["privateKeyset"]!);
        var sealedBody = new BodySealer(publicKeyset).Seal("text"u8, Message);
        Assert.Equal("text"u8.ToArray(), BodySealer.Open(privateKeyset, sealedBody.AsMemory().Span, Message));
        Assert.Equal("011A2B3C4D04", Convert.ToHexString(sealedBody.AsMemory().Span[..6]));
    }

    [Fact]
    public void Body_moved_to_another_message_does_not_open() =>
        Assert.Null(BodySealer.Open(_private, _sealer.Seal("text"u8, Message).AsMemory().Span, new MessageId("other")));

    [Fact]
    public void Same_body_is_never_sealed_the_same_way()
    {
        var (a, b) = (_sealer.Seal("text"u8, Message), _sealer.Seal("text"u8, Message));
        // Under one key: the nonce is another, and so is the ciphertext.
        Assert.NotEqual(a.AsMemory().Slice(70, 12).ToArray(), b.AsMemory().Slice(70, 12).ToArray());
        Assert.NotEqual(a.AsMemory()[82..].ToArray(), b.AsMemory()[82..].ToArray());
    }

    [Fact]
    public void Change_of_any_byte_is_noticed()
    {
        var sealedBody = _sealer.Seal("text"u8, Message).AsMemory().ToArray();
        for (var i = 0; i < sealedBody.Length; i++)
        {
            var changed = sealedBody.ToArray();
            changed[i] ^= (byte)(1 << (i % 8));
            Assert.Null(BodySealer.Open(_private, changed, Message));
            Assert.Null(BodySealer.Open(_private, sealedBody.AsSpan(0, i), Message));
        }
    }

    [Fact]
    public void Another_private_key_does_not_open_it()
    {
        using var others = new TestKeys();
        using var other = others.Private();
        Assert.Null(BodySealer.Open(other, _sealer.Seal("text"u8, Message).AsMemory().Span, Message));
    }

    [Fact]
    public void Masking_host_cannot_read_it_back()
    {
        var sealedBody = _sealer.Seal("text"u8, Message);
        Assert.Equal("KeysetInvalid", Assert.Throws<LoginEtlException>(
            () => BodySealer.Open(_keys.Ring.Get(KeysetName.Quarantine), sealedBody.AsMemory().Span, Message)).Id);
    }

    [Fact]
    public void Private_key_in_place_of_the_public_one_is_refused() =>
        Assert.Equal("KeysetInvalid", Assert.Throws<LoginEtlException>(() => new BodySealer(_private)).Id);

    [Fact]
    public void Point_off_the_curve_is_refused_before_anything_is_sealed()
    {
        var vector = Vectors.Read("sealed_body.json")["publicKeyset"]!;
        var data = vector["key"]![0]!["keyData"]!;
        var key = Convert.FromBase64String((string)data["value"]!);
        key[^1] ^= 1;
        data["value"] = Convert.ToBase64String(key);
        using var keyset = TestKeys.Parse(vector);
        Assert.Equal("KeysetInvalid", Assert.Throws<LoginEtlException>(() => new BodySealer(keyset)).Id);
    }

    // The place of the point: docs/tokens.md has the layout.
    private static ReadOnlySpan<byte> Point(byte[] sealedBody) => sealedBody.AsSpan(5, 65);
}
