using System.Collections;
using System.Diagnostics;

namespace LoginEtl.Sandbox.Servers;

/// <summary>
/// Which environment variables the sandbox heeds. Samples must never land in someone's production, so what points
/// there (AWS_*, PG*) is taken out of this process and of everything that it starts.
/// </summary>
public static class SandboxEnvironment
{
    private static readonly string[] ForeignPrefixes = ["AWS_", "PG"];

    /// <summary>Settings of the product: its hosts get theirs from the sandbox and not from outside.</summary>
    private const string ProductPrefix = "LOGINETL_";

    /// <summary>Removes AWS_* and PG* from this process, so that neither the AWS client nor Npgsql finds them.</summary>
    public static void RemoveForeignSettings()
    {
        foreach (DictionaryEntry variable in Environment.GetEnvironmentVariables())
            if (IsForeign((string)variable.Key))
                Environment.SetEnvironmentVariable((string)variable.Key, null);
    }

    internal static void RemoveFrom(ProcessStartInfo start)
    {
        foreach (string name in start.Environment.Keys.ToList())
            if (IsForeign(name) || name.StartsWith(ProductPrefix, StringComparison.Ordinal))
                start.Environment.Remove(name);
    }

    private static bool IsForeign(string name) =>
        Array.Exists(ForeignPrefixes, prefix => name.StartsWith(prefix, StringComparison.Ordinal));
}
