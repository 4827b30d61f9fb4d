using System.Runtime.Versioning;
using System.Security.AccessControl;
using System.Security.Principal;
using LoginEtl.Faults;

namespace LoginEtl.Keysets;

/// <summary>
/// Refuses key files that others can reach. Asked of the opened handle, so that what was checked is what is read.
/// </summary>
internal static class KeyFilePermissions
{
    private const UnixFileMode OthersWrite = UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;

    private const UnixFileMode Others = OthersWrite
        | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    /// <param name="file">The opened file.</param>
    /// <param name="isSecret">Whether others may not even read it; nobody else may ever write it.</param>
    /// <exception cref="LoginEtlException"><c>KeysetPermissions</c>.</exception>
    public static void Require(FileStream file, bool isSecret)
    {
        if (OperatingSystem.IsWindows())
        {
            RequireOnWindows(file, isSecret);
            return;
        }

        var mode = File.GetUnixFileMode(file.SafeFileHandle);
        if ((mode & (isSecret ? Others : OthersWrite)) != 0)
        {
            throw Refused(file.Name, $"its mode is {Convert.ToString((int)mode, 8)}", $"chmod 600 '{file.Name}'");
        }
    }

    [SupportedOSPlatform("windows")]
    private static void RequireOnWindows(FileStream file, bool isSecret)
    {
        var owners = new[] { WellKnownSidType.LocalSystemSid, WellKnownSidType.BuiltinAdministratorsSid }
            .Select(sid => new SecurityIdentifier(sid, null))
            .Append(WindowsIdentity.GetCurrent().User)
            .ToHashSet();
        var forbidden = isSecret ? FileSystemRights.ReadData | FileSystemRights.WriteData : FileSystemRights.WriteData;
        var open = file.GetAccessControl()
            .GetAccessRules(includeExplicit: true, includeInherited: true, typeof(SecurityIdentifier))
            .Cast<FileSystemAccessRule>()
            .Any(rule => rule.AccessControlType == AccessControlType.Allow
                && (rule.FileSystemRights & forbidden) != 0
                && !owners.Contains((SecurityIdentifier)rule.IdentityReference));
        if (open)
        {
            throw Refused(file.Name, "its access list lets others in", $"icacls \"{file.Name}\" /inheritance:r /grant:r \"%USERNAME%:F\"");
        }
    }

    private static LoginEtlException Refused(string path, string why, string command) => new(
        "KeysetPermissions", FaultKind.Keys, $"The key file {path} is open to other users ({why}), so it is not used.",
        $"Close it ({command}) and, if others may have read it, rotate the key.");
}
