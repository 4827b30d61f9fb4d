namespace LoginEtl.Keysets;

/// <summary>What a host lends for reading key sources.</summary>
public sealed record KeyAccess
{
    /// <summary>How the host reads relative folders.</summary>
    public Func<string, string> ResolveFolder { get; init; } = Path.GetFullPath;

    /// <summary>
    /// Reads a secret of a vault by name: UTF-8, zeroed here; null where the host has no vaults.
    /// </summary>
    public Func<string, string, byte[]>? ReadSecret { get; init; }

    /// <summary>Makes what keysets are decrypted with, for one reading or change, which disposes of it; null where the host has no such service.</summary>
    public Func<IKeyService>? KeyService { get; init; }

    /// <summary>Cancels calls to the service, and ends programs.</summary>
    public CancellationToken Stop { get; init; }
}
