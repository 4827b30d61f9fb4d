using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Runspaces;
using System.Runtime.InteropServices;
using System.Security;
using System.Text;
using LoginEtl.Faults;

namespace LoginEtl.PowerShell.Hosting;

/// <summary>Secrets of PowerShell's SecretManagement, where that module is installed.</summary>
internal static class SecretVault
{
    private const string Module = "Microsoft.PowerShell.SecretManagement";

    // Named with its module: no other Get-Secret is asked for keys. Inside a table: bytes would come back one by one.
    // What a vault says, in errors, warnings or otherwise, may quote anything: it goes nowhere, not even into $Error.
    private const string GetSecret =
        $$"""
        param($vault, $name)
        $last = $global:Error[0]
        try { @{ Secret = ({{Module}}\Get-Secret -Vault $vault -Name $name -ErrorAction Stop 2> $null 3> $null 4> $null 5> $null 6> $null) } }
        catch { @{ Failed = $_.Exception.GetType().Name } }
        finally { while ($global:Error.Count -gt 0 -and -not [object]::ReferenceEquals($global:Error[0], $last)) { $global:Error.RemoveAt(0) } }
        """;

    /// <summary>The secret, UTF-8; the caller zeroes it.</summary>
    /// <exception cref="LoginEtlException"><c>SecretManagementMissing</c>, <c>SecretUnreadable</c>.</exception>
    public static byte[] Read(PSCmdlet cmdlet, string vault, string name)
    {
        if (cmdlet.InvokeCommand.GetCommand($"{Module}\\Get-Secret", CommandTypes.All) is null)
        {
            throw new LoginEtlException(
                ErrorId.SecretManagementMissing, $"The module {Module} is not installed, so there are no vaults.",
                $"Install-Module {Module} and a vault's extension, or use file:, env:, exec: or awskms:.");
        }

        object? secret;
        try
        {
            var found = cmdlet.InvokeCommand.InvokeScript(GetSecret, useNewScope: true, PipelineResultTypes.None, input: null, vault, name);
            var answer = (Hashtable)found[0].BaseObject;
            if (answer["Failed"] is string kind)
            {
                throw Unreadable(vault, name, $"Get-Secret failed with {kind}");
            }

            var held = answer["Secret"];
            secret = held is PSObject wrapped ? wrapped.BaseObject : held;
        }
        catch (RuntimeException e) when (e is not PipelineStoppedException)
        {
            // What a vault says may quote anything.
            throw Unreadable(vault, name, $"Get-Secret failed with {e.GetType().Name}");
        }

        return secret switch
        {
            SecureString secure => Bytes(secure),
            string text => Encoding.UTF8.GetBytes(text),
            byte[] bytes => [.. bytes],
            null => throw Unreadable(vault, name, "there is none"),
            _ => throw Unreadable(vault, name, $"it is a {secret.GetType().Name}"),
        };
    }

    private static byte[] Bytes(SecureString secure)
    {
        var characters = GC.AllocateArray<char>(secure.Length, pinned: true);
        var text = Marshal.SecureStringToGlobalAllocUnicode(secure);
        try
        {
            Marshal.Copy(text, characters, 0, characters.Length);
            return Encoding.UTF8.GetBytes(characters);
        }
        finally
        {
            Marshal.ZeroFreeGlobalAllocUnicode(text);
            Array.Clear(characters);
        }
    }

    private static LoginEtlException Unreadable(string vault, string name, string why) => new(
        ErrorId.SecretUnreadable, $"{(Quotable.IsName(vault) && Quotable.IsName(name) ? $"The secret '{name}' of the vault '{vault}'" : "The secret that is named")} cannot be used: {why}.",
        "Check with Get-SecretInfo that it is there, unlocked, and text (String, SecureString or ByteArray).");
}
