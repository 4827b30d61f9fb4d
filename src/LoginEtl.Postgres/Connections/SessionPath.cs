using System.Text;
using LoginEtl.Faults;
using Npgsql;

namespace LoginEtl.Postgres.Connections;

/// <summary>The search path of a session.</summary>
internal static class SessionPath
{
    private const string System = "pg_catalog";

    // Of functions and operators the server looks for none there.
    private const string Temporary = "pg_temp";

    /// <summary>
    /// Where a schema comes before the system's, what is in it is taken for the system's functions, operators and catalogs: a
    /// recoverer's own would answer for the witness of their recoveries. Its place counts, whether it is there or not: who may
    /// make schemas makes it later.
    /// </summary>
    /// <exception cref="LoginEtlException"><c>SearchPathUnsafe</c>.</exception>
    public static async Task RequireSystemFirstAsync(NpgsqlConnection connection)
    {
        var (path, temporary) = (await connection.QueryAsync(
            $"SELECT pg_catalog.current_setting('search_path'), ({TemporaryNames.Query})", [],
            r => (r.GetString(0), r.IsDBNull(1) ? null : r.GetString(1)), CancellationToken.None).ConfigureAwait(false))[0];
        if (BeforeSystem(path) is { } name)
        {
            throw new LoginEtlException(
                ErrorId.SearchPathUnsafe,
                $"The search path of the connection has the schema {(Quotable.IsName(name) ? $"{name} " : "")}before pg_catalog, so that what is in it would be taken for what is the system's.",
                "Take pg_catalog out of the search path (the connection string's Search Path, PGOPTIONS, ALTER ROLE … SET search_path, ALTER DATABASE … SET search_path): the system's schema comes first then, as by default.");
        }

        if (temporary is not null)
        {
            throw TemporaryNames.Found(temporary);
        }
    }

    /// <summary>The first schema that the path names before the system's; null where that comes first, as it does where it is not named.</summary>
    /// <param name="path">As the server shows it: identifiers, in double quotes where they need some.</param>
    internal static string? BeforeSystem(string path)
    {
        var names = Names(path).Where(n => n != Temporary).ToList();
        return names.IndexOf(System) > 0 ? names[0] : null;
    }

    private static IEnumerable<string> Names(string path)
    {
        var name = new StringBuilder();
        var quoted = false;
        foreach (var c in path)
        {
            if (c == '"')
            {
                // Two of them are one; what a name is called exactly does not matter here, where it ends does.
                quoted = !quoted;
            }
            else if (c == ',' && !quoted)
            {
                yield return name.ToString();
                name.Clear();
            }
            else if (quoted || !char.IsWhiteSpace(c))
            {
                name.Append(quoted ? c : char.ToLowerInvariant(c));
            }
        }

        yield return name.ToString();
    }
}
