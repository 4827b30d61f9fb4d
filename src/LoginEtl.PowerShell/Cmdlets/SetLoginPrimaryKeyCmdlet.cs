using System.Management.Automation;
using LoginEtl.Keysets;
using LoginEtl.PowerShell.Hosting;

namespace LoginEtl.PowerShell.Cmdlets;

/// <summary>
/// Set-LoginPrimaryKey: new tokens are made with this key from now on. With -Database the old one is retired there: runs that
/// go on with it read their keys again before they write anything more. Without, they go on with it.
/// </summary>
/// <example>
/// <code>Set-LoginPrimaryKey keys/ ip 2882343476 -Database $dsn</code>
/// <para>New tokens are made with this key. Runs that still hold the old one read their keys again.</para>
/// </example>
[Cmdlet(VerbsCommon.Set, "LoginPrimaryKey", SupportsShouldProcess = true)]
[OutputType(typeof(LoginKey))]
public sealed class SetLoginPrimaryKeyCmdlet : KeyCmdlet
{
    /// <inheritdoc/>
    protected override string Action => "Make primary";

    /// <inheritdoc/>
    protected override LoginKey Change(KeysetChange change) => change.Promote(KeyId);

    /// <inheritdoc/>
    protected override IReadOnlyList<LoginKey> ToRecord(KeysetChange change, LoginKey changed) => change.List();
}
