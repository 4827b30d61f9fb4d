using System.Net.Sockets;
using LoginEtl.Faults;
using LoginEtl.Keysets;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Privacy.Keysets;

/// <summary>Nothing but a file is read as one, and nothing else is waited for.</summary>
public sealed class NoKeyFileTests : KeyFileFixture
{
    private static readonly TimeSpan AtOnce = TimeSpan.FromSeconds(10);

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
        var path = Path.Combine(Root, file);
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
    public async Task Lock_that_is_no_file_is_not_waited_for_either(string kind)
    {
        var path = Path.Combine(Folder, ".login-etl.lock");
        File.Delete(path);
        UnixUser.MakePipe(kind == "pipe" ? path : Path.Combine(Root, "pipe"));
        if (kind != "pipe")
        {
            File.CreateSymbolicLink(path, Path.Combine(Root, "pipe"));
        }

        var fault = await FaultInTimeAsync(() => KeysetChange.Of(Folder, "ip", new KeyAccess()).Add());
        Assert.Equal("KeysetUnreadable", fault.Id);
        Assert.Contains(path, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Link_to_nothing_is_not_a_keyset_that_nobody_needs()
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
}
