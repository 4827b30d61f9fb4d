using LoginEtl.Keysets;
using LoginEtl.Postgres;
using LoginEtl.Rotation;
using LoginEtl.Settings;

namespace LoginEtl.Sandbox.Demo;

/// <summary>What a run needs beforehand: keysets, and in the database whatever is missing.</summary>
internal static class Preparation
{
    /// <exception cref="Faults.LoginEtlException">The database is unreachable, or refuses.</exception>
    public static async Task PrepareAsync(RunSettings settings, CancellationToken cancellationToken)
    {
        if (!Directory.Exists(settings.KeysFolder))
            KeysetCeremony.Create(settings.KeysFolder, settings.PrivateKeyPath, overwrite: false);
        var database = new DatabaseSettings { Database = new SecretText(settings.Database) };
        await new PostgresConnector().InitializeAsync(database, new SchemaOptions(), cancellationToken);
    }

    /// <summary>A database that has seen the keys of an earlier demo, which are gone, is told of those of this one.</summary>
    /// <exception cref="Faults.LoginEtlException">The database is unreachable, or refuses.</exception>
    public static async Task TellOfKeysAsync(RunSettings settings, CancellationToken cancellationToken)
    {
        await using var table = await new PostgresConnector().OpenTokensAsync(
            new DatabaseSettings { Database = new SecretText(settings.Database) }, cancellationToken);
        using var keyring = Keyring.Open(settings.KeysFolder);
        await KeyRegistry.PromoteAsync(table, KeyListing.Of(keyring), () => KeyListing.Of(keyring), cancellationToken);
    }
}
