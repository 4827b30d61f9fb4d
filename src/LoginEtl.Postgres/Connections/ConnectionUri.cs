using System.Text.RegularExpressions;
using LoginEtl.Postgres.Faults;
using Npgsql;

namespace LoginEtl.Postgres.Connections;

/// <summary>
/// Reads <c>postgresql://user:password@host:port/database?parameter=value</c> as libpq does. No error quotes any part
/// of the text: a misplaced character can move a piece of the password into any of them.
/// </summary>
/// <remarks>https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-URIS</remarks>
internal static partial class ConnectionUri
{
    private static readonly string[] Schemes = ["postgresql://", "postgres://"];

    /// <summary>Whether the text is meant as a URI.</summary>
    public static bool IsUri(string text) => Schemes.Any(s => text.StartsWith(s, StringComparison.OrdinalIgnoreCase));

    /// <exception cref="LoginEtl.Faults.LoginEtlException">Malformed, or a parameter that is not known.</exception>
    public static NpgsqlConnectionStringBuilder Parse(string text)
    {
        var builder = new NpgsqlConnectionStringBuilder();
        var (rest, query) = Cut(text[(text.IndexOf("//", StringComparison.Ordinal) + 2)..], '?');
        var (authority, database) = Cut(rest, '/');
        if ((database + query).Contains('@', StringComparison.Ordinal))
        {
            throw Malformed("an '@' stands after the host: in a user name or password, '/', '?' and '@' must be percent-encoded");
        }

        var at = authority.LastIndexOf('@');
        if (at >= 0)
        {
            var (user, password) = Cut(authority[..at], ':');
            builder.Username = Decode(user);
            builder.Password = password is null ? null : Decode(password);
        }

        ReadHosts(builder, authority[(at + 1)..]);
        if (!string.IsNullOrEmpty(database))
        {
            builder.Database = Decode(database);
        }

        foreach (var (pair, number) in (query ?? "").Split('&', StringSplitOptions.RemoveEmptyEntries).Select((p, i) => (p, i + 1)))
        {
            var (name, value) = Cut(pair, '=');
            ConnectionUriParameters.Apply(builder, Decode(name), Decode(value ?? ""), number);
        }

        return builder;
    }

    internal static LoginEtl.Faults.LoginEtlException Malformed(string what) => DatabaseFault.InvalidDatabase($"The database settings are malformed: {what}.");

    private static void ReadHosts(NpgsqlConnectionStringBuilder builder, string authority)
    {
        if (authority.Length == 0)
        {
            return;
        }

        var hosts = authority.Split(',').Select(ReadHost).ToList();
        if (hosts is [var (host, port)])
        {
            builder.Host = host;
            builder.Port = port ?? builder.Port;
            return;
        }

        builder.Host = List(hosts);
    }

    /// <summary>Several hosts as the driver takes them: each port beside its host, and brackets around IPv6.</summary>
    internal static string List(IEnumerable<(string Host, int? Port)> hosts) => string.Join(',', hosts.Select(h =>
        (h.Host.Contains(':', StringComparison.Ordinal) ? $"[{h.Host}]" : h.Host) + (h.Port is { } p ? $":{p}" : "")));

    private static (string Host, int? Port) ReadHost(string text)
    {
        var match = HostAndPort().Match(text);
        var digits = match.Groups["port"].Value;
        ushort port = 0;
        if (!match.Success || (digits.Length > 0 && (!ushort.TryParse(digits, out port) || port == 0)))
        {
            throw Malformed("host or port cannot be read");
        }

        return (Decode(match.Groups["host"].Value.Trim('[', ']')), digits.Length > 0 ? port : null);
    }

    private static string Decode(string text)
    {
        if (BadEscape().IsMatch(text))
        {
            throw Malformed("a '%' is not followed by two hexadecimal digits");
        }

        // An escape that is no UTF-8 would be left standing, and a password be another one.
        return !text.Contains("%00", StringComparison.Ordinal) && !text.Contains('\0', StringComparison.Ordinal)
            && !Uri.UnescapeDataString(text.Replace("%25", "x", StringComparison.Ordinal)).Contains('%', StringComparison.Ordinal)
            ? Uri.UnescapeDataString(text)
            : throw Malformed("a percent-encoded character is NUL or no UTF-8");
    }

    private static (string Before, string? After) Cut(string text, char separator)
    {
        var at = text.IndexOf(separator, StringComparison.Ordinal);
        return at < 0 ? (text, null) : (text[..at], text[(at + 1)..]);
    }

    [GeneratedRegex(@"^(?<host>\[[0-9A-Fa-f:.%]+\]|[^:\[\]\s]+)(:(?<port>\d{1,5}))?$")]
    private static partial Regex HostAndPort();

    [GeneratedRegex("%(?![0-9A-Fa-f]{2})")]
    private static partial Regex BadEscape();
}
