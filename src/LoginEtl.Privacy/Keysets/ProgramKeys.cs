using LoginEtl.Secrets;

namespace LoginEtl.Keysets;

/// <summary>Keysets that a program prints.</summary>
internal static class ProgramKeys
{
    /// <param name="command">The program and its arguments.</param>
    /// <param name="access">Its stop ends the program.</param>
    public static Keyring Read(string command, KeyAccess access)
    {
        var setting = SecretProgram.Scheme + command;
        var source = SecretProgram.NameOf(setting);
        return new Keyring(source, SecretProgram.Read(setting, json => KeysetDocument.Parse(json, source), access.Stop), []);
    }
}
