using System.Management.Automation;
using LoginEtl.Keysets;
using LoginEtl.PowerShell.Hosting;

namespace LoginEtl.PowerShell.Cmdlets;

/// <summary>
/// Set-LoginPrimaryKey: new tokens are made with this key from now on. With -Database the old one is retired there: every run
/// whose keyset holds the new one goes on with it, at its next batch. Without, runs go on with the key that their database says.
/// </summary>
[Cmdlet(VerbsCommon.Set, "LoginPrimaryKey", SupportsShouldProcess = true)]
[OutputType(typeof(LoginKey))]
public sealed class SetLoginPrimaryKeyCmdlet : KeyCmdlet
{
    /// <inheritdoc/>
    protected override string Action => "Make primary";

    /// <inheritdoc/>
    protected override LoginKey Change(KeysetChange change)
    {
        var key = change.Promote(KeyId);
        if (Database is null && key.TokenPrefix is not null)
        {
            WriteWarning("Only this file says so. A database that knows the key in use goes on with it: name the database with -Database, once.");
        }

        return key;
    }

    /// <inheritdoc/>
    protected override IReadOnlyList<LoginKey> ToRecord(KeysetChange change, LoginKey changed) => change.List();
}
