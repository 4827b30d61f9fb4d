using System.Diagnostics;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using LoginEtl.Audit;
using LoginEtl.Faults;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Privacy.Audit;

/// <summary>What is no audit file of ours is never written to, cut, followed or waited for, whatever -AuditFile names.</summary>
public sealed class ForeignFileTests : IDisposable
{
    private const string Passwords = "alice:x:1000:1000::/home/alice:/bin/sh\nbob:x:1001:1001::/home/bob:/bin/sh\n";
    private const string Minified = "{\"compilerOptions\":{\"strict\":true}}";
    private static readonly string Unfinished = $"{{\"line\":1,\"file\":\"{Guid.NewGuid()}\",\"at\":\"2026-01-02T03:04:05.678Z\",\"user\":\"ri";

    private readonly TestKeys _keys = new();
    private readonly MemoryAnchor _anchor = new();

    public ForeignFileTests()
    {
        Folder = Directory.CreateDirectory(Path.Combine(_keys.Folder, "..", "audit")).FullName;
        AuditPath = Path.Combine(Folder, "audit.jsonl");
    }

    public static TheoryData<string, byte[]> Contents => new()
    {
        { "passwords", Encoding.ASCII.GetBytes(Passwords) },
        { "minified JSON", Encoding.ASCII.GetBytes(Minified) },
        { "JSON over several lines", "{\n  \"strict\": true\n}\n"u8.ToArray() },
        { "another program's lines", "{\"line\":1,\"file\":\"x\",\"mac\":\"00\"}\n{\"line\":2}\n"u8.ToArray() },
        { "one line of it, unfinished", Encoding.ASCII.GetBytes(Unfinished) },
        { "a newline", "\n"u8.ToArray() },
        { "bytes", [0xFF, 0x00, 0x7F, .. Enumerable.Range(0, 300_000).Select(i => (byte)(i * 7))] },
    };

    private string Folder { get; }

    private string AuditPath { get; }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _keys.Dispose();

    [Theory]
    [MemberData(nameof(Contents), DisableDiscoveryEnumeration = true)]
    public async Task What_is_no_audit_file_is_refused_and_stays_as_it_is(string what, byte[] content)
    {
        await File.WriteAllBytesAsync(AuditPath, content, Token);
        await AssertRefusedAsync(AuditPath, AuditPath, content);
        var report = await VerifyAsync(AuditPath);
        Assert.False(report.IsIntact, what);
    }

    [Fact]
    public async Task Audit_file_of_another_keyset_is_refused_and_stays_as_it_is()
    {
        using (var others = new TestKeys())
        using (var log = new AuditLog(AuditPath, others.Ring, new MemoryAnchor()))
        {
            await log.RecordAsync(Entry, Token);
        }

        await AssertRefusedAsync(AuditPath, AuditPath, await File.ReadAllBytesAsync(AuditPath, Token));
    }

    [Fact]
    public async Task Link_is_not_followed_also_to_an_audit_file_of_ours_and_to_nothing()
    {
        var target = Path.Combine(Folder, "target");
        File.CreateSymbolicLink(AuditPath, target);
        await AssertRefusedAsync(AuditPath, null, []);
        Assert.False(File.Exists(target));
        await File.WriteAllTextAsync(target, Passwords, Token);
        await AssertRefusedAsync(AuditPath, target, Encoding.ASCII.GetBytes(Passwords));
        await File.WriteAllBytesAsync(target, [], Token);
        await AssertRefusedAsync(AuditPath, target, []);
        File.Delete(target);
        await RecordAsync(target);
        await AssertRefusedAsync(AuditPath, target, await File.ReadAllBytesAsync(target, Token));
        Assert.Equal("AuditFileNotOurs", (await Assert.ThrowsAsync<LoginEtlException>(() => VerifyAsync(AuditPath))).Id);
    }

