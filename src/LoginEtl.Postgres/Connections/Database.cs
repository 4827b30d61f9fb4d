using System.Net;
using LoginEtl.Faults;
using LoginEtl.Postgres.Faults;
using LoginEtl.Settings;
using Npgsql;

namespace LoginEtl.Postgres.Connections;

/// <summary>A database as the settings name it: TLS verified off loopback, every wait bounded, nothing quoted in errors.</summary>
internal sealed class Database : IAsyncDisposable
{
    private const int ConnectSeconds = 15;
    private const int KeepAliveSeconds = 15;

    // The driver's own 8 KiB make a call to the kernel for every thirty rows of a COPY.
    private const int WriteBufferBytes = 64 * 1024;

    private const int MostHosts = 100;
    private const int MostConnections = 4;
    private const string ApplicationName = "LoginEtl";

    private Database(NpgsqlDataSource source, string endpoint, bool isLocal, bool isVerified)
    {
        Source = source;
        Endpoint = endpoint;
        IsLocal = isLocal;
        IsVerified = isVerified;
    }

    /// <summary>Where connections come from.</summary>
    public NpgsqlDataSource Source { get; }

    /// <summary>Host and port, and the database where its name is one, as errors name them.</summary>
    public string Endpoint { get; }

    /// <summary>On this machine: loopback, or a Unix socket.</summary>
    public bool IsLocal { get; }

    /// <summary>The server's certificate is checked against a certificate authority.</summary>
    public bool IsVerified { get; }

    /// <summary>Works on a connection of the pool.</summary>
    /// <exception cref="LoginEtlException">The server's faults, in the module's words.</exception>
    public async Task<T> UseAsync<T>(Func<NpgsqlConnection, Task<T>> work, CancellationToken cancellationToken)
    {
        try
        {
            var connection = await Source.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
            await using var _ = connection.ConfigureAwait(false);
            return await work(connection).ConfigureAwait(false);
        }
        catch (Exception e) when (DatabaseFault.IsOfDatabase(e))
        {
            throw DatabaseFault.From(e, Endpoint);
        }
    }

    /// <summary>
    /// Works in one transaction in which names stand for the system's own and for nothing else, whatever the session has been
    /// told: behind a pooler other clients of the same account tell it things, a recoverer's own say.
    /// </summary>
    /// <exception cref="LoginEtlException">The server's faults, in the module's words.</exception>
    public Task<T> UseBySystemPathAsync<T>(Func<NpgsqlTransaction, Task<T>> work, CancellationToken cancellationToken) => UseAsync(
        async connection =>
        {
            var transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
            await using var _ = transaction.ConfigureAwait(false);
            await connection.RunAsync($"SET LOCAL search_path = {Queries.SystemPath}", cancellationToken).ConfigureAwait(false);
            return await work(transaction).ConfigureAwait(false);
        },
        cancellationToken);

