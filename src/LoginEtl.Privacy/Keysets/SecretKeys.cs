using System.Security.Cryptography;
using LoginEtl.Faults;

namespace LoginEtl.Keysets;

/// <summary>Keysets from a secret of the host's vaults.</summary>
internal static class SecretKeys
{
    /// <param name="name"><c>Vault/Name</c>.</param>
    /// <param name="access">Reads it.</param>
    public static Keyring Read(string name, KeyAccess access)
    {
        var slash = name.IndexOf('/', StringComparison.Ordinal);
        if (slash <= 0 || slash == name.Length - 1)
        {
            throw new LoginEtlException(
                ErrorId.KeySourceUnknown, "A key source of the kind 'secret:' does not name a vault and a secret.", "Use secret:VAULT/NAME.");
        }

        if (access.ReadSecret is null)
        {
            throw new LoginEtlException(
                ErrorId.KeySourceUnavailable, "Key sources of the kind 'secret:' are vaults of PowerShell's SecretManagement, and this is not PowerShell.",
                "Use file:FOLDER, env:VARIABLE, exec:PROGRAM or awskms:FOLDER here.");
        }

        var source = $"secret:{name}";
        var json = access.ReadSecret(name[..slash], name[(slash + 1)..]);
        try
        {
            return new Keyring(source, KeysetDocument.Parse(json, source), []);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(json);
        }
    }
}
