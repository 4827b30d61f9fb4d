using LoginEtl.Faults;
using LoginEtl.Keysets;
using Xunit;

namespace LoginEtl.Unit.Privacy.Keysets;

/// <summary>
/// A key folder and private halves for tests of who can do what to them. What takes files of other users runs as root (as in
/// CI); all the rest as anybody.
/// </summary>
public abstract class KeyFileFixture : IDisposable
{
    private protected const UnixFileMode Closed = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private protected const UnixFileMode Open = Closed | (UnixFileMode)0b_000_111_111;
    private protected const UnixFileMode Readable = Closed | (UnixFileMode)0b_000_101_101;

    private protected KeyFileFixture()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has access lists, and no modes.");
        Root = Directory.CreateTempSubdirectory("loginetl-").FullName;
        Mode(Root, Readable);
        KeysetCeremony.Create(Folder, PrivatePath, overwrite: false);
    }

    private protected string Root { get; }

    private protected string Folder => Path.Combine(Root, "a", "keys");

    private protected string PrivatePath => Path.Combine(Root, "a", "private", "quarantine.json");

    public void Dispose()
    {
        Directory.Delete(Root, recursive: true);
        GC.SuppressFinalize(this);
    }

    private protected static void AssertOpenToOthers(LoginEtlException fault, string folder)
    {
        AssertIs("KeysetPermissions", fault);
        Assert.Contains($"the folder {folder} ", fault.Message, StringComparison.Ordinal);
        Assert.Contains($"chmod go-w '{folder}'", fault.Remedy, StringComparison.Ordinal);
    }

    private protected static void AssertOthers(LoginEtlException fault, string path)
    {
        AssertIs("KeysetPermissions", fault);
        Assert.Contains($"{path} belongs to user ", fault.Message, StringComparison.Ordinal);
    }

    private protected static LoginEtlException AssertIs(string id, LoginEtlException fault)
    {
        Assert.Equal((id, FaultKind.Keys), (fault.Id, fault.Kind));
        return fault;
    }

    private protected static LoginEtlException Fault(string source) => Assert.Throws<LoginEtlException>(() => Keyring.Open(source));

    private protected static void Mode(string path, UnixFileMode mode)
    {
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, mode);
        }
    }
}