    /// <summary>Reads the settings; connects to nothing yet.</summary>
    /// <exception cref="LoginEtlException">Malformed or contradicting settings.</exception>
    public static Database From(DatabaseSettings settings)
    {
        // Before anything of it is sent: a server logs what it is asked for.
        TableNameText.Require(settings.Table);
        var builder = Parse(settings.Database.Reveal());
        builder.Username = settings.UserName is { } user ? ConnectionNames.RequireUser(user) : builder.Username;
        builder.Password = settings.Password?.Reveal() ?? builder.Password;
        // Without a host the driver would ask PGHOST, and rows would go wherever some shell happens to point.
        builder.Host = string.IsNullOrWhiteSpace(builder.Host) ? "localhost" : builder.Host;
        if (builder.Host.Count(c => c == ',') >= MostHosts)
        {
            // The driver makes a pool for each.
            throw DatabaseFault.InvalidDatabase($"The database settings name more than {MostHosts} hosts.");
        }

        RequireTls(builder, settings.RootCertificate);
        Bound(builder, settings.Timeout);
        try
        {
            var source = Build(builder, settings);
            var host = builder.Host.Contains(',', StringComparison.Ordinal) ? builder.Host : $"{builder.Host}:{builder.Port}";
            var database = builder.Database ?? builder.Username;
            return new Database(
                source, database is null ? $"{host}, database of the user's name" : Quotable.IsName(database) ? $"{host}, database {database}" : host,
                IsLoopback(builder.Host), builder.SslMode is SslMode.VerifyCA or SslMode.VerifyFull);
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException or NotSupportedException or FormatException or OverflowException)
        {
            throw DatabaseFault.InvalidDatabase("The database settings contradict one another.");
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Source.DisposeAsync();

    /// <summary>Whether a password stands in a text that leads off this machine.</summary>
    internal static bool CarriesPassword(string text)
    {
        try
        {
            var builder = Parse(text);
            return (!string.IsNullOrEmpty(builder.Password) || !string.IsNullOrEmpty(builder.SslPassword)) && !string.IsNullOrEmpty(builder.Host) && !IsLoopback(builder.Host);
        }
        catch (LoginEtlException)
        {
            return false;
        }
    }

    internal static NpgsqlConnectionStringBuilder Parse(string text)
    {
        var builder = ConnectionUri.IsUri(text.Trim()) ? ConnectionUri.Parse(text.Trim()) : ConnectionKeywords.Parse(text) ?? ParsePairs(text);
        if (builder.Values!.Cast<object?>().Any(v => v is string value && value.EndsWith('\n')))
        {
            // Connection strings of .NET lose it, and a password would be another.
            throw DatabaseFault.InvalidDatabase("A value of the database settings ends with a line feed.");
        }

        ConnectionNames.Require(builder);

        // The driver takes any number for a name, and a mode that is none would verify nothing.
        return Enum.IsDefined(builder.SslMode) && Enum.IsDefined(builder.ChannelBinding)
            ? builder
            : throw DatabaseFault.InvalidDatabase("The SSL mode or the channel binding of the database is none that there is.");
    }

    private static NpgsqlConnectionStringBuilder ParsePairs(string text)
    {
        try
        {
            return new NpgsqlConnectionStringBuilder(text);
        }
        catch (Exception e) when (e is ArgumentException or FormatException or InvalidCastException or OverflowException or KeyNotFoundException)
        {
            // The driver's last one: an unknown key without a value.
            throw DatabaseFault.InvalidDatabase("The database connection string cannot be read.");
        }
    }

    // The driver would ask for the server's types by operators that others may have made better ones of, in a schema of the
    // search path. Nothing here is of a type that it does not know.
    private static NpgsqlDataSourceBuilder Begin(NpgsqlConnectionStringBuilder builder) =>
        new NpgsqlDataSourceBuilder(builder.ConnectionString).ConfigureTypeLoading(types => types.EnableTypeLoading(false))
            .UsePhysicalConnectionInitializer(_ => throw new NotSupportedException("Connections are opened asynchronously."), SessionPath.RequireSystemFirstAsync);

    private static NpgsqlDataSource Build(NpgsqlConnectionStringBuilder builder, DatabaseSettings settings)
    {
        if (settings.PasswordSource is not { } passwords)
        {
            return Begin(builder).Build();
        }

        var user = !string.IsNullOrEmpty(builder.Username) ? builder.Username
            : throw DatabaseFault.InvalidDatabase("Passwords are to be made for a user, and none is named.");
        if (!IsLoopback(builder.Host!) && builder.SslMode is SslMode.Disable or SslMode.Allow or SslMode.Prefer)
        {
            throw DatabaseFault.InvalidDatabase("Passwords that are made for each connection need one that is encrypted.");
        }

        builder.Password = null;
        var source = Begin(builder);
        source.UsePasswordProvider(
            _ => throw new NotSupportedException("Connections are opened asynchronously."),
            (connection, token) => passwords.GetAsync(connection.Host!, connection.Port, user, settings.PasswordAccount, token));
        return source.Build();
    }

    private static void RequireTls(NpgsqlConnectionStringBuilder builder, string? rootCertificate)
    {
        builder.RootCertificate = rootCertificate ?? builder.RootCertificate;
        var hasRoot = !string.IsNullOrEmpty(builder.RootCertificate);
        if (hasRoot && !File.Exists(builder.RootCertificate))
        {
            throw DatabaseFault.InvalidDatabase("The file of the root certificate does not exist.");
        }

        if (!builder.ShouldSerialize("SSL Mode"))
        {
            builder.SslMode = hasRoot || !IsLoopback(builder.Host!) ? SslMode.VerifyFull : SslMode.Prefer;
        }
        else if (hasRoot && builder.SslMode is not (SslMode.VerifyCA or SslMode.VerifyFull))
        {
            throw DatabaseFault.InvalidDatabase("A root certificate is given, and the SSL mode does not verify certificates.");
        }
    }

    private static void Bound(NpgsqlConnectionStringBuilder builder, TimeSpan commandTimeout)
    {
        if (!builder.ShouldSerialize("Timeout") || builder.Timeout == 0)
        {
            builder.Timeout = ConnectSeconds;
        }

        builder.CommandTimeout = (int)Math.Clamp(Math.Ceiling(commandTimeout.TotalSeconds), 1, int.MaxValue / 1000);
        builder.KeepAlive = KeepAliveSeconds;
        builder.WriteBufferSize = WriteBufferBytes;
        builder.MaxPoolSize = MostConnections;
        builder.MinPoolSize = 0;
        builder.Pooling = true;
        builder.Multiplexing = false;
        builder.Enlist = false;
        // All that is set is set for one transaction, so there is nothing to reset; and behind a pooler DISCARD ALL would
        // take away what others have put into the session.
        builder.NoResetOnClose = true;
        builder.PersistSecurityInfo = false;
        // Both would put values of rows into exceptions and logs.
        builder.IncludeErrorDetail = false;
        builder.LogParameters = false;
        builder.IncludeFailedBatchedCommand = false;
        if (string.IsNullOrEmpty(builder.ApplicationName))
        {
            builder.ApplicationName = ApplicationName;
        }

        builder.TargetSessionAttributes = TargetSession(builder);
    }

    // The driver takes any other than any for lists of hosts alone. Of one host pre-flight asks itself whether it takes rows.
    private static string TargetSession(NpgsqlConnectionStringBuilder builder)
    {
        var asked = builder.TargetSessionAttributes;
        return builder.Host!.Contains(',', StringComparison.Ordinal) ? string.IsNullOrEmpty(asked) ? "primary" : asked
            : asked?.ToLowerInvariant() is "standby" or "read-only"
                ? throw DatabaseFault.InvalidDatabase("The target session attributes ask for a server that takes no rows.")
                : "any";
    }

    // A path is the directory of a Unix socket.
    private static bool IsLoopback(string hosts) => hosts.Split(',').All(entry =>
    {
        var host = entry.Trim();
        if (host.StartsWith('/') || host.StartsWith('@'))
        {
            return true;
        }

        var name = IPEndPoint.TryParse(host, out var endpoint) ? endpoint.Address.ToString() : host.Split(':')[0];
        return name.Equals("localhost", StringComparison.OrdinalIgnoreCase)
            || (IPAddress.TryParse(name, out var address) && IPAddress.IsLoopback(address));
    });
}
