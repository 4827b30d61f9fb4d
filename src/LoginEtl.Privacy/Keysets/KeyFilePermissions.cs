using System.Runtime.Versioning;
using System.Security.AccessControl;
using System.Security.Principal;
using LoginEtl.Faults;
using LoginEtl.Files;

namespace LoginEtl.Keysets;

/// <summary>
/// Refuses key files that others can read, change or replace. Files are asked of the opened handle, so that what was
/// checked is what is read.
/// </summary>
internal static class KeyFilePermissions
{
    private const UnixFileMode OthersWrite = UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;

    private const UnixFileMode Others = OthersWrite
        | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    // As Kubernetes mounts secrets for a process that is not root, and systemd its credentials: root's, for its group to read.
    private const UnixFileMode Mounted = UnixFileMode.UserRead | UnixFileMode.GroupRead;

    /// <param name="file">The opened file.</param>
    /// <param name="path">As it was named.</param>
    /// <param name="isSecret">Whether others may not even read it; nobody else may ever write it.</param>
    /// <exception cref="LoginEtlException"><c>KeysetPermissions</c>, <c>KeysetUnreadable</c>.</exception>
    public static void Require(FileStream file, string path, bool isSecret)
    {
        if (OperatingSystem.IsWindows())
        {
            RequireOnWindows(file, path, isSecret);
            return;
        }

        var found = UnixFile.Of(file.SafeFileHandle);
        RequireFile(path, found.Kind);
        RequireOwner(path, found, path);
        if ((found.Mode & (isSecret ? Others : OthersWrite)) != 0 && !(isSecret && IsMounted(found)))
        {
            throw Refused(path, $"its mode is {Octal(found.Mode)}", found.Owner == 0 && (UnixFile.User != 0 || found.Mode == Mounted)
                ? "Let root close it: mode 400, or 440 with a group of this user's alone (in Kubernetes a defaultMode of 0400, and an fsGroup where this does not run as root)"
                : $"Close it (chmod 600 '{path}')");
        }
    }

    /// <summary>Refuses what is no file: to open it may mean to wait for ever.</summary>
    /// <exception cref="LoginEtlException"><c>KeysetUnreadable</c>.</exception>
    public static void RequireFile(string path, string kind)
    {
        if (kind != UnixFile.File)
        {
            throw new LoginEtlException(
                ErrorId.KeysetUnreadable, $"{path} is a {kind} and no file, so it is not opened.", "Put the file in its place, or correct the path.");
        }
    }

    /// <summary>Refuses what belongs to others.</summary>
    /// <param name="place">A file, link or folder on the way.</param>
    /// <param name="found">What is there.</param>
    /// <param name="path">The key file or folder that it leads to.</param>
    /// <exception cref="LoginEtlException"><c>KeysetPermissions</c>.</exception>
    public static void RequireOwner(string place, UnixFile found, string path)
    {
        if (!found.IsTrusted)
        {
            throw new LoginEtlException(
                ErrorId.KeysetPermissions, $"{place} belongs to user {found.Owner}, and this runs as user {UnixFile.User}: others could change the keys of {path}, so they are not used.",
                $"Give it to this user or to root (chown), or run as its owner, {Compare}");
        }
    }

    /// <summary>Refuses a folder in which others may put something else in the place of what is there.</summary>
    /// <inheritdoc cref="RequireOwner"/>
    public static void RequireFolder(string place, UnixFile found, string path)
    {
        if (found.LetsOthersReplace)
        {
            throw OpenFolder(place, $"its mode is {Octal(found.Mode)}", path, $"chmod go-w '{place}'");
        }
    }

    /// <inheritdoc cref="RequireFolder"/>
    [SupportedOSPlatform("windows")]
    public static void RequireFolderOnWindows(string place)
    {
        const FileSystemRights change = FileSystemRights.CreateFiles | FileSystemRights.CreateDirectories | FileSystemRights.DeleteSubdirectoriesAndFiles
            | FileSystemRights.Delete | FileSystemRights.ChangePermissions | FileSystemRights.TakeOwnership;
        if (IsOpen(new DirectoryInfo(place).GetAccessControl(), change))
        {
            throw OpenFolder(place, "by its access list", place, $"icacls \"{place}\" /inheritance:r /grant:r \"%USERNAME%:(OI)(CI)F\"");
        }
    }

    [SupportedOSPlatform("windows")]
    private static void RequireOnWindows(FileStream file, string path, bool isSecret)
    {
        const FileSystemRights change = FileSystemRights.WriteData | FileSystemRights.ChangePermissions | FileSystemRights.TakeOwnership;
        if (IsOpen(file.GetAccessControl(), isSecret ? change | FileSystemRights.ReadData : change))
        {
            throw Refused(path, "its owner or access list lets others in", $"Close it (icacls \"{path}\" /inheritance:r /grant:r \"%USERNAME%:F\")");
        }
    }

    [SupportedOSPlatform("windows")]
    private static bool IsOpen(FileSystemSecurity security, FileSystemRights forbidden)
    {
        var trusted = new[] { WellKnownSidType.LocalSystemSid, WellKnownSidType.BuiltinAdministratorsSid }
            .Select(sid => new SecurityIdentifier(sid, null))
            .Append(WindowsIdentity.GetCurrent().User)
            .ToHashSet();
        return !trusted.Contains((SecurityIdentifier?)security.GetOwner(typeof(SecurityIdentifier)))
            || security.GetAccessRules(includeExplicit: true, includeInherited: true, typeof(SecurityIdentifier))
                .Cast<FileSystemAccessRule>()
                .Any(rule => rule.AccessControlType == AccessControlType.Allow
                    && (rule.PropagationFlags & PropagationFlags.InheritOnly) == 0
                    && (rule.FileSystemRights & forbidden) != 0
                    && !trusted.Contains((SecurityIdentifier)rule.IdentityReference));
    }

    private const string Compare = "and compare the check values of Get-LoginKeyset with those that were noted: the keys may be others by now.";

    // Read by its group, which is how it reached this process: its own file it would read as its owner.
    private static bool IsMounted(UnixFile found) => found.Owner == 0 && UnixFile.User != 0 && found.Mode == Mounted;

    private static string Octal(UnixFileMode mode) => Convert.ToString((int)mode, 8);

    private static LoginEtlException OpenFolder(string place, string why, string path, string command) => new(
        ErrorId.KeysetPermissions, $"Other users may write to the folder {place} ({why}) and could change the keys of {path}, so they are not used.",
        $"Close it ({command}), {Compare}");

    private static LoginEtlException Refused(string path, string why, string remedy) => new(
        ErrorId.KeysetPermissions, $"The key file {path} is open to other users ({why}), so it is not used.",
        $"{remedy} and, if others may have read it, rotate the key.");
}
