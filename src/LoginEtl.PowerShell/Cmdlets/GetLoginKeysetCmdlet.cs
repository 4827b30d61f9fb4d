using System.Management.Automation;
using LoginEtl.Keysets;
using LoginEtl.PowerShell.Hosting;

namespace LoginEtl.PowerShell.Cmdlets;

/// <summary>Get-LoginKeyset: the keys of a source, with everything that may be known of them and never their bytes.</summary>
/// <example>
/// <code>Get-LoginKeyset keys/</code>
/// <para>Ids, states, token prefixes and key-check values; never a key.</para>
/// </example>
[Cmdlet(VerbsCommon.Get, "LoginKeyset")]
[OutputType(typeof(LoginKey))]
public sealed class GetLoginKeysetCmdlet : LoginCmdlet
{
    /// <summary>Key source: a folder, file:FOLDER, env:VARIABLE, secret:VAULT/NAME or awskms:FOLDER; LOGINETL_KEYSET when not given.</summary>
    [Parameter(Position = 0)]
    [ValidateNotNullOrEmpty]
    public string? Keyset { get; set; }

    /// <summary>One keyset of it; all when not given.</summary>
    [Parameter(Position = 1)]
    [ArgumentCompleter(typeof(KeysetNameCompleter))]
    [ValidateNotNullOrEmpty]
    public string? Name { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        using var keyring = OpenKeyring(Keyset);
        WriteObject(Guard(() => KeyListing.Of(keyring, Name), Name), enumerateCollection: true);
    }
}
