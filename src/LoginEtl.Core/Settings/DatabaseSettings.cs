namespace LoginEtl.Settings;

/// <summary>Which database and table, and how to reach them.</summary>
public sealed record DatabaseSettings
{
    /// <summary>The table of the assignment, in the search path.</summary>
    public const string DefaultTable = "user_logins";

    /// <summary>Npgsql connection string or <c>postgresql://</c> URI.</summary>
    public required SecretText Database { get; init; }

    /// <summary>User name that overrides the one in <see cref="Database"/>.</summary>
    public string? UserName { get; init; }

    /// <summary>Password that overrides the one in <see cref="Database"/>.</summary>
    public SecretText? Password { get; init; }

    /// <summary>
    /// Asked for a password at every physical connection, so that one that runs out is never used; wins over all
    /// others. Off loopback the connection must be encrypted.
    /// </summary>
    public IDatabasePasswordProvider? PasswordSource { get; init; }

    /// <summary>Whom <see cref="PasswordSource"/> asks as; the region matters where the host's name has none.</summary>
    public AwsSettings PasswordAccount { get; init; } = new();

    /// <summary>The table, with or without a schema (<c>etl.user_logins</c>).</summary>
    public string Table { get; init; } = DefaultTable;

    /// <summary>What the table calls the columns that logins go to.</summary>
    public ColumnNames ColumnNames { get; init; } = ColumnNames.Default;

    /// <summary>PEM file with the certificate authority to trust; null for the system's.</summary>
    public string? RootCertificate { get; init; }

    /// <summary>Longest time for one statement.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);
}

/// <summary>Makes passwords that live shortly, such as the IAM tokens of RDS (15 minutes).</summary>
public interface IDatabasePasswordProvider
{
    /// <summary>A password for one physical connection that is about to be opened.</summary>
    /// <param name="host">Of this connection, where several hosts are named.</param>
    /// <param name="port">Of this connection.</param>
    /// <param name="user">The database user.</param>
    /// <param name="account">Who asks, and for which region.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="Faults.LoginEtlException">None can be made; it ends the run as it is.</exception>
    ValueTask<string> GetAsync(string host, int port, string user, AwsSettings account, CancellationToken cancellationToken);
}
