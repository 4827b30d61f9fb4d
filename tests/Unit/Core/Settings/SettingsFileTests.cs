using System.Text.Json;
using LoginEtl.Faults;
using LoginEtl.Settings;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Core.Settings;

public sealed class SettingsFileTests : IDisposable
{
    private readonly string _path = Path.GetTempFileName();

    public void Dispose() => File.Delete(_path);

    [Fact]
    public void Every_kind_of_value_is_as_its_variable_would_have_it()
    {
        var texts = Read(
            """
            // A comment, and a byte order mark before it.
            { "$schema": "x", "queue": "login-queue", "BATCHSIZE": 2000, "maxRejectRatio": 0.5, "wait": true, "method": { "ip": "pfx", "device_id": "mac" }, }
            """).Texts;
        Assert.Equal(
            [("LOGINETL_BATCH_SIZE", "2000"), ("LOGINETL_MAX_REJECT_RATIO", "0.5"), ("LOGINETL_METHOD", "ip=pfx,device_id=mac"), ("LOGINETL_QUEUE", "login-queue"), ("LOGINETL_WAIT", "true")],
            texts.Select(t => (t.Key, t.Value)).Order());
    }

    [Theory]
    [InlineData("""{ "tabel": "x" }""", "tabel is no setting")]
    [InlineData("""{ "199.172.111.135 x": "x" }""", "one of its names is no setting")]
    [InlineData("""{ "queue": null }""", "queue has a value")]
    [InlineData("""{ "method": { "ip": 1 } }""", "method has a value")]
    [InlineData("""{ "columnName": { "masked_ip": "a,create_date=b" } }""", "columnName has a value")]
    [InlineData("""{ "queue": "a", "Queue": "b" }""", "stands there twice")]
    [InlineData("""[ "queue" ]""", "no JSON object")]
    [InlineData("{ \"queue\":\n \"canary", "line 2 is no JSON")]
    [InlineData("""{ "database": "Host=db;Username=u;Password=canary" }""", "has a password in it")]
    [InlineData("""{ "database": "host=db user=u password=canary" }""", "has a password in it")]
    [InlineData("""{ "database": "postgresql://u:canary@db/logins" }""", "has a password in it")]
    [InlineData("""{ "database": "postgresql://u:canary@db1,db2/logins" }""", "has a password in it")]
    [InlineData("""{ "database": "postgresql://u:canary@/logins?host=db" }""", "has a password in it")]
    [InlineData("""{ "database": "postgresql://u@srv:canary@db/logins" }""", "has a password in it")]
    [InlineData("""{ "database": "postgresql://u:a canary@db/logins" }""", "has a password in it")]
    [InlineData("""{ "database": "postgresql://u%3Acanary@db/logins" }""", "has a password in it")]
    [InlineData("""{ "database": "postgresql://u@db/logins?p%61sswor%64=canary" }""", "has a password in it")]
    public void What_cannot_be_is_refused_and_not_repeated(string json, string why)
    {
        var fault = Assert.Throws<LoginEtlException>(() => Read(json));
        Assert.Equal("SettingsFileInvalid", fault.Id);
        Assert.Contains(why, fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("canary", fault.Message + fault.Remedy, StringComparison.Ordinal);
        Assert.DoesNotContain("199.172", fault.Message + fault.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void File_that_others_may_write_is_not_used()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("Windows has no modes.");
            return;
        }

        Read("{}");
        foreach (var mode in new[] { (UnixFileMode)0x1B6, (UnixFileMode)0x182 })
        {
            File.SetUnixFileMode(_path, mode);
            var fault = Assert.Throws<LoginEtlException>(() => SettingsFile.Read(_path));
            Assert.Equal("SettingsFileInvalid", fault.Id);
            Assert.Contains("other users may write it", fault.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void File_that_others_may_exchange_and_what_is_no_file_are_not_used()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("Windows has no modes.");
            return;
        }

        var folder = Directory.CreateTempSubdirectory("loginetl-").FullName;
        try
        {
            var link = Path.Combine(folder, "link.json");
            Read("{}");
            File.CreateSymbolicLink(link, _path);
            Assert.Empty(SettingsFile.Read(link).Texts);
            File.SetUnixFileMode(folder, (UnixFileMode)0x1FF);
            Assert.Contains($"other users may write to the folder {folder} ", Assert.Throws<LoginEtlException>(() => SettingsFile.Read(link)).Message, StringComparison.Ordinal);
            var below = Path.Combine(Directory.CreateDirectory(Path.Combine(folder, "below")).FullName, "settings.json");
            File.Copy(_path, below);
            Assert.Contains($"other users may write to the folder {folder} ", Assert.Throws<LoginEtlException>(() => SettingsFile.Read(below)).Message, StringComparison.Ordinal);
            File.SetUnixFileMode(folder, (UnixFileMode)0x1C0);
            var pipe = Path.Combine(folder, "pipe.json");
            using (var made = System.Diagnostics.Process.Start("mkfifo", [pipe]))
            {
                made.WaitForExit();
            }

            Assert.Contains("is a named pipe and no file", Assert.Throws<LoginEtlException>(() => SettingsFile.Read(pipe)).Message, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void File_of_another_user_is_not_used()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess && !OperatingSystem.IsWindows(), "Only root gives files away.");
        Read("{}");
        using (var chown = System.Diagnostics.Process.Start("chown", ["65534", _path]))
        {
            chown.WaitForExit();
            Assert.Equal(0, chown.ExitCode);
        }

        Assert.Contains($"{_path} belongs to user 65534", Assert.Throws<LoginEtlException>(() => SettingsFile.Read(_path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void File_that_is_not_there_is_named()
    {
        var fault = Assert.Throws<LoginEtlException>(() => SettingsFile.Read(_path + ".none"));
        Assert.Equal("SettingsFileNotFound", fault.Id);
        Assert.Contains(_path, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Name_is_one_of_the_users_own_folder_and_all_else_a_path()
    {
        Assert.EndsWith(Path.Combine("login-etl", "prod.json"), SettingsFile.PathOf("prod", _ => "resolved"), StringComparison.Ordinal);
        Assert.All(["prod.json", "./prod", "a/prod"], given => Assert.Equal("resolved", SettingsFile.PathOf(given, _ => "resolved")));
    }

    [Fact]
    public void Schema_has_every_name_and_no_other()
    {
        using var schema = JsonDocument.Parse(File.ReadAllBytes(Repository.PathOf("docs/settings.schema.json")));
        Assert.Equal(
            SettingsFile.Names.Append("$schema").Order(StringComparer.Ordinal),
            schema.RootElement.GetProperty("properties").EnumerateObject().Select(p => p.Name).Order(StringComparer.Ordinal));
    }

    private SettingsFile Read(string json)
    {
        File.WriteAllText(_path, "\uFEFF" + json);
        return SettingsFile.Read(_path);
    }
}