    [Fact]
    public async Task Second_name_of_a_file_is_refused_as_the_file_is()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Hard links are made by ln.");
        var passwords = Path.Combine(Folder, "passwords");
        await File.WriteAllTextAsync(passwords, Passwords, Token);
        await RunAsync("ln", passwords, AuditPath);
        await AssertRefusedAsync(AuditPath, passwords, Encoding.ASCII.GetBytes(Passwords));
    }

    [Fact]
    public async Task Pipe_socket_device_and_folder_are_refused_at_once()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "There are none of these in its folders.");
        await RunAsync("mkfifo", AuditPath);
        var socketPath = Path.Combine(Folder, "socket");
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(socketPath));
        var started = Stopwatch.StartNew();
        foreach (var path in new[] { AuditPath, socketPath, "/dev/null", "/dev/zero", "/dev/full", Folder })
        {
            Assert.Equal((path, "AuditFileNotOurs"), (path, (await Assert.ThrowsAsync<LoginEtlException>(() => RecordAsync(path))).Id));
            Assert.Equal((path, "AuditFileNotOurs"), (path, (await Assert.ThrowsAsync<LoginEtlException>(() => VerifyAsync(path))).Id));
        }

        Assert.InRange(started.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(5));
        Assert.Empty(_anchor.Anchors);
    }

    [Fact]
    public async Task Empty_file_of_the_users_own_is_begun()
    {
        await File.WriteAllBytesAsync(AuditPath, [], Token);
        await RecordAsync(AuditPath);
        Assert.True((await VerifyAsync(AuditPath)).IsIntact);
    }

    [Fact]
    public async Task Empty_file_of_somebody_else_is_refused()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess && !OperatingSystem.IsWindows(), "Only root gives files away.");
        await File.WriteAllBytesAsync(AuditPath, [], Token);
        await RunAsync("chown", "65534", AuditPath);
        await AssertRefusedAsync(AuditPath, AuditPath, []);
    }

    [Fact]
    public async Task File_that_is_exchanged_between_look_and_opening_is_not_written_to()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Names of open files cannot be exchanged there.");
        var (victim, link, ours) = (Path.Combine(Folder, "victim"), Path.Combine(Folder, "link"), Path.Combine(Folder, "ours"));
        await File.WriteAllTextAsync(victim, Minified, Token);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var exchanges = 0;
        var swapping = Task.Run(
            () =>
            {
                for (; !stop.IsCancellationRequested; exchanges++)
                {
                    // A link to the victim, the victim itself under a second name, and an empty file, in turn.
                    File.Delete(link);
                    File.Delete(ours);
                    File.CreateSymbolicLink(link, victim);
                    File.Move(link, AuditPath, overwrite: true);
                    Assert.Equal(0, Link(victim, link));
                    File.Move(link, AuditPath, overwrite: true);
                    File.Delete(link);
                    File.WriteAllBytes(ours, []);
                    File.Move(ours, AuditPath, overwrite: true);
                }
            },
            Token);
        var refused = 0;
        for (var tries = 0; tries < 400; tries++)
        {
            try
            {
                // Whatever was anchored before would refuse it for another reason.
                using var log = new AuditLog(AuditPath, _keys.Ring, new MemoryAnchor());
                await log.RecordAsync(Entry, Token);
            }
            catch (LoginEtlException)
            {
                refused++;
            }
        }

        await stop.CancelAsync();
        await swapping;
        Assert.Equal(Minified, await File.ReadAllTextAsync(victim, Token));
        Assert.InRange(refused, 1, int.MaxValue);
        Assert.InRange(exchanges, 10, int.MaxValue);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task File_that_is_exchanged_between_two_records_of_a_process_is_not_written_to(bool afterFault)
    {
        using var log = new AuditLog(AuditPath, _keys.Ring, _anchor);
        await log.RecordAsync(Entry, Token);
        _anchor.Fails = afterFault;
        await Record.ExceptionAsync(() => log.RecordAsync(Entry, Token));
        _anchor.Fails = false;

        // As long as the file or longer, so that what was read of it seems to be there still.
        var other = Encoding.ASCII.GetBytes(new string('x', 10_000));
        await File.WriteAllBytesAsync(AuditPath, other, Token);
        Assert.StartsWith("Audit", (await Assert.ThrowsAsync<LoginEtlException>(() => log.RecordAsync(Entry, Token))).Id, StringComparison.Ordinal);
        Assert.Equal(other, await File.ReadAllBytesAsync(AuditPath, Token));
    }

    [Fact]
    public async Task First_line_is_there_whole_or_not_at_all()
    {
        _anchor.FailsToAnswer = true;
        await Assert.ThrowsAsync<LoginEtlException>(() => RecordAsync(AuditPath));
        Assert.Empty(Directory.GetFileSystemEntries(Folder));
        _anchor.FailsToAnswer = false;
        await RecordAsync(AuditPath);
        Assert.Equal(["audit.jsonl"], Directory.GetFileSystemEntries(Folder).Select(Path.GetFileName));
        Assert.True(OperatingSystem.IsWindows() || File.GetUnixFileMode(AuditPath) == (UnixFileMode.UserRead | UnixFileMode.UserWrite));
        await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(() => RecordAsync(Path.Combine(Folder, "shared.jsonl")))));
        Assert.Equal(8, (await VerifyAsync(Path.Combine(Folder, "shared.jsonl"))).Lines);
        Assert.Equal(2, Directory.GetFileSystemEntries(Folder).Length);
    }

    private static AuditEntry Entry => new() { Command = "Test", Reason = "Test", Attributes = ["ip"], Tokens = [] };

    [DllImport("libc", EntryPoint = "link", CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Link([MarshalAs(UnmanagedType.LPUTF8Str)] string existing, [MarshalAs(UnmanagedType.LPUTF8Str)] string name);

    private static async Task RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        await process.WaitForExitAsync(Token);
        Assert.Equal(0, process.ExitCode);
    }

    private async Task RecordAsync(string path)
    {
        using var log = new AuditLog(path, _keys.Ring, _anchor);
        await log.RecordAsync(Entry, Token).WaitAsync(TimeSpan.FromSeconds(20), Token);
    }

    private Task<AuditReport> VerifyAsync(string path) =>
        Task.Run(() => AuditVerification.RunAsync(path, _keys.Ring, _anchor, [], Token), Token).WaitAsync(TimeSpan.FromSeconds(20), Token);

    private async Task AssertRefusedAsync(string path, string? holding, byte[] content)
    {
        var (before, anchored) = (Directory.GetFileSystemEntries(Folder).Order().ToList(), _anchor.Anchors.Count);
        var written = holding is null ? default : File.GetLastWriteTimeUtc(holding);
        Assert.Equal("AuditFileNotOurs", (await Assert.ThrowsAsync<LoginEtlException>(() => RecordAsync(path))).Id);
        Assert.Equal(anchored, _anchor.Anchors.Count);
        Assert.Equal(before, Directory.GetFileSystemEntries(Folder).Order());
        if (holding is not null)
        {
            Assert.Equal(content, await File.ReadAllBytesAsync(holding, Token));
            Assert.Equal(written, File.GetLastWriteTimeUtc(holding));
        }
    }
}
