using LoginEtl.Faults;
using LoginEtl.Secrets;
using Xunit;

namespace LoginEtl.Unit.Privacy.Secrets;

/// <summary>What is behind exec: is taken apart without a shell, and its program is found in no current folder.</summary>
public sealed class CommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("loginetl-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("vault kv get -field=dsn secret/etl", "vault|kv|get|-field=dsn|secret/etl")]
    [InlineData("  op \t read\n'op://My Vault/etl/dsn' ", "op|read|op://My Vault/etl/dsn")]
    [InlineData("""a "b 'c' d" 'e "f" g' h"i j"k'' "" """, """a|b 'c' d|e "f" g|hi jk|""")]
    [InlineData("""'C:\Program Files\x.exe' C:\y\ $HOME %PATH% ~/z `w` a;b|c>d *""", """C:\Program Files\x.exe|C:\y\|$HOME|%PATH%|~/z|`w`|a;b|c>d|*""")]
    public void Blanks_part_words_quotes_keep_them_together_and_nothing_is_expanded(string text, string words) =>
        Assert.Equal(words, string.Join('|', new Command($"exec:{text}").Words));

    [Theory]
    [InlineData("")]
    [InlineData("  ")]
    [InlineData("'' a")]
    [InlineData("a 'canary")]
    [InlineData("a \"canary'")]
    [InlineData("a canary\0b")]
    public void What_names_no_program_is_refused_and_not_quoted(string text)
    {
        var fault = Assert.Throws<LoginEtlException>(() => new Command($"exec:{text}").Words);
        Assert.Equal("SettingInvalid", fault.Id);
        Assert.DoesNotContain("canary", fault.ToString() + fault.Remedy, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("exec:/usr/local/bin/vault kv get canary", "exec:vault")]
    [InlineData("EXEC:op read canary", "exec:op")]
    [InlineData("exec:password=canary", "exec:[hidden]")]
    [InlineData("exec:'a canary b'", "exec:[hidden]")]
    [InlineData("exec:", "exec:[hidden]")]
    public void Name_is_the_programs_and_nothing_of_its_arguments(string setting, string name) =>
        Assert.Equal(name, SecretProgram.NameOf(setting));

    [Fact]
    public void Name_is_looked_for_on_PATH_by_full_folders_alone()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The right to be executed is a bit of its mode.");
        var (first, second) = (Made("one", mayRun: false), Made("two", mayRun: true));
        var path = string.Join(Path.PathSeparator, "", ".", "two", "/nowhere", Path.GetDirectoryName(first), Path.GetDirectoryName(second));
        Assert.Equal(second, new Command("exec:tool").Find(path));
        // The folder that a test runs in is one that it is found in by nobody.
        var here = Path.Combine(Environment.CurrentDirectory, $"loginetl-{Guid.NewGuid():N}");
        File.CreateSymbolicLink(here, second);
        try
        {
            AssertUnreadable("not on PATH", () => new Command($"exec:{Path.GetFileName(here)}").Find($":.:{_folder}"));
            AssertUnreadable("not on PATH", () => new Command("exec:tool").Find(null));
            foreach (var relative in new[] { $"./{Path.GetFileName(here)}", "two/tool", "~/tool" })
            {
                Assert.Equal("SettingInvalid", Assert.Throws<LoginEtlException>(() => new Command($"exec:{relative}").Find(path)).Id);
            }
        }
        finally
        {
            File.Delete(here);
        }
    }

    [Fact]
    public void Path_that_is_no_program_says_why()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The right to be executed is a bit of its mode.");
        var file = Made("one", mayRun: false);
        AssertUnreadable("'tool' gave no secret: it may not be executed", () => new Command($"exec:{file} canary").Find(null));
        AssertUnreadable("'one' gave no secret: it is a folder", () => new Command($"exec:{Path.GetDirectoryName(file)} canary").Find(null));
        AssertUnreadable("'none' gave no secret: it is not there", () => new Command($"exec:{_folder}/none canary").Find(null));
    }

    private static void AssertUnreadable(string said, Action find)
    {
        var fault = Assert.Throws<LoginEtlException>(find);
        Assert.Equal("SecretUnreadable", fault.Id);
        Assert.Contains(said, fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("canary", fault.ToString() + fault.Remedy, StringComparison.Ordinal);
    }

    private string Made(string folder, bool mayRun)
    {
        var file = Path.Combine(Directory.CreateDirectory(Path.Combine(_folder, folder)).FullName, "tool");
        File.WriteAllText(file, "");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(file, UnixFileMode.UserRead | (mayRun ? UnixFileMode.UserExecute : UnixFileMode.None));
        }

        return file;
    }
}
