using System.Globalization;

namespace LoginEtl.Files;

/// <summary>
/// Many systems give every user a group of its own, and let that group write to whatever the user makes: where nobody else
/// is in it, nobody else may write.
/// </summary>
internal static class PrivateGroup
{
    private const char Separator = ':';

    /// <summary>Whether a group has nobody in it but this user and root. One that the system's own files do not list has.</summary>
    public static bool Is(uint group)
    {
        try
        {
            return Is(group, UnixFile.User, File.ReadAllLines("/etc/passwd"), File.ReadAllLines("/etc/group"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <inheritdoc cref="Is(uint)"/>
    /// <param name="group">Its id.</param>
    /// <param name="user">The id of this user.</param>
    /// <param name="accounts">Lines of passwd(5).</param>
    /// <param name="groups">Lines of group(5).</param>
    public static bool Is(uint group, uint user, IEnumerable<string> accounts, IEnumerable<string> groups)
    {
        var (id, mine) = (Text(group), new[] { Text(user), "0" });
        var people = accounts.Select(l => l.Split(Separator)).Where(f => f.Length > 3).Select(f => (Name: f[0], User: f[2], Group: f[3])).ToList();
        var lists = groups.Select(l => l.Split(Separator)).Where(f => f.Length > 3 && f[2] == id).Select(f => f[3]).ToList();
        return lists.Count > 0
            && people.Where(p => p.Group == id).All(p => mine.Contains(p.User))
            && lists.SelectMany(l => l.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
                .All(name => people.Any(p => p.Name == name && mine.Contains(p.User)));
    }

    private static string Text(uint id) => id.ToString(CultureInfo.InvariantCulture);
}
