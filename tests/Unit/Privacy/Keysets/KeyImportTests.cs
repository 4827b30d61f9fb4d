using System.Text.Json.Nodes;
using LoginEtl.Faults;
using LoginEtl.Keysets;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Privacy.Keysets;

/// <summary>Keys of a backup come into a folder that has moved on since, and nothing else about it changes.</summary>
[Collection(RunsAlone.Name)]
public sealed class KeyImportTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("loginetl-").FullName;
    private readonly EnvironmentVariables _environment = new();

    public KeyImportTests() => KeysetCeremony.Create(Folder, Path.Combine(_root, "private", "q.json"), overwrite: false);

    private string Folder => Path.Combine(_root, "keys");

    private string Backup => Path.Combine(_root, "backup");

    public void Dispose()
    {
        _environment.Dispose();
        Directory.Delete(_root, recursive: true);
    }

    [Fact]
    public void What_the_folder_lacks_comes_in_enabled_and_not_primary_and_what_it_has_stays_as_it_is()
    {
        var old = Change("ip").Add();
        BackUp();
        Rewrite("ip", keys => keys.RemoveAt(1));
        // In a form that is not ours, which would be another when it is written again.
        Rewrite("audit", _ => { });
        var untouched = File.ReadAllText(PathOf("audit"));
        var now = Change("ip").Add();
        Change("ip").Promote(now.KeyId);
        var before = List();

        var planned = Import().Preview();
        Assert.Equal(before, List());
        var imported = Import().Run();
        Assert.Equal(old, Assert.Single(imported.Added));
        Assert.Equal((KeyStatus.Enabled, false), (imported.Added[0].Status, imported.Added[0].IsPrimary));
        Assert.Equal(planned.Added, imported.Added);
        Assert.Equal([.. before, old], List().OrderBy(k => before.Contains(k) ? before.IndexOf(k) : before.Count));
        // The oldest first, whence a key's age is told.
        Assert.Equal(3, List().Count(k => k.Name == "ip"));
        Assert.Equal(now.KeyId, List().Last(k => k.Name == "ip").KeyId);
        Assert.Empty(imported.LeftDestroyed);

        Assert.Empty(Import().Run().Added);
        Assert.Equal(untouched, File.ReadAllText(PathOf("audit")));
        Assert.Empty(Directory.GetFiles(Folder, "*.tmp"));
    }

    [Fact]
    public void Keyset_that_the_folder_lacks_comes_in_as_it_is_in_the_backup()
    {
        var second = Change("ip").Add();
        Change("ip").Promote(second.KeyId);
        BackUp();
        var before = List();
        File.Delete(PathOf("ip"));
        File.Delete(PathOf("line_id"));

        Assert.Equal(["ip", "ip", "line_id"], Import().Run().Added.Select(k => k.Name));
        Assert.Equal(before, List());
    }

    [Fact]
    public void Key_that_was_disabled_stays_disabled_on_either_side()
    {
        var (here, there) = (Change("ip").Add(), Change("ip").Add());
        Change("ip").Disable(there.KeyId);
        BackUp();
        Rewrite("ip", keys => keys.RemoveAt(2));
        Change("ip").Disable(here.KeyId);

        Assert.Equal([there with { Status = KeyStatus.Disabled }], Import().Run().Added);
        Assert.Equal(KeyStatus.Disabled, List().Single(k => k.KeyId == here.KeyId).Status);
    }

    [Fact]
    public void Key_that_was_removed_comes_back_only_when_it_is_asked_for()
    {
        var old = Change("ip").Add();
        BackUp();
        Change("ip").Disable(old.KeyId);
        Change("ip").Destroy(old.KeyId);
        var before = Contents();

        var imported = Import().Run();
        Assert.Empty(imported.Added);
        Assert.Equal((old.KeyId, KeyStatus.Destroyed), (Assert.Single(imported.LeftDestroyed).KeyId, imported.LeftDestroyed[0].Status));
        Assert.Equal(before, Contents());

        Assert.Equal([old], Import(includeDestroyed: true).Run().Added);
        Assert.Contains(old, List());
    }

    [Fact]
    public void One_id_with_two_keys_is_refused_with_both_check_values_and_nothing_is_changed()
    {
        Change("audit").Add();
        BackUp();
        Rewrite("audit", keys => keys.RemoveAt(1));
        var key = JsonNode.Parse(File.ReadAllText(PathOf("device_id")))!["key"]![0]!["keyData"]!.DeepClone();
        var mine = List("device_id")[0];
        Change("device_id").Add();
        Rewrite("device_id", keys => keys[0]!["keyData"] = keys[1]!["keyData"]!.DeepClone());
        Rewrite("device_id", keys => keys.RemoveAt(1));
        var (before, other) = (Contents(), List("device_id")[0]);
        Assert.Equal((mine.KeyId, true), (other.KeyId, mine.CheckValue != other.CheckValue));

        foreach (var work in new[] { () => Import().Preview(), () => Import().Run() })
        {
            var fault = Assert.Throws<LoginEtlException>(work);
            Assert.Equal("KeyConflict", fault.Id);
            Assert.Contains($"Key {mine.KeyId} of the keyset 'device_id'", fault.Message, StringComparison.Ordinal);
            Assert.Contains($"check value {mine.CheckValue}", fault.Message, StringComparison.Ordinal);
            Assert.Contains($"check value {other.CheckValue}", fault.Message, StringComparison.Ordinal);
            Assert.DoesNotContain((string)key["value"]!, fault.ToString(), StringComparison.Ordinal);
            Assert.Equal(before, Contents());
        }

        // What is not asked for is not looked at.
        Assert.Equal(["audit"], Import("audit", "ip").Run().Added.Select(k => k.Name));
    }

    [Fact]
    public void Id_that_tokens_would_not_tell_from_another_is_refused()
    {
        BackUp();
        Rewrite("ip", keys => keys[0]!["keyId"] = (uint)keys[0]!["keyId"]! ^ 1, primary: p => p ^ 1);
        Assert.Equal("KeyConflict", Assert.Throws<LoginEtlException>(() => Import().Run()).Id);
    }

    [Fact]
    public void Another_key_of_lines_is_refused_and_the_rest_can_come_without_it()
    {
        Change("ip").Add();
        BackUp();
        Rewrite("ip", keys => keys.RemoveAt(1));
        File.Delete(PathOf("line_id"));
        KeysetCeremony.Create(Folder, Path.Combine(_root, "p2", "q.json"), new NewKeysetOptions { MissingOnly = true });
        var before = Contents();
        Assert.Equal("KeysetNotRotated", Assert.Throws<LoginEtlException>(() => Import().Run()).Id);
        Assert.Equal(before, Contents());
        Assert.Single(Import("ip").Run().Added);
    }

    [Fact]
    public void Key_that_is_in_the_folder_under_another_name_does_not_come_in()
    {
        BackUp();
        File.Delete(PathOf("device_id"));
        File.Move(PathOf("ip"), PathOf("device_id"));
        var before = Contents();
        Assert.Equal("KeyUnderTwoNames", Assert.Throws<LoginEtlException>(() => Import("ip").Run()).Id);
        Assert.Equal(before, Contents());
    }

    [Fact]
    public void Encrypted_folders_and_variables_give_keys_and_only_folders_take_them()
    {
        var kms = Path.Combine(_root, "kms");
        KeysetCeremony.Create(kms, Path.Combine(_root, "p2", "q.json"), new NewKeysetOptions { Kms = new KmsSettings("k"), KeyService = NoCipher.Access.KeyService });
        var there = List("ip")[0];
        Assert.Equal([there with { IsPrimary = false, Source = Path.Combine(kms, "ip.json") }], KeyImport.Of($"awskms:{kms}?key=k", Folder, ["ip"], false, NoCipher.Access).Run().Added);
        using (var ring = Keyring.Open($"awskms:{kms}?key=k", NoCipher.Access))
        {
            Assert.Equal(2, ring.Get("ip").Keys.Count);
            Assert.NotEqual(there.KeyId, ring.Get("ip").Primary.Id);
        }

        _environment["LOGINETL_TEST_IMPORT"] = $"{{\"audit\":{File.ReadAllText(PathOf("audit"))}}}";
        Assert.Equal(["audit"], KeyImport.Of($"awskms:{kms}?key=k", "env:LOGINETL_TEST_IMPORT", [], false, NoCipher.Access).Run().Added.Select(k => k.Name));
        Assert.Equal("KeysetReadOnly", Assert.Throws<LoginEtlException>(() => KeyImport.Of("env:LOGINETL_TEST_IMPORT", Folder, [], false, new KeyAccess())).Id);
        Assert.Equal("KeysetNotFound", Assert.Throws<LoginEtlException>(() => KeyImport.Of(Folder, "env:LOGINETL_TEST_IMPORT", ["ip"], false, new KeyAccess()).Run()).Id);
        Assert.Equal("KeysetNameInvalid", Assert.Throws<LoginEtlException>(() => Import("user_id")).Id);
    }

    [Fact]
    public void Keysets_that_come_in_whole_are_told_of_and_those_that_were_there_are_not()
    {
        var old = Change("ip").Add();
        BackUp();
        Rewrite("ip", keys => keys.RemoveAt(1));
        File.Delete(PathOf("quarantine"));
        File.Delete(PathOf("audit"));
        var planned = Import().Preview();
        Assert.Equal(["quarantine", "audit"], planned.NewPrimaries.Select(k => k.Name));
        Assert.Contains(old, planned.Added);
        Assert.Equal(planned.NewPrimaries, Import().Run().NewPrimaries);
        Assert.Empty(Import().Run().NewPrimaries);
    }

    [Fact]
    public void What_a_killed_process_left_half_written_goes_with_the_next_change()
    {
        foreach (var left in (string[])["ip.json.0123456789abcdef0123456789abcdef.tmp", "audit.json.0123456789abcdef0123456789abcdef.tmp", "mine.tmp"])
        {
            File.Copy(PathOf("ip"), Path.Combine(Folder, left));
            File.SetLastWriteTimeUtc(Path.Combine(Folder, left), DateTime.UtcNow.AddMinutes(-1));
        }

        var now = Path.Combine(Folder, "ip.json.abcdef0123456789abcdef0123456789.tmp");
        File.Copy(PathOf("ip"), now);

        Change("device_id").Add();
        Assert.Equal([now, Path.Combine(Folder, "mine.tmp")], Directory.GetFiles(Folder, "*.tmp").Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Change_that_is_under_way_is_waited_for()
    {
        BackUp();
        File.Delete(PathOf("audit"));
        Task<ImportedKeys> waiting;
        using (KeyFolderLock.Take(Folder))
        {
            waiting = Task.Run(() => Import().Run(), TestContext.Current.CancellationToken);
            await Task.WhenAny(waiting, Task.Delay(300, TestContext.Current.CancellationToken));
            Assert.False(waiting.IsCompleted);
        }

        Assert.Single((await waiting).Added);
    }

    [Fact]
    public void Either_folder_that_is_not_there_changes_nothing()
    {
        Assert.Equal("KeysetNotFound", Assert.Throws<LoginEtlException>(() => Import().Run()).Id);
        BackUp();
        Assert.Equal("KeysetNotFound", Assert.Throws<LoginEtlException>(() => KeyImport.Of(Folder + "2", Backup, [], false, new KeyAccess()).Preview()).Id);
        Assert.False(Directory.Exists(Folder + "2"));
    }

    private KeyImport Import(params string[] names) => KeyImport.Of(Folder, Backup, names, false, new KeyAccess());

    private KeyImport Import(bool includeDestroyed) => KeyImport.Of(Folder, Backup, [], includeDestroyed, new KeyAccess());

    private KeysetChange Change(string name) => KeysetChange.Of(Folder, name, new KeyAccess());

    private string PathOf(string name) => KeyFolder.PathOf(Folder, name);

    private List<LoginKey> List(string? name = null)
    {
        using var ring = Keyring.Open(Folder);
        return [.. KeyListing.Of(ring, name)];
    }

    private string Contents() => string.Join('\n', Directory.GetFiles(Folder).Order().Select(f => $"{f} {File.ReadAllText(f)}"));

    private void BackUp()
    {
        Directory.CreateDirectory(Backup);
        foreach (var file in Directory.GetFiles(Folder, "*.json"))
        {
            File.Copy(file, Path.Combine(Backup, Path.GetFileName(file)));
        }
    }

    private void Rewrite(string name, Action<JsonArray> keys, Func<uint, uint>? primary = null)
    {
        var keyset = JsonNode.Parse(File.ReadAllText(PathOf(name)))!;
        keys(keyset["key"]!.AsArray());
        keyset["primaryKeyId"] = primary?.Invoke((uint)keyset["primaryKeyId"]!) ?? (uint)keyset["primaryKeyId"]!;
        File.WriteAllText(PathOf(name), keyset.ToJsonString());
    }
}
