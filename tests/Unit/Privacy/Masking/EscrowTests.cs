using LoginEtl.Faults;
using LoginEtl.Keysets;
using LoginEtl.Masking;
using LoginEtl.Protecting;
using LoginEtl.Records;
using LoginEtl.Recovery;
using LoginEtl.Tokens;
using LoginEtl.Unit.Core;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Privacy.Masking;

public sealed class EscrowTests : IDisposable
{
    private readonly TestKeys _keys = new();
    private readonly EscrowKey _escrow;

    public EscrowTests() => _escrow = EscrowKey.Read(_keys.EscrowPath);

    public void Dispose()
    {
        _escrow.Dispose();
        _keys.Dispose();
    }

    [Fact]
    public void Token_and_vault_together_give_the_canonical_form_to_whoever_has_the_private_key()
    {
        var record = Protect("ip=escrow,device_id=escrow", Deliveries.Replace("ip", "\"::ffff:10.1.2.3\""))[0];
        var originals = record.GetSealedOriginals();
        Assert.Equal([("ip", record.MaskedIp), ("device_id", record.MaskedDeviceId)], originals.Select(o => (o.Attribute, (string?)o.Token)));
        Assert.Equal("10.1.2.3", Open(originals[0]));
        Assert.Equal("593-47-5928", Open(originals[1]));
        Assert.StartsWith("mac1.", record.MaskedIp, StringComparison.Ordinal);
    }

    [Fact]
    public void Only_what_escrow_masks_goes_to_the_vault()
    {
        Assert.Empty(Protect("ip=mac", Deliveries.Body)[0].GetSealedOriginals());
        Assert.Equal("device_id", Assert.Single(Protect("ip=pfx,device_id=escrow", Deliveries.Body)[0].GetSealedOriginals()).Attribute);
    }

    [Fact]
    public void Value_that_comes_again_carries_what_was_sealed_already()
    {
        using var protector = _keys.Protector(new ProtectOptions { Methods = MaskMethods.Parse("ip=escrow") });
        var all = Enumerable.Range(0, 3).SelectMany(_ => protector.Protect([Deliveries.Decode(Deliveries.Body), Deliveries.Decode(Deliveries.Body)]))
            .Cast<LoginRecord>().Select(r => r.GetSealedOriginals()[0]).ToList();
        Assert.All(all, o => Assert.Same(all[0], o));
    }

    [Fact]
    public void More_values_than_one_ephemeral_key_serves_all_open()
    {
        using var sealer = new OriginalSealer(_keys.Ring.Get("escrow"));
        var originals = Enumerable.Range(0, 9_000).Select(i => sealer.Seal("ip", $"mac1.{i}", $"{i}")).ToList();
        foreach (var i in new[] { 0, 1, 4_095, 4_096, 4_097, 8_999 })
        {
            Assert.Equal($"{i}", OriginalSealer.Open(_escrow.Keyset, "ip", $"mac1.{i}", originals[i].AsMemory().Span));
        }

        Assert.Equal(3, originals.Select(o => Convert.ToHexString(o.AsMemory().Span.Slice(5, 65))).Distinct().Count());
    }

    [Fact]
    public void Original_moved_to_another_token_or_attribute_or_changed_in_any_bit_does_not_open()
    {
        var original = Protect("ip=escrow", Deliveries.Body)[0].GetSealedOriginals()[0];
        var bytes = original.AsMemory().ToArray();
        Assert.Null(OriginalSealer.Open(_escrow.Keyset, "device_id", original.Token, bytes));
        Assert.Null(OriginalSealer.Open(_escrow.Keyset, "ip", "mac1" + original.Token[5..], bytes));
        for (var bit = 0; bit < bytes.Length * 8; bit += bit is > 40 and < 500 ? 31 : 1)
        {
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.Null(OriginalSealer.Open(_escrow.Keyset, "ip", original.Token, bytes));
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
        }

        Assert.NotNull(OriginalSealer.Open(_escrow.Keyset, "ip", original.Token, bytes));
    }

    [Fact]
    public void Sealed_original_does_not_tell_the_length_of_an_address()
    {
        var short1 = Protect("ip=escrow", Deliveries.Replace("ip", "\"1.1.1.1\""))[0].GetSealedOriginals()[0];
        var long1 = Protect("ip=escrow", Deliveries.Replace("ip", "\"199.172.111.135\""))[0].GetSealedOriginals()[0];
        Assert.Equal(short1.AsMemory().Length, long1.AsMemory().Length);
    }

    [Fact]
    public void Masking_host_has_nothing_that_opens_an_original()
    {
        var fault = Assert.Throws<LoginEtlException>(() => EscrowKey.Read(Path.Combine(_keys.Folder, "ip.mac.json")));
        Assert.Equal("KeysetInvalid", fault.Id);
        Assert.Equal("KeysetInvalid", Assert.Throws<LoginEtlException>(() => EscrowKey.Read(Path.Combine(_keys.Folder, "escrow.json"))).Id);
        using var quarantine = EscrowKey.Read(_keys.PrivatePath);
        var original = Protect("ip=escrow", Deliveries.Body)[0].GetSealedOriginals()[0];
        Assert.Null(OriginalSealer.Open(quarantine.Keyset, "ip", original.Token, original.AsMemory().Span));
    }

    private string? Open(SealedOriginal original) =>
        OriginalSealer.Open(_escrow.Keyset, original.Attribute, original.Token, original.AsMemory().Span);

    private LoginRecord[] Protect(string methods, params string[] bodies)
    {
        using var protector = _keys.Protector(new ProtectOptions { Methods = MaskMethods.Parse(methods) });
        return [.. protector.Protect([.. bodies.Select(Deliveries.Decode)]).Cast<LoginRecord>()];
    }
}
