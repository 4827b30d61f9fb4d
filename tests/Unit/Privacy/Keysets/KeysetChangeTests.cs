using LoginEtl.Faults;
using LoginEtl.Keysets;
using LoginEtl.Protecting;
using LoginEtl.Records;
using LoginEtl.Unit.Core;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Privacy.Keysets;

public sealed class KeysetChangeTests : IDisposable
{
    private readonly TestKeys _keys = new();

    public void Dispose() => _keys.Dispose();

    [Fact]
    public async Task Changes_at_once_lose_none_of_one_another()
    {
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => Change("ip").Add())));
        using var ring = Keyring.Open(_keys.Folder);
        Assert.Equal(9, ring.Get("ip").Keys.Count);
        Assert.Equal(439041101u, ring.Get("ip").Primary.Id);
    }

    [Fact]
    public async Task Folder_that_another_process_changes_is_waited_for()
    {
        Task<LoginKey> waiting;
        using (new FileStream(Path.Combine(_keys.Folder, ".login-etl.lock"), FileMode.OpenOrCreate, FileAccess.Write, FileShare.None))
        {
            waiting = Task.Run(() => Change("ip").Add(), TestContext.Current.CancellationToken);
            await Task.WhenAny(waiting, Task.Delay(300, TestContext.Current.CancellationToken));
            Assert.False(waiting.IsCompleted);
        }

        Assert.Equal(KeyStatus.Enabled, (await waiting).Status);
    }

    [Fact]
    public void New_ids_are_told_apart_from_all_others_by_what_a_token_shows_of_them()
    {
        var candidates = new Queue<uint>([0, 0x20, 0x2F, 0x31, 0x45, 0x99]);
        Assert.Equal(0x45u, KeyIds.New([0x25, 0x3F], candidates.Dequeue));
        Assert.Equal(0x99u, KeyIds.New([], candidates.Dequeue));
    }

    [Fact]
    public void Promoted_key_masks_and_the_old_one_still_opens_what_it_made()
    {
        var before = Mask();
        var added = Change("ip").Add();
        Assert.Equal(before, Mask());
        Change("ip").Promote(added.KeyId);
        var after = Mask();
        Assert.StartsWith(added.TokenPrefix!, after, StringComparison.Ordinal);
        Assert.Equal((null, "199.172.111.135"), Open(before));
        Assert.Equal((null, "199.172.111.135"), Open(after));

        Change("ip").Disable(439041101);
        Assert.Equal((LoginEtl.Recovery.TokenRefusal.DisabledKey, null), Open(before));
        Change("ip").Destroy(439041101);
        Assert.Equal((LoginEtl.Recovery.TokenRefusal.DisabledKey, null), Open(before));
        Assert.Equal((null, "199.172.111.135"), Open(after));
        Assert.Equal("KeyDestroyed", Assert.Throws<LoginEtlException>(() => Change("ip").Enable(439041101)).Id);
    }

    [Fact]
    public void Key_of_the_audit_is_disabled_and_never_destroyed()
    {
        var old = KeyListing.Of(_keys.Ring, "audit")[0].KeyId;
        var added = Change("audit").Add();
        Change("audit").Promote(added.KeyId);
        Change("audit").Disable(old);
        Assert.Equal("KeysetNotRotated", Assert.Throws<LoginEtlException>(() => Change("audit").Destroy(old)).Id);
        using var ring = Keyring.Open(_keys.Folder);
        Assert.NotNull(KeyListing.Of(ring, "audit").Single(k => k.KeyId == old).CheckValue);
    }

    [Fact]
    public void Both_halves_of_a_pair_have_one_check_value()
    {
        foreach (var (name, path) in new[] { ("quarantine", _keys.PrivatePath), ("escrow", _keys.EscrowPath) })
        {
            var half = Assert.Single(KeyListing.OfPrivate(path));
            Assert.Equal(KeyListing.Of(_keys.Ring, name)[0] with { Method = "private", Source = path }, half);
            Assert.NotNull(half.CheckValue);
        }

        Assert.Equal("KeysetInvalid", Assert.Throws<LoginEtlException>(() => KeyListing.OfPrivate(Path.Combine(_keys.Folder, "quarantine.json"))).Id);
    }

    [Fact]
    public void Keyset_in_the_place_of_one_of_another_kind_is_refused_and_not_changed()
    {
        var path = Path.Combine(_keys.Folder, "ip.mac.json");
        File.WriteAllText(path, File.ReadAllText(Path.Combine(_keys.Folder, "ip.json")));
        var before = File.ReadAllText(path);
        Assert.Equal("KeysetInvalid", Assert.Throws<LoginEtlException>(() => Change("ip.mac").Add()).Id);
        Assert.Equal(before, File.ReadAllText(path));
    }

    private KeysetChange Change(string name) => KeysetChange.Of(_keys.Folder, name, new KeyAccess());

    private string Mask()
    {
        using var ring = Keyring.Open(_keys.Folder);
        using var protector = new Protector(ring);
        return ((LoginRecord)protector.Protect(Deliveries.Decode(Deliveries.Body))).MaskedIp!;
    }

    private (LoginEtl.Recovery.TokenRefusal?, string?) Open(string token)
    {
        using var ring = Keyring.Open(_keys.Folder);
        using var opener = new LoginEtl.Recovery.TokenOpener(ring, "ip");
        var opened = opener.Open([token])[0];
        return (opened.Refusal, opened.Plaintext?.Reveal());
    }
}
