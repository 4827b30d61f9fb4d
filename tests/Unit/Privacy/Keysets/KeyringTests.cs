using LoginEtl.Faults;
using LoginEtl.Keysets;
using LoginEtl.Protecting;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Privacy.Keysets;

public sealed class KeyringTests : IDisposable
{
    private readonly TestKeys _keys = new();

    public void Dispose() => _keys.Dispose();

    [Fact]
    public void Folder_opens_by_path_and_by_both_forms_of_its_URI()
    {
        foreach (var uri in new[] { _keys.Folder, $"file:{_keys.Folder}", $"FILE:{_keys.Folder}", new Uri(_keys.Folder).AbsoluteUri })
        {
            using var ring = Keyring.Open(uri);
            Assert.Equal(439041101u, ring.Get("ip").Primary.Id);
        }
    }

    [Fact]
    public void Relative_folder_is_the_hosts_to_resolve()
    {
        using var ring = Keyring.Open("file:keys", name => Path.Combine(Path.GetDirectoryName(_keys.Folder)!, name));
        Assert.NotNull(ring.Get("line_id"));
    }

    [Theory]
    [InlineData("https://host/keys")]
    [InlineData("file:")]
    [InlineData("awskms:")]
    [InlineData("awskms:?key=alias/key")]
    [InlineData("secret:Vault")]
    [InlineData("secret:/Name")]
    [InlineData("secret:Vault/")]
    public void Sources_of_other_kinds_are_refused(string uri) =>
        Assert.Equal("KeySourceUnknown", Fault(() => Keyring.Open(uri)).Id);

    [Theory]
    [InlineData("secret:Vault/Name")]
    [InlineData("awskms:keys?key=alias/key")]
    public void What_this_host_cannot_reach_is_said(string uri) =>
        Assert.Equal("KeySourceUnavailable", Fault(() => Keyring.Open(uri)).Id);

    [Fact]
    public void Secret_is_one_document_of_all_keysets_and_its_copy_is_zeroed()
    {
        var members = new[] { "ip", "device_id", "line_id", "quarantine" }.Select(n => $"\"{n}\":{File.ReadAllText(Path.Combine(_keys.Folder, $"{n}.json"))}");
        var json = System.Text.Encoding.UTF8.GetBytes($"{{{string.Join(',', members)}}}");
        using var ring = Keyring.Open("secret:Vault/Etl/Keys", new KeyAccess
        {
            ReadSecret = (vault, name) => (vault, name) == ("Vault", "Etl/Keys") ? json : throw new ArgumentException("Another secret."),
        });
        Assert.Equal("secret:Vault/Etl/Keys", ring.Source);
        Assert.Equal(439041101u, ring.Get("ip").Primary.Id);
        Assert.All(json, b => Assert.Equal(0, b));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Folder_that_is_missing_or_empty_may_be_a_volume_that_is_not_mounted_and_new_keys_are_the_last_thing_to_try(bool isThere)
    {
        var folder = Path.Combine(_keys.Folder, "volume");
        if (isThere)
        {
            Directory.CreateDirectory(Path.Combine(folder, "lost+found"));
        }

        foreach (var fault in new[] { Fault(() => Keyring.Open(folder)), Fault(() => KeysetChange.Of(folder, "ip", new KeyAccess())) })
        {
            Assert.Equal("KeysetNotFound", fault.Id);
            Assert.Contains(folder, fault.Message, StringComparison.Ordinal);
            Assert.Matches("path is right.*mounted.*If this is a new installation.*New-LoginKeyset", fault.Remedy);
        }
    }

    [Theory]
    [InlineData("ip")]
    [InlineData("device_id")]
    [InlineData("quarantine")]
    public void Missing_keyset_is_not_found_before_anything_is_masked(string attribute)
    {
        File.Delete(Path.Combine(_keys.Folder, $"{attribute}.json"));
        using var ring = Keyring.Open(_keys.Folder);
        var fault = Fault(() => new Protector(ring).Dispose());
        Assert.Equal("KeysetNotFound", fault.Id);
        Assert.Contains($"'{attribute}'", fault.Message, StringComparison.Ordinal);
        Assert.Matches("backup.*New-LoginKeyset", fault.Remedy);
    }

    [Theory]
    [InlineData("ip", UnixFileMode.GroupRead)]
    [InlineData("ip", UnixFileMode.OtherRead)]
    [InlineData("device_id", UnixFileMode.OtherWrite)]
    [InlineData("line_id", UnixFileMode.GroupExecute)]
    [InlineData("quarantine", UnixFileMode.GroupWrite)]
    [InlineData("quarantine", UnixFileMode.OtherWrite)]
    public void File_open_to_others_is_refused(string attribute, UnixFileMode mode)
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("Windows has access lists.");
            return;
        }

        var path = Path.Combine(_keys.Folder, $"{attribute}.json");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | mode);

        var fault = Fault(() => Keyring.Open(_keys.Folder));
        Assert.Equal("KeysetPermissions", fault.Id);
        Assert.Contains($"chmod 600 '{path}'", fault.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void Public_key_may_be_read_by_all_and_a_key_may_be_read_only()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("Windows has access lists.");
            return;
        }

        File.SetUnixFileMode(Path.Combine(_keys.Folder, "quarantine.json"), UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        File.SetUnixFileMode(Path.Combine(_keys.Folder, "ip.json"), UnixFileMode.UserRead);
        Keyring.Open(_keys.Folder).Dispose();
    }

    [Fact]
    public void Link_is_followed_to_the_file_whose_mode_counts()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("Windows has access lists.");
            return;
        }

        var (link, target) = (Path.Combine(_keys.Folder, "ip.json"), Path.Combine(_keys.Folder, "elsewhere"));
        File.Move(link, target);
        File.CreateSymbolicLink(link, target);
        Keyring.Open(_keys.Folder).Dispose();

        File.SetUnixFileMode(target, UnixFileMode.UserRead | UnixFileMode.OtherRead);
        Assert.Equal("KeysetPermissions", Fault(() => Keyring.Open(_keys.Folder)).Id);
    }

    [Fact]
    public void Huge_file_is_no_keyset()
    {
        File.WriteAllBytes(Path.Combine(_keys.Folder, "ip.json"), new byte[(1024 * 1024) + 1]);
        Assert.Equal("KeysetInvalid", Fault(() => Keyring.Open(_keys.Folder)).Id);
    }

    [Fact]
    public void Keys_are_gone_when_the_ring_is_disposed()
    {
        var ring = Keyring.Open(_keys.Folder);
        var material = ring.Get("ip").Primary.Material;
        var bytes = material.Span;
        Assert.NotEqual(new byte[bytes.Length], bytes.ToArray());
        ring.Dispose();
        Assert.Equal(new byte[bytes.Length], bytes.ToArray());
        Assert.Throws<ObjectDisposedException>(() => material.Span.Length);
    }

    private static LoginEtlException Fault(Action action) => Assert.Throws<LoginEtlException>(action);

    [Fact]
    public void Private_key_that_is_not_there_is_told_as_missing_and_not_as_closed()
    {
        var missing = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid()}", "private.json");
        var fault = Assert.Throws<LoginEtlException>(() => KeyFolder.ReadPrivate(missing));
        Assert.Equal("KeysetNotFound", fault.Id);
        Assert.Contains(missing, fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("chmod", fault.Remedy, StringComparison.Ordinal);
    }
}
