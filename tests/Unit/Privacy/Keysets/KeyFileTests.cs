using LoginEtl.Faults;
using LoginEtl.Files;
using LoginEtl.Keysets;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Privacy.Keysets;

/// <summary>Nobody else puts a key where one is read, or written.</summary>
public sealed class KeyFileTests : KeyFileFixture
{
    [Theory]
    [InlineData("a/keys")]
    [InlineData("a")]
    public void Folder_on_the_way_that_others_may_write_to_is_refused_by_name(string folder)
    {
        var path = Path.Combine(Root, folder);
        Mode(path, Open);
        AssertOpenToOthers(Fault(Folder), path);
        AssertOpenToOthers(Assert.Throws<LoginEtlException>(() => KeysetChange.Of(Folder, "ip", new KeyAccess()).Add()), path);

        Mode(path, Open & ~UnixFileMode.OtherWrite & ~UnixFileMode.GroupWrite);
        Keyring.Open(Folder).Dispose();
    }

    [Fact]
    public void Folder_of_private_halves_is_asked_as_well()
    {
        var folder = Path.GetDirectoryName(PrivatePath)!;
        Mode(folder, Open);
        AssertOpenToOthers(Assert.Throws<LoginEtlException>(() => KeyFolder.ReadPrivate(PrivatePath)), folder);
        AssertOpenToOthers(Assert.Throws<LoginEtlException>(() => KeysetChange.Of(Folder, "quarantine", new KeyAccess()).Add(PrivatePath)), folder);
    }

    [Fact]
    public void Keys_are_made_in_no_folder_that_others_may_write_to()
    {
        var shared = Path.Combine(Root, "shared");
        Directory.CreateDirectory(shared);
        Mode(shared, Open);
        var inside = Path.Combine(shared, "keys");
        foreach (var (folder, half) in new[] { (inside, PrivatePath + "2"), (shared, PrivatePath + "2"), (Folder + "2", Path.Combine(shared, "half.json")) })
        {
            AssertOpenToOthers(Assert.Throws<LoginEtlException>(() => KeysetCeremony.Create(folder, half, overwrite: false)), shared);
        }

        Assert.Empty(Directory.GetFileSystemEntries(shared));
    }

    [Fact]
    public void Every_folder_that_a_link_leads_through_is_asked()
    {
        var (elsewhere, link) = (Path.Combine(Root, "elsewhere"), Path.Combine(Folder, "ip.json"));
        Directory.CreateDirectory(elsewhere);
        Mode(elsewhere, Closed);
        File.Move(link, Path.Combine(elsewhere, "key"));
        File.CreateSymbolicLink(Path.Combine(Root, "by"), "elsewhere");
        File.CreateSymbolicLink(link, "../../by/key");
        Keyring.Open(Folder).Dispose();

        Mode(elsewhere, Open);
        AssertOpenToOthers(Fault(Folder), elsewhere);
    }

    [Fact]
    public void Change_goes_through_a_link_and_leaves_it()
    {
        var (link, target) = (Path.Combine(Folder, "ip.json"), Path.Combine(Root, "key"));
        File.Move(link, target);
        File.CreateSymbolicLink(link, target);
        var added = KeysetChange.Of(Folder, "ip", new KeyAccess()).Add();
        Assert.Equal(target, new FileInfo(link).LinkTarget);
        Assert.Contains($"{added.KeyId}", File.ReadAllText(target), StringComparison.Ordinal);
    }

    [Fact]
    public void Folder_of_a_group_that_has_nobody_else_in_it_is_ones_own()
    {
        string[] accounts = ["root:x:0:0:::", "alice:x:1000:1000:::", "bob:x:1001:1001:::", "carol:x:1002:1000:::"];
        Assert.True(PrivateGroup.Is(1001, 1001, accounts, ["root:x:0:", "bob:x:1001:"]));
        Assert.True(PrivateGroup.Is(1001, 1001, accounts, ["bob:x:1001:bob,root"]));
        Assert.False(PrivateGroup.Is(1001, 1001, accounts, ["bob:x:1001:alice"]), "Somebody else is in it.");
        Assert.False(PrivateGroup.Is(1000, 1000, accounts, ["alice:x:1000:"]), "It is another one's first group.");
        Assert.False(PrivateGroup.Is(1001, 1000, accounts, ["bob:x:1001:"]), "It is another one's.");
        Assert.False(PrivateGroup.Is(1001, 1001, accounts, ["bob:x:1001:dave"]), "Who knows who that is?");
        Assert.False(PrivateGroup.Is(2000, 1001, accounts, ["bob:x:1001:"]), "Who knows who is in it?");
    }

