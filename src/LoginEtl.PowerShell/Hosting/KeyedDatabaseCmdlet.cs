using System.Management.Automation;
using LoginEtl.Faults;
using LoginEtl.Keysets;
using LoginEtl.PowerShell.Loading;
using LoginEtl.Rotation;
using LoginEtl.Settings;

namespace LoginEtl.PowerShell.Hosting;

/// <summary>What the cmdlets take that bring keys and database together.</summary>
public abstract class KeyedDatabaseCmdlet : DatabaseCmdlet
{
    private Keyring? _keyring;

    /// <summary>Key source: a folder, file:FOLDER, env:VARIABLE, secret:VAULT/NAME, exec:PROGRAM ARGUMENTS or awskms:FOLDER; LOGINETL_KEYSET when not given.</summary>
    [Parameter(Position = 1)]
    [Given<SettingText>]
    [ValidateNotNullOrEmpty]
    public SettingText? Keyset { get; set; }

    /// <summary>The keys, opened at first use; their warnings are shown.</summary>
    protected Keyring Keyring => _keyring ??= Own(Guard(() => KeySources.Open(this, Keyset, StopToken)));

    /// <summary>
    /// Makes sure that no key has the id of another that the database knows: under it nothing is found, and pfx tokens open to
    /// other addresses, without an error. Whoever may not read the register, as an analyst, is let go on.
    /// </summary>
    private protected void RequireKeysOf(ITokenTable table) => Require(Await(() => UnlessDeniedAsync(() => table.KeysAsync(StopToken)), Table));

    /// <inheritdoc cref="RequireKeysOf(ITokenTable)"/>
    private protected void RequireKeysOf(DatabaseSettings settings) => Require(Await(
        () => UnlessDeniedAsync(async () =>
        {
            var table = await Connectors.Database.OpenTokensAsync(settings, StopToken).ConfigureAwait(false);
            await using var _ = table.ConfigureAwait(false);
            return await table.KeysAsync(StopToken).ConfigureAwait(false);
        }),
        Table));

    private void Require(IReadOnlyList<StoredKey> known)
    {
        var unsure = Guard(() =>
        {
            KeyMismatch.Refuse(StoredKeys.Held(Keyring), known);
            return StoredKeys.Unsure(Keyring, known);
        });
        if (unsure is not null)
        {
            WriteWarning(unsure);
        }
    }

    private static async Task<IReadOnlyList<StoredKey>> UnlessDeniedAsync(Func<Task<IReadOnlyList<StoredKey>>> look)
    {
        try
        {
            return await look().ConfigureAwait(false);
        }
        catch (LoginEtlException e) when (e.Kind == FaultKind.Denied)
        {
            // Nothing is known of the keys then, as before they were registered.
            return [];
        }
    }
}
