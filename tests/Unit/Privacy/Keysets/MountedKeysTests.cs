using LoginEtl.Keysets;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Privacy.Keysets;

/// <summary>Keys on a volume as Kubernetes makes it.</summary>
public sealed class MountedKeysTests : KeyFileFixture
{
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

    /// <summary>The folder as a volume of Kubernetes: links through <c>..data</c> to a folder of that version, all in a folder that is open and sticky.</summary>
    private string Mount(string keys, int? group, UnixFileMode mode)
    {
        var mount = Path.Combine(Root, "mount");
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
}
