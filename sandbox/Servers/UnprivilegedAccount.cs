using System.Globalization;
using System.Text.Json.Nodes;

namespace LoginEtl.Sandbox.Servers;

/// <summary>The account that PostgreSQL, which refuses to run as root, is run under.</summary>
/// <param name="UserId">Its numeric user id.</param>
/// <param name="GroupId">Its numeric group id.</param>
internal sealed record UnprivilegedAccount(int UserId, int GroupId)
{
    private const string Name = "nobody";

    /// <summary>Null when this process is not root and needs none.</summary>
    /// <exception cref="SandboxException">This process is root and there is no such account.</exception>
    public static UnprivilegedAccount? ForServers()
    {
        if (OperatingSystem.IsWindows() || !Environment.IsPrivilegedProcess) return null;
        string[]? entry = File.ReadLines("/etc/passwd").Select(line => line.Split(':'))
            .FirstOrDefault(fields => fields[0] == Name && fields.Length > 3);
        return entry is not null
            ? new(int.Parse(entry[2], CultureInfo.InvariantCulture), int.Parse(entry[3], CultureInfo.InvariantCulture))
            : throw new SandboxException($"PostgreSQL refuses to run as root, and /etc/passwd has no account '{Name}' " +
                "to run it as. Run the sandbox as a normal user.");
    }

    /// <summary>The temp folder if any account can pass through it (root's own may be closed), else /tmp.</summary>
    public static string ReachableTempFolder()
    {
        const UnixFileMode pass = UnixFileMode.OtherExecute;
        if (OperatingSystem.IsWindows()) return Path.GetTempPath();
        for (DirectoryInfo? folder = new(Path.GetTempPath()); folder is not null; folder = folder.Parent)
            if ((File.GetUnixFileMode(folder.FullName) & pass) == 0) return "/tmp";
        return Path.GetTempPath();
    }

    public JsonObject ToJson() => new() { ["uid"] = UserId, ["gid"] = GroupId };
}
