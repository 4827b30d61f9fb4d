using System.Diagnostics;
using System.Globalization;
using System.Text;
using LoginEtl.Faults;
using LoginEtl.Keysets;
using LoginEtl.Protecting;
using LoginEtl.Recovery;
using LoginEtl.Secrets;
using LoginEtl.Settings;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Privacy.Secrets;

/// <summary>Programs that print a secret, and all that they may do instead.</summary>
public sealed class SecretProgramTests : IDisposable
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(1);

    private readonly string _folder = Directory.CreateTempSubdirectory("loginetl-").FullName;

    public SecretProgramTests() => Assert.SkipWhen(OperatingSystem.IsWindows(), "The programs are a shell's.");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("printf canary", "canary")]
    [InlineData("echo canary", "canary")]
    [InlineData(@"printf ""canary\r\n""", "canary")]
    [InlineData(@"printf "" a \n\n""", " a \n")]
    [InlineData(@"printf ""\303\244""", "ä")]
    [InlineData("cat; head -c 3000000 /dev/zero >&2; printf canary", "canary")]
    [InlineData("sleep 1 >/dev/null & printf canary", "canary")]
    public void Secret_is_what_it_prints_without_one_line_feed(string script, string secret) => Assert.Equal(secret, Text(script));

    [Theory]
    [InlineData("exit 0", "printed nothing")]
    [InlineData(@"printf ""\n""", "printed nothing")]
    [InlineData(@"printf ""canary\377""", "printed what is not UTF-8")]
    [InlineData("head -c 2097152 /dev/zero", "printed more than 1 MiB")]
    [InlineData("yes canary", "printed more than 1 MiB")]
    [InlineData("echo canary; echo canary >&2; exit 3", "ended with exit code 3")]
    [InlineData("kill -9 $$", "ended with exit code 137")]
    [InlineData("exec >&-; sleep 60", "did not end within 1 seconds, and was ended")]
    public void What_gives_no_secret_is_a_fault_that_says_why_and_quotes_nothing(string script, string why)
    {
        var fault = Assert.Throws<LoginEtlException>(() => Text(script));
        Assert.Equal("SecretUnreadable", fault.Id);
        Assert.Equal($"The program 'sh' gave no secret: it {why}.", fault.Message);
        Assert.DoesNotContain("canary", fault.ToString() + fault.Remedy, StringComparison.Ordinal);
        Assert.Null(fault.InnerException);
    }

    [Fact]
    public async Task One_that_hangs_is_ended_with_all_that_it_started()
    {
        var begun = Stopwatch.GetTimestamp();
        Assert.Contains("did not end within 1 seconds", Assert.Throws<LoginEtlException>(() => Text($"sleep 300 & echo $! > {_folder}/pid; wait")).Message, StringComparison.Ordinal);
        Assert.True(Stopwatch.GetElapsedTime(begun) < TimeSpan.FromSeconds(20));
        await EndedAsync();
    }

    [Fact]
    public async Task One_that_is_stopped_is_ended_too()
    {
        using var stop = new CancellationTokenSource();
        var reading = Task.Run(() => SecretProgram.Read(Setting($"sleep 300 & echo $! > {_folder}/pid; wait"), Encoding.UTF8.GetString, stop.Token));
        await BegunAsync();
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken));
        await EndedAsync();
        Assert.ThrowsAny<OperationCanceledException>(() => SecretProgram.Read(Setting($"touch {_folder}/begun"), Encoding.UTF8.GetString, stop.Token));
        Assert.False(File.Exists($"{_folder}/begun"));
    }

    [Fact]
    public async Task Child_that_keeps_the_output_open_is_not_waited_for()
    {
        var begun = Stopwatch.GetTimestamp();
        var fault = Assert.Throws<LoginEtlException>(() => SecretProgram.Read(Setting($"sleep 300 & echo $! > {_folder}/pid; printf canary"), Encoding.UTF8.GetString, CancellationToken.None));
        Assert.Equal("The program 'sh' gave no secret: it ended, and left a process behind that keeps its output open.", fault.Message);
        Assert.True(Stopwatch.GetElapsedTime(begun) < TimeSpan.FromSeconds(20));
        using var left = Process.GetProcessById(await BegunAsync());
        left.Kill();
    }

    [Fact]
    public void Program_is_not_given_the_projects_own_variables()
    {
        Environment.SetEnvironmentVariable("LOGINETL_TEST_PROGRAM", "canary");
        Environment.SetEnvironmentVariable("TEST_PROGRAM_OF_LOGINETL", "seen");
        try
        {
            Assert.Equal("[][seen]", Text("printf \"[$LOGINETL_TEST_PROGRAM][$TEST_PROGRAM_OF_LOGINETL]\""));
            Assert.DoesNotContain("LOGINETL_TEST_PROGRAM", SecretProgram.Read("exec:env", Encoding.UTF8.GetString, CancellationToken.None), StringComparison.Ordinal);
        }
        finally
        {
            Environment.SetEnvironmentVariable("LOGINETL_TEST_PROGRAM", null);
            Environment.SetEnvironmentVariable("TEST_PROGRAM_OF_LOGINETL", null);
        }
    }

    [Fact]
    public void File_that_no_system_can_run_is_told_of()
    {
        var file = Path.Combine(_folder, "tool");
        File.WriteAllText(file, "no program, and a canary");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        }

        var fault = Assert.Throws<LoginEtlException>(() => SecretProgram.Read($"exec:{file} canary", Encoding.UTF8.GetString, CancellationToken.None));
        Assert.Equal("The program 'tool' gave no secret: it cannot be started.", fault.Message);
        Assert.DoesNotContain("canary", fault.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Keysets_come_from_a_program_again_and_again_and_cannot_be_changed()
    {
        using var keys = new TestKeys();
        var members = Directory.GetFiles(keys.Folder, "*.json").Select(f => $"\"{Path.GetFileNameWithoutExtension(f)}\":{File.ReadAllText(f)}");
        File.WriteAllText($"{_folder}/all", $"{{{string.Join(',', members)}}}");
        var setting = Setting($"echo >> {_folder}/runs; cat {_folder}/all");
        using (var protectors = new ProtectorSource(() => Keyring.Open(setting)))
        {
            Assert.Equal("exec:sh", protectors.KeySource);
            using var ring = Keyring.Open(setting);
            Assert.Equal(439041101u, ring.Get("ip").Primary.Id);
            Assert.Empty(ring.Warnings);
        }

        Assert.Equal(2, File.ReadAllLines($"{_folder}/runs").Length);
        Assert.Equal("KeysetReadOnly", Assert.Throws<LoginEtlException>(() => KeysetChange.Of(setting, "ip", new KeyAccess())).Id);
        Assert.Equal("KeysetInvalid", Assert.Throws<LoginEtlException>(() => Keyring.Open(Setting("echo canary"))).Id);
        Assert.Equal(2, File.ReadAllLines($"{_folder}/runs").Length);
    }

    [Fact]
    public void Private_keyset_comes_from_a_program_and_public_ones_are_none()
    {
        using var keys = new TestKeys();
        var source = Private(keys.EscrowPath);
        Assert.Equal("exec:sh", source.Name);
        using (EscrowKey.Read(source))
        {
            var half = Assert.Single(KeyListing.OfPrivate(source));
            Assert.Equal(Assert.Single(KeyListing.Of(keys.Ring, "escrow")).CheckValue, half.CheckValue);
        }

        Assert.Equal("KeysetInvalid", Assert.Throws<LoginEtlException>(() => EscrowKey.Read(Private($"{keys.Folder}/escrow.json"))).Id);
        Assert.Equal("SecretUnreadable", Assert.Throws<LoginEtlException>(() => EscrowKey.Read(Private($"{_folder}/none"))).Id);

        static PrivateKeySource Private(string path) => PrivateKeySource.Parse(Setting($"cat {path}"), _ => throw new InvalidOperationException(), CancellationToken.None);
    }

    [Theory]
    [InlineData("Host=db.example;Username=u;Password=p w")]
    [InlineData("postgresql://u:p@db.example/d")]
    [InlineData("host=db.example user=u password='p w'")]
    public void Database_is_what_a_program_prints_in_every_form(string connection)
    {
        File.WriteAllText($"{_folder}/dsn", connection + "\n");
        var resolved = DatabaseText.Resolve(new SecretText(Setting($"cat {_folder}/dsn")), CancellationToken.None);
        Assert.Equal((connection, false), (resolved.Reveal(), resolved.IsTyped));
        Assert.Equal("db.example", LoginEtl.Postgres.Connections.Database.Parse(resolved.Reveal()).Host);
        Assert.Equal(connection, DatabaseText.Resolve(new SecretText(connection), CancellationToken.None).Reveal());
    }

    private static string Setting(string script) => $"exec:sh -c '{script}'";

    private static string Text(string script) => SecretProgram.Read(Setting(script), Encoding.UTF8.GetString, Soon, CancellationToken.None);

    private async Task<int> BegunAsync()
    {
        for (var tries = 0; tries < 400; tries++)
        {
            if (File.Exists($"{_folder}/pid") && int.TryParse(await File.ReadAllTextAsync($"{_folder}/pid"), CultureInfo.InvariantCulture, out var pid))
            {
                return pid;
            }

            await Task.Delay(50);
        }

        throw new TimeoutException("It did not begin.");
    }

    // What has ended may still be in the list, for nobody has asked how it did.
    private async Task EndedAsync()
    {
        var pid = await BegunAsync();
        for (var tries = 0; tries < 400; tries++)
        {
            using var asked = Process.Start(new ProcessStartInfo("ps", ["-o", "stat=", "-p", $"{pid}"]) { RedirectStandardOutput = true })!;
            if ((await asked.StandardOutput.ReadToEndAsync()).Trim() is "" or ['Z', ..])
            {
                return;
            }

            await Task.Delay(50);
        }

        Assert.Fail("The child runs on.");
    }
}
