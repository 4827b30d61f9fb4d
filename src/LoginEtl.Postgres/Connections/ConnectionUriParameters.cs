using System.Globalization;
using Npgsql;

namespace LoginEtl.Postgres.Connections;

/// <summary>The parameters of a database URI, or of libpq's <c>host=… user=…</c>, under libpq's names.</summary>
internal static class ConnectionUriParameters
{
    private static readonly Dictionary<string, Action<NpgsqlConnectionStringBuilder, string>> Known = new(StringComparer.Ordinal)
    {
        ["user"] = (b, v) => b.Username = v,
        ["password"] = (b, v) => b.Password = v,
        ["host"] = (b, v) => b.Host = v,
        ["port"] = (b, v) => b.Port = int.Parse(v, CultureInfo.InvariantCulture),
        ["dbname"] = (b, v) => b.Database = v,
        ["application_name"] = (b, v) => b.ApplicationName = v,
        ["connect_timeout"] = (b, v) => b.Timeout = int.Parse(v, CultureInfo.InvariantCulture),
        ["options"] = (b, v) => b.Options = v,
        ["passfile"] = (b, v) => b.Passfile = v,
        ["sslmode"] = (b, v) => b.SslMode = Enum.Parse<SslMode>(v.Replace("-", "", StringComparison.Ordinal), ignoreCase: true),
        ["sslrootcert"] = (b, v) => b.RootCertificate = v,
        ["sslcert"] = (b, v) => b.SslCertificate = v,
        ["sslkey"] = (b, v) => b.SslKey = v,
        ["sslpassword"] = (b, v) => b.SslPassword = v,
        ["channel_binding"] = (b, v) => b.ChannelBinding = Enum.Parse<ChannelBinding>(v, ignoreCase: true),
        ["target_session_attrs"] = (b, v) => b.TargetSessionAttributes = v,
        ["krbsrvname"] = (b, v) => b.KerberosServiceName = v,
    };

    /// <summary>Whether libpq and the driver both have it.</summary>
    public static bool IsKnown(string name) => Known.ContainsKey(name);

    /// <param name="builder">Takes the value.</param>
    /// <param name="name">Decoded.</param>
    /// <param name="value">Decoded.</param>
    /// <param name="number">1-based place, by which errors name the parameter.</param>
    public static void Apply(NpgsqlConnectionStringBuilder builder, string name, string value, int number)
    {
        if (!Known.TryGetValue(name, out var set))
        {
            throw ConnectionUri.Malformed($"parameter {number} is not known; known are {string.Join(", ", Known.Keys)}");
        }

        try
        {
            set(builder, value);
        }
        catch (Exception e) when (e is ArgumentException or FormatException or OverflowException)
        {
            throw ConnectionUri.Malformed($"the parameter {name} has a value that is not understood");
        }
    }
}