    [Fact]
    public void Folder_that_a_group_may_write_to_is_closed_where_it_isRoots_own_and_open_where_nobody_knows_it()
    {
        UnixUser.RequireRoot();
        Mode(Folder, Closed | UnixFileMode.GroupWrite);
        Keyring.Open(Folder).Dispose();
        UnixUser.Own(Folder, 0, UnixUser.Other);
        AssertOpenToOthers(Fault(Folder), Folder);
    }

    [Fact]
    public void In_a_sticky_folder_what_is_ones_own_is_safe()
    {
        Mode(Folder, Open | UnixFileMode.StickyBit);
        Keyring.Open(Folder).Dispose();
    }

    [Fact]
    public void In_a_sticky_folder_what_is_another_users_is_not()
    {
        UnixUser.RequireRoot();
        Mode(Folder, Open | UnixFileMode.StickyBit);
        UnixUser.Own(Path.Combine(Folder, "quarantine.json"), UnixUser.Other);
        AssertOthers(Fault(Folder), Path.Combine(Folder, "quarantine.json"));
    }

    [Fact]
    public void Link_that_another_user_made_is_not_followed()
    {
        UnixUser.RequireRoot();
        var link = Path.Combine(Folder, "quarantine.json");
        File.Move(link, Path.Combine(Root, "key"));
        File.CreateSymbolicLink(link, Path.Combine(Root, "key"));
        Mode(Folder, Open | UnixFileMode.StickyBit);
        Keyring.Open(Folder).Dispose();
        UnixUser.OwnLink(link, UnixUser.Other);
        AssertOthers(Fault(Folder), link);
    }

    [Fact]
    public void Public_key_that_another_user_puts_in_its_place_is_not_sealed_to()
    {
        UnixUser.RequireRoot();
        Mode(Folder, Open);
        var (mine, theirs) = (Path.Combine(Folder, "quarantine.json"), Path.Combine(Path.GetTempPath(), $"loginetl-{Guid.NewGuid():N}"));
        UnixUser.Run(UnixUser.Other, UnixUser.Other, () =>
        {
            KeysetCeremony.Create(theirs, Path.Combine(theirs, "half", "q.json"), overwrite: false);
            File.Move(Path.Combine(theirs, "quarantine.json"), mine, overwrite: true);
        });
        Directory.Delete(theirs, recursive: true);

        Assert.Equal("KeysetPermissions", Fault(Folder).Id);
        // The folder was closed since; what was put into it meanwhile is still theirs.
        Mode(Folder, Closed);
        AssertOthers(Fault(Folder), mine);
    }

    [Theory]
    [InlineData("a/keys/ip.json")]
    [InlineData("a/keys/quarantine.json")]
    [InlineData("a/keys")]
    [InlineData("a")]
    public void What_belongs_to_another_user_is_refused(string theirs)
    {
        UnixUser.RequireRoot();
        var path = Path.Combine(Root, theirs);
        UnixUser.Own(path, UnixUser.Other);
        var fault = Fault(Folder);
        AssertOthers(fault, path);
        Assert.Contains($"{UnixUser.Other}", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Unprivileged_user_reads_files_of_its_own_and_no_others()
    {
        UnixUser.RequireRoot();
        foreach (var path in Directory.GetFiles(Folder).Append(Folder).Append(Path.Combine(Root, "a")))
        {
            UnixUser.Own(path, UnixUser.Other, UnixUser.Other);
        }

        UnixUser.Run(UnixUser.Other, UnixUser.Other, () => Keyring.Open(Folder).Dispose());
        // A folder that cannot be looked into is no empty one.
        Mode(Path.Combine(Root, "a"), UnixFileMode.None);
        UnixUser.Run(UnixUser.Other, UnixUser.Other, () => Assert.Equal("KeysetUnreadable", Fault(Folder).Id));
        Mode(Path.Combine(Root, "a"), Closed);
        UnixUser.Own(Path.Combine(Folder, "quarantine.json"), 1);
        Mode(Path.Combine(Folder, "quarantine.json"), Readable);
        UnixUser.Run(UnixUser.Other, UnixUser.Other, () => AssertOthers(Fault(Folder), Path.Combine(Folder, "quarantine.json")));
    }
}
