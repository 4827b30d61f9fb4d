using System.Net.Sockets;
using LoginEtl.Faults;
using LoginEtl.Keysets;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Core.Keysets;

/// <summary>
/// Nobody else puts a key where one is read, and nothing but a file is read as one. What takes files of other users runs
/// as root (as in CI); all the rest as anybody.
/// </summary>
public sealed class KeyFileTests : IDisposable
{
    private const UnixFileMode Closed = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode Open = Closed | (UnixFileMode)0b_000_111_111;
    private const UnixFileMode Readable = Closed | (UnixFileMode)0b_000_101_101;
    private static readonly TimeSpan AtOnce = TimeSpan.FromSeconds(10);

    private readonly string _root = Directory.CreateTempSubdirectory("loginetl-").FullName;

    public KeyFileTests()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has access lists, and no modes.");
        Mode(_root, Readable);
        KeysetCeremony.Create(Folder, PrivatePath, overwrite: false);
    }

    private string Folder => Path.Combine(_root, "a", "keys");

    private string PrivatePath => Path.Combine(_root, "a", "private", "quarantine.json");

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Theory]
    [InlineData("a/keys")]
    [InlineData("a")]
    public void A_folder_on_the_way_that_others_may_write_to_is_refused_by_name(string folder)
    {
        var path = Path.Combine(_root, folder);
        Mode(path, Open);
        AssertOpenToOthers(Fault(Folder), path);
        AssertOpenToOthers(Assert.Throws<LoginEtlException>(() => KeysetChange.Of(Folder, "ip", new KeyAccess()).Add()), path);

        Mode(path, Open & ~UnixFileMode.OtherWrite & ~UnixFileMode.GroupWrite);
        Keyring.Open(Folder).Dispose();
    }

    [Fact]
    public void The_folder_of_private_halves_is_asked_as_well()
    {
        var folder = Path.GetDirectoryName(PrivatePath)!;
        Mode(folder, Open);
        AssertOpenToOthers(Assert.Throws<LoginEtlException>(() => KeyFolder.ReadPrivate(PrivatePath)), folder);
        AssertOpenToOthers(Assert.Throws<LoginEtlException>(() => KeysetChange.Of(Folder, "quarantine", new KeyAccess()).Add(PrivatePath)), folder);
    }

    [Fact]
    public void Keys_are_made_in_no_folder_that_others_may_write_to()
    {
        var shared = Path.Combine(_root, "shared");
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
        var (elsewhere, link) = (Path.Combine(_root, "elsewhere"), Path.Combine(Folder, "ip.json"));
        Directory.CreateDirectory(elsewhere);
        Mode(elsewhere, Closed);
        File.Move(link, Path.Combine(elsewhere, "key"));
        File.CreateSymbolicLink(Path.Combine(_root, "by"), "elsewhere");
        File.CreateSymbolicLink(link, "../../by/key");
        Keyring.Open(Folder).Dispose();

        Mode(elsewhere, Open);
        AssertOpenToOthers(Fault(Folder), elsewhere);
    }

    [Fact]
    public void A_change_goes_through_a_link_and_leaves_it()
    {
        var (link, target) = (Path.Combine(Folder, "ip.json"), Path.Combine(_root, "key"));
        File.Move(link, target);
        File.CreateSymbolicLink(link, target);
        var added = KeysetChange.Of(Folder, "ip", new KeyAccess()).Add();
        Assert.Equal(target, new FileInfo(link).LinkTarget);
        Assert.Contains($"{added.KeyId}", File.ReadAllText(target), StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_of_a_group_that_has_nobody_else_in_it_is_ones_own()
    {
        string[] accounts = ["root:x:0:0:root:/root:/bin/bash", "alice:x:1000:1000:::", "bob:x:1001:1001:::", "carol:x:1002:1000:::"];
        Assert.True(PrivateGroup.Is(1001, 1001, accounts, ["root:x:0:", "bob:x:1001:"]));
        Assert.True(PrivateGroup.Is(1001, 1001, accounts, ["bob:x:1001:bob,root"]));
        Assert.False(PrivateGroup.Is(1001, 1001, accounts, ["bob:x:1001:alice"]), "Somebody else is in it.");
        Assert.False(PrivateGroup.Is(1000, 1000, accounts, ["alice:x:1000:"]), "It is another one's first group.");
        Assert.False(PrivateGroup.Is(1001, 1000, accounts, ["bob:x:1001:"]), "It is another one's.");
        Assert.False(PrivateGroup.Is(1001, 1001, accounts, ["bob:x:1001:dave"]), "Who knows who that is?");
        Assert.False(PrivateGroup.Is(2000, 1001, accounts, ["bob:x:1001:"]), "Who knows who is in it?");
    }

    [Fact]
    public void A_folder_that_a_group_may_write_to_is_closed_where_it_is_roots_own_and_open_where_nobody_knows_it()
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
    public void A_link_that_another_user_made_is_not_followed()
    {
        UnixUser.RequireRoot();
        var link = Path.Combine(Folder, "quarantine.json");
        File.Move(link, Path.Combine(_root, "key"));
        File.CreateSymbolicLink(link, Path.Combine(_root, "key"));
        Mode(Folder, Open | UnixFileMode.StickyBit);
        Keyring.Open(Folder).Dispose();
        UnixUser.OwnLink(link, UnixUser.Other);
        AssertOthers(Fault(Folder), link);
    }

    [Fact]
    public void The_public_key_that_another_user_puts_in_its_place_is_not_sealed_to()
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
        var path = Path.Combine(_root, theirs);
        UnixUser.Own(path, UnixUser.Other);
        var fault = Fault(Folder);
        AssertOthers(fault, path);
        Assert.Contains($"{UnixUser.Other}", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_unprivileged_user_reads_files_of_its_own_and_no_others()
    {
        UnixUser.RequireRoot();
        foreach (var path in Directory.GetFiles(Folder).Append(Folder).Append(Path.Combine(_root, "a")))
        {
            UnixUser.Own(path, UnixUser.Other, UnixUser.Other);
        }

        UnixUser.Run(UnixUser.Other, UnixUser.Other, () => Keyring.Open(Folder).Dispose());
        // A folder that cannot be looked into is no empty one.
        Mode(Path.Combine(_root, "a"), UnixFileMode.None);
        UnixUser.Run(UnixUser.Other, UnixUser.Other, () => Assert.Equal("KeysetUnreadable", Fault(Folder).Id));
        Mode(Path.Combine(_root, "a"), Closed);
        UnixUser.Own(Path.Combine(Folder, "quarantine.json"), 1);
        Mode(Path.Combine(Folder, "quarantine.json"), Readable);
        UnixUser.Run(UnixUser.Other, UnixUser.Other, () => AssertOthers(Fault(Folder), Path.Combine(Folder, "quarantine.json")));
    }

    [Fact]
    public void Secrets_as_Kubernetes_mounts_them_reach_an_unprivileged_user_by_its_group_alone()
    {
        UnixUser.RequireRoot();
        const int group = 2000;
        var mount = Mount(Folder, group, (UnixFileMode)0b_100_100_000);

        UnixUser.Run(UnixUser.Other, group, () => Keyring.Open(mount).Dispose());
        // Who is not in the group, root, to whom it is no way in but one for others, and wider modes.
        UnixUser.Run(UnixUser.Other, UnixUser.Other, () => Assert.Equal("KeysetUnreadable", Fault(mount).Id));
        Assert.Equal("KeysetPermissions", Fault(mount).Id);
        foreach (var mode in new[] { 0b_100_100_100, 0b_110_110_000, 0b_100_101_000 })
        {
            Mode(Path.Combine(mount, "ip.json"), (UnixFileMode)mode);
            UnixUser.Run(UnixUser.Other, group, () => Assert.Contains("defaultMode", AssertIs("KeysetPermissions", Fault(mount)).Remedy, StringComparison.Ordinal));
        }

        // A file of its own that its group may read is open to others.
        Mode(Path.Combine(mount, "ip.json"), (UnixFileMode)0b_100_100_000);
        UnixUser.Own(Path.Combine(mount, "ip.json"), UnixUser.Other, group);
        UnixUser.Run(UnixUser.Other, group, () => Assert.Equal("KeysetPermissions", Fault(mount).Id));
    }

    [Fact]
    public async Task Keys_that_are_swapped_while_they_are_read_are_read_from_before_or_after()
    {
        var mount = Mount(Folder, null, UnixFileMode.UserRead);
        using var done = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var swapping = Task.Run(
            async () =>
            {
                for (var version = 2; !done.IsCancellationRequested; version++)
                {
                    Swap(mount, version, Path.Combine(Folder, "ip.json"));
                    await Task.Delay(5, TestContext.Current.CancellationToken);
                }
            },
            TestContext.Current.CancellationToken);
        for (var reading = 0; reading < 500; reading++)
        {
            KeyFolder.ReadFile(Path.Combine(mount, "ip.json"), isSecret: true).Dispose();
        }

        await done.CancelAsync();
        await swapping;
    }

    [Theory]
    [InlineData("a/keys/ip.json", "pipe")]
    [InlineData("a/keys/quarantine.json", "pipe")]
    [InlineData("a/keys/line_id.json", "folder")]
    [InlineData("a/keys/audit.json", "device")]
    [InlineData("a/keys/device_id.json", "socket")]
    [InlineData("a/private/quarantine.json", "pipe")]
    [InlineData("a/private/quarantine.json", "device")]
    public async Task What_is_no_file_is_told_as_what_it_is_and_never_waited_for(string file, string kind)
    {
        var path = Path.Combine(_root, file);
        File.Delete(path);
        using var socket = Make(kind, path);
        var fault = await FaultInTimeAsync(() => (file.Contains("private", StringComparison.Ordinal) ? KeyFolder.ReadPrivate(path) : (IDisposable)Keyring.Open(Folder)).Dispose());
        Assert.Equal("KeysetUnreadable", fault.Id);
        Assert.Contains(path, fault.Message, StringComparison.Ordinal);
        Assert.Contains(kind, fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("pipe")]
    [InlineData("link to a pipe")]
    public async Task A_lock_that_is_no_file_is_not_waited_for_either(string kind)
    {
        var path = Path.Combine(Folder, ".login-etl.lock");
        File.Delete(path);
        UnixUser.MakePipe(kind == "pipe" ? path : Path.Combine(_root, "pipe"));
        if (kind != "pipe")
        {
            File.CreateSymbolicLink(path, Path.Combine(_root, "pipe"));
        }

        var fault = await FaultInTimeAsync(() => KeysetChange.Of(Folder, "ip", new KeyAccess()).Add());
        Assert.Equal("KeysetUnreadable", fault.Id);
        Assert.Contains(path, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_link_to_nothing_is_not_a_keyset_that_nobody_needs()
    {
        var path = Path.Combine(Folder, "audit.json");
        File.Delete(path);
        File.CreateSymbolicLink(path, "../gone/audit.json");
        var fault = Fault(Folder);
        Assert.Equal("KeysetNotFound", fault.Id);
        Assert.Contains(path, fault.Message, StringComparison.Ordinal);

        File.Delete(path);
        File.CreateSymbolicLink(path, "audit.json");
        Assert.Equal("KeysetUnreadable", Fault(Folder).Id);
    }

    /// <summary>The folder as a volume of Kubernetes: links through <c>..data</c> to a folder of that version, all in a folder that is open and sticky.</summary>
    private string Mount(string keys, int? group, UnixFileMode mode)
    {
        var mount = Path.Combine(_root, "mount");
        Directory.CreateDirectory(mount);
        Mode(mount, Open | UnixFileMode.StickyBit);
        Directory.CreateDirectory(Path.Combine(mount, "..1"));
        Mode(Path.Combine(mount, "..1"), Readable);
        File.CreateSymbolicLink(Path.Combine(mount, "..data"), "..1");
        foreach (var file in Directory.GetFiles(keys, "*.json"))
        {
            var path = Path.Combine(mount, "..1", Path.GetFileName(file));
            File.Copy(file, path);
            Mode(path, mode);
            if (group is { } id)
            {
                UnixUser.Own(path, 0, id);
            }

            File.CreateSymbolicLink(Path.Combine(mount, Path.GetFileName(file)), Path.Combine("..data", Path.GetFileName(file)));
        }

        return mount;
    }

    // Many links inside, so that the way to the file is long enough to be swapped on.
    private static void Swap(string mount, int version, string key)
    {
        const int links = 30;
        var (before, after, link) = (Path.Combine(mount, $"..{version - 1}"), Path.Combine(mount, $"..{version}"), Path.Combine(mount, "..data_tmp"));
        Directory.CreateDirectory(after);
        Mode(after, Readable);
        File.Copy(key, Path.Combine(after, $"{links}"));
        for (var i = 0; i < links; i++)
        {
            File.CreateSymbolicLink(Path.Combine(after, i == 0 ? "ip.json" : $"{i}"), $"{i + 1}");
        }

        File.CreateSymbolicLink(link, Path.GetFileName(after));
        UnixUser.Rename(link, Path.Combine(mount, "..data"));
        Directory.Delete(before, recursive: true);
    }

    private static Socket? Make(string kind, string path)
    {
        switch (kind)
        {
            case "pipe": UnixUser.MakePipe(path); break;
            case "folder": Directory.CreateDirectory(path); break;
            case "device": File.CreateSymbolicLink(path, "/dev/zero"); break;
            default:
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                socket.Bind(new UnixDomainSocketEndPoint(path));
                return socket;
        }

        return null;
    }

    private static async Task<LoginEtlException> FaultInTimeAsync(Action work) =>
        await Assert.ThrowsAsync<LoginEtlException>(() => Task.Run(work, TestContext.Current.CancellationToken).WaitAsync(AtOnce, TestContext.Current.CancellationToken));

    private static void AssertOpenToOthers(LoginEtlException fault, string folder)
    {
        AssertIs("KeysetPermissions", fault);
        Assert.Contains($"the folder {folder} ", fault.Message, StringComparison.Ordinal);
        Assert.Contains($"chmod go-w '{folder}'", fault.Remedy, StringComparison.Ordinal);
    }

    private static void AssertOthers(LoginEtlException fault, string path)
    {
        AssertIs("KeysetPermissions", fault);
        Assert.Contains($"{path} belongs to user ", fault.Message, StringComparison.Ordinal);
    }

    private static LoginEtlException AssertIs(string id, LoginEtlException fault)
    {
        Assert.Equal((id, FaultKind.Keys), (fault.Id, fault.Kind));
        return fault;
    }

    private static LoginEtlException Fault(string source) => Assert.Throws<LoginEtlException>(() => Keyring.Open(source));

    private static void Mode(string path, UnixFileMode mode)
    {
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, mode);
        }
    }
}
