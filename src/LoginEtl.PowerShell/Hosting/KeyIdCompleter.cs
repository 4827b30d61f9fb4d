using System.Collections;
using System.Globalization;
using System.Management.Automation;
using System.Management.Automation.Language;
using LoginEtl.Faults;
using LoginEtl.Keysets;
using LoginEtl.Secrets;
using LoginEtl.Settings;

namespace LoginEtl.PowerShell.Hosting;

/// <summary>Ids of the keys of the keyset that is named, from key folders in clear: completing text asks no service, no vault and no program.</summary>
public sealed class KeyIdCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        ArgumentNullException.ThrowIfNull(fakeBoundParameters);
        var source = fakeBoundParameters[nameof(KeysetCmdlet.Keyset)]?.ToString() ?? EnvironmentSettings.Read(EnvironmentSettings.KeysetVariable);
        if (string.IsNullOrWhiteSpace(source) || SecretProgram.IsNamedBy(source) || fakeBoundParameters[nameof(KeysetCmdlet.Name)]?.ToString() is not { } name)
        {
            return [];
        }

        try
        {
            using var keyring = Keyring.Open(source, InCurrentFolder);
            return [.. KeyListing.Of(keyring, name)
                .Select(k => (Key: k, Id: k.KeyId.ToString(CultureInfo.InvariantCulture)))
                .Where(k => k.Id.StartsWith(wordToComplete ?? "", StringComparison.Ordinal))
                .Select(k => new CompletionResult(
                    k.Id, $"{k.Id} {k.Key.TokenPrefix}", CompletionResultType.ParameterValue, $"{k.Key.Status}{(k.Key.IsPrimary ? ", primary" : "")} {k.Key.TokenPrefix}"))];
        }
        catch (LoginEtlException)
        {
            // Nothing to complete; the cmdlet itself says what is wrong.
            return [];
        }
    }

    // The session's folder, which is not the process's.
    private static string InCurrentFolder(string folder)
    {
        using var shell = System.Management.Automation.PowerShell.Create(RunspaceMode.CurrentRunspace);
        var current = shell.AddCommand("Get-Location").AddParameter("PSProvider", "FileSystem").Invoke()[0].ToString();
        return Path.GetFullPath(folder, current);
    }
}
