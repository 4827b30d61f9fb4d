using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using LoginEtl.Faults;
using LoginEtl.Postgres.Faults;
using Npgsql;

namespace LoginEtl.Postgres.Connections;

/// <summary>
/// Proves that hosts and names of a connection are some, before they are printed, or sent to a server, which logs them. A comma
/// or a blank in the place of a ';' makes the rest of the text, password and all, a part of the value before it.
/// </summary>
internal static partial class ConnectionNames
{
    private static readonly string[] Secrets = ["Password", "SSL Password"];

    /// <exception cref="LoginEtlException"><c>InvalidDatabase</c>.</exception>
    public static void Require(NpgsqlConnectionStringBuilder builder)
    {
        if (!(builder.Host ?? "").Split(',').All(host => string.IsNullOrWhiteSpace(host) || IsHost(host)))
        {
            throw None("host");
        }

        _ = Given(builder.Username, "PGUSER") is { } user ? RequireUser(user) : null;
        if (builder.Database is { } database && !IsName(database))
        {
            throw None("database");
        }

        // The server logs what it does not know of these, and the driver quotes it.
        foreach (var (key, variable, form) in new[]
        {
            ("Encoding", "", Name()), ("Client Encoding", "PGCLIENTENCODING", Name()), ("Timezone", "PGTZ", Zone()), ("Options", "PGOPTIONS", Options()),
            ("Application Name", "", Words()), ("Search Path", "", Words()),
        })
        {
            if (Given(builder[key] as string, variable) is { } given && !form.IsMatch(given))
            {
                throw None(key);
            }
        }

        if (!IsEncoding(builder.Encoding))
        {
            throw None("Encoding");
        }

        // Whatever else there is: some of it is sent, and some of it may be quoted by the driver.
        foreach (string key in builder.Keys!)
        {
            if (!Secrets.Contains(key) && builder[key] is string value && Quotable.HasPassword(value))
            {
                throw DatabaseFault.InvalidDatabase("A value of the database settings holds a password that is not its own: a separator is missing, or is another than the form asks for.");
            }
        }
    }

    /// <summary>A user's name, from wherever it comes.</summary>
    /// <exception cref="LoginEtlException"><c>InvalidDatabase</c>.</exception>
    public static string RequireUser(string user) => IsName(user) ? user : throw None("user");

    // As the driver has it: what stands in the text, and else the variable. It answers an empty text for what is not set.
    private static string? Given(string? text, string variable) =>
        !string.IsNullOrEmpty(text) ? text : variable.Length > 0 && Environment.GetEnvironmentVariable(variable) is { Length: > 0 } set ? set : null;

    private static bool IsHost(string text)
    {
        var host = text.Trim();
        return Quotable.IsHost(host) || IPEndPoint.TryParse(host, out _)
            || (host.LastIndexOf(':') is > 0 and var colon && Quotable.IsHost(host[..colon]) && ushort.TryParse(host[(colon + 1)..], out var _));
    }

    // What PostgreSQL would take is more; what is more is no name that anybody gave.
    private static bool IsName(string text) => Name().IsMatch(text);

    // The driver takes UTF8 beside the names of the framework.
    private static bool IsEncoding(string? text) => text is null or "UTF8" || Encoding.GetEncodings().Any(e => e.Name.Equals(text, StringComparison.OrdinalIgnoreCase));

    private static LoginEtlException None(string what) => DatabaseFault.InvalidDatabase(
        $"The {what} of the database settings is no name of one: it holds a blank, '=' or another sign that such names do not have. A separator may be missing, or be another than the form asks for.");

    [GeneratedRegex(@"^[A-Za-z0-9_+:/-]*\z")]
    private static partial Regex Zone();

    [GeneratedRegex(@"^[\p{L}\p{N}_.,:/()\[\]""$ -]*\z")]
    private static partial Regex Words();

    // -c name=value and --name=value, as the server's command line takes them.
    [GeneratedRegex(@"^\s*(?:(?:-c\s*|--)[A-Za-z_.-]+=(?:\\.|[\p{L}\p{N}_.,/:$""'+-])*\s*)*\z")]
    private static partial Regex Options();

    // Of a user it may be one of a realm or a domain, me@corp.
    [GeneratedRegex(@"^[\p{L}\p{N}_.-]*(?:@[\p{L}\p{N}.-]+)?\z")]
    private static partial Regex Name();
}
