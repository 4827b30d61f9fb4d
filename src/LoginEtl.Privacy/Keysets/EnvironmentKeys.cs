using System.Security.Cryptography;
using System.Text;
using LoginEtl.Faults;

namespace LoginEtl.Keysets;

/// <summary>Keysets from an environment variable.</summary>
internal static class EnvironmentKeys
{
    public static Keyring Read(string variable)
    {
        if (!Quotable.IsName(variable))
        {
            throw new LoginEtlException(
                ErrorId.KeySourceUnknown, "A key source of the kind 'env:' does not name a variable.", "Use env:VARIABLE.");
        }

        var source = $"env:{variable}";
        var value = Environment.GetEnvironmentVariable(variable);
        if (string.IsNullOrWhiteSpace(value))
        {
            throw new LoginEtlException(
                ErrorId.KeysetNotFound, $"The environment variable {variable} is not set.", $"Set it to {KeysetDocument.Shape}.");
        }

        var json = Encoding.UTF8.GetBytes(value);
        try
        {
            return new Keyring(source, KeysetDocument.Parse(json, source),
                [$"Keys from {source} can be read by every process of this user and may be inherited; file: is safer."]);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(json);
        }
    }
}
