using System.Management.Automation;
using LoginEtl.Keysets;
using LoginEtl.PowerShell.Hosting;

namespace LoginEtl.PowerShell.Cmdlets;

/// <summary>Get-LoginKeyset: the keys of a source, or of a file of private halves, with everything that may be known of them and never their bytes.</summary>
[Cmdlet(VerbsCommon.Get, "LoginKeyset", DefaultParameterSetName = Source)]
[OutputType(typeof(LoginKey))]
public sealed class GetLoginKeysetCmdlet : LoginCmdlet
{
    private const string Source = "Source";
    private const string Private = "Private";

    /// <summary>Key source: a folder, file:FOLDER, env:VARIABLE, secret:VAULT/NAME, exec:PROGRAM ARGUMENTS or awskms:FOLDER; LOGINETL_KEYSET when not given.</summary>
    [Parameter(Position = 0, ParameterSetName = Source)]
    [Given<SettingText>]
    [ValidateNotNullOrEmpty]
    public SettingText? Keyset { get; set; }

    /// <summary>One keyset of it; all when not given.</summary>
    [Parameter(Position = 1, ParameterSetName = Source)]
    [Given<SettingText>]
    [ArgumentCompleter(typeof(KeysetNameCompleter))]
    [ValidateNotNullOrEmpty]
    public SettingText? Name { get; set; }

    /// <summary>File of private halves, or exec:PROGRAM ARGUMENTS, which prints them, instead of a key source.</summary>
    [Parameter(Mandatory = true, ParameterSetName = Private)]
    [Given<SettingText>]
    [ValidateNotNullOrEmpty]
    public SettingText? PrivateKeyPath { get; set; }

    /// <inheritdoc/>
    protected override void Process()
    {
        if (Guard(() => KeySources.Private(this, PrivateKeyPath, StopToken)) is { } privateKey)
        {
            WriteObject(Guard(() => KeyListing.OfPrivate(privateKey), privateKey.Name), enumerateCollection: true);
            return;
        }

        using var keyring = OpenKeyring(Keyset);
        WriteObject(Guard(() => KeyListing.Of(keyring, Name?.Reveal()), Name), enumerateCollection: true);
    }
}
