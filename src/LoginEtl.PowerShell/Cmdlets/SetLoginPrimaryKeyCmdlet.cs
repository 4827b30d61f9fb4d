using System.Management.Automation;
using LoginEtl.Keysets;
using LoginEtl.PowerShell.Hosting;
using LoginEtl.Rotation;

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

    // Who says which key is meant needs no rows to say so.
    /// <inheritdoc/>
    protected override bool MakesKnown => false;

    /// <inheritdoc/>
    protected override void Record(ITokenTable table, IReadOnlyList<LoginKey> keys, LoginKey key, Func<(LoginKey Changed, IReadOnlyList<LoginKey> Keyset)> change)
    {
        var rivals = Await(() => KeyRegistry.PromoteAsync(table, keys, () => change().Keyset, StopToken), Table);
        if (rivals.Count > 0)
        {
            WriteWarning(
                $"The database had {KeyRetired.List(rivals)} as primary, too, and this keyset does not hold it: it is retired there now. Runs that hold nothing else stop (KeyRetired). "
                + "Nothing here opens its rows: where it is a key of yours, bring it with Import-LoginKey.");
        }
    }
}
