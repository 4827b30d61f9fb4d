namespace LoginEtl.Settings;

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
