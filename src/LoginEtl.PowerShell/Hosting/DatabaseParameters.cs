using System.Collections;
using System.Management.Automation;
using System.Security.Cryptography;
using System.Text;
using LoginEtl.Faults;
using LoginEtl.PowerShell.Loading;
using LoginEtl.Settings;

namespace LoginEtl.PowerShell.Hosting;

/// <summary>The database parameters of several cmdlets, with the environment where one is not given.</summary>
internal static class DatabaseParameters
{
    /// <param name="cmdlet">Whose paths they are.</param>
    /// <param name="database">Connection string or URI.</param>
    /// <param name="credential">User and password.</param>
    /// <param name="iam">Who makes IAM tokens for RDS; null when passwords are used.</param>
    /// <param name="table">The table.</param>
    /// <param name="columnName">What the table calls its columns.</param>
    /// <param name="rootCertificate">PEM file.</param>
    /// <param name="stop">Ends a program that is to print the connection.</param>
    /// <exception cref="Faults.LoginEtlException">
    /// <c>SettingMissing</c>, <c>SettingInvalid</c>, <c>ColumnNameInvalid</c>, <c>PathInvalid</c>, <c>SecretManagementMissing</c>, <c>SecretUnreadable</c>.
    /// </exception>
    /// <exception cref="OperationCanceledException">Stopped.</exception>
    public static DatabaseSettings Settings(
        PSCmdlet cmdlet, SecretText? database, PSCredential? credential, AwsSettings? iam, SettingText table, Hashtable? columnName, SettingText? rootCertificate, CancellationToken stop)
    {
        if (database is { IsTyped: true } && Connectors.Database.CarriesPassword(database))
        {
            cmdlet.WriteWarning($"The password in -Database stays in the shell's history and scripts. -Credential, {EnvironmentSettings.DatabaseVariable}, a .pgpass file or -IamAuthentication keep it out of them.");
        }

        return new DatabaseSettings
        {
            Database = DatabaseText.Resolve(
                FromVault(cmdlet, database ?? new SecretText(EnvironmentSettings.Require(null, EnvironmentSettings.DatabaseVariable, "-Database"))), stop),
            UserName = credential?.UserName,
            Password = credential is null ? null : new SecretText(credential.GetNetworkCredential().Password),
            PasswordSource = iam is null ? null : Connectors.NewPasswords(),
            PasswordAccount = iam ?? new AwsSettings(),
            Table = table.Reveal(),
            ColumnNames = ColumnNameParameter.Read(columnName),
            RootCertificate = rootCertificate is null ? null : GivenPath.Of(cmdlet, rootCertificate.Reveal(), "-RootCertificate"),
        };
    }

    // What is named secret:VAULT/NAME; all else is the connection itself.
    private static SecretText FromVault(PSCmdlet cmdlet, SecretText database)
    {
        const string Scheme = "secret:";
        if (!database.Reveal().StartsWith(Scheme, StringComparison.Ordinal))
        {
            return database;
        }

        if (database.Reveal()[Scheme.Length..].Split('/', 2) is not [{ Length: > 0 } vault, { Length: > 0 } name])
        {
            throw new LoginEtlException(ErrorId.SettingInvalid, "-Database begins with secret: and names no secret.", "Write secret:VAULT/NAME.");
        }

        var secret = SecretVault.Read(cmdlet, vault, name);
        try
        {
            return new SecretText(Encoding.UTF8.GetString(secret).TrimEnd('\r', '\n')) { IsTyped = false };
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secret);
        }
    }
}
