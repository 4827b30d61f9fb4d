using System.Security.Cryptography;
using System.Text.Json;
using LoginEtl.Faults;
using LoginEtl.Masking;

namespace LoginEtl.Keysets;

/// <summary>Makes complete new key folders.</summary>
public static class KeysetCeremony
{
    /// <summary>
    /// Writes <c>ip.json</c>, <c>device_id.json</c>, <c>line_id.json</c> and <c>quarantine.json</c> into
    /// <paramref name="folder"/> and the private half of the last to <paramref name="privateKeyPath"/>; each file for
    /// its owner alone (0600), each complete or not there at all.
    /// </summary>
    /// <param name="folder">Made when missing (0700).</param>
    /// <param name="privateKeyPath">Outside of the folder, to be moved away from the masking host.</param>
    /// <param name="overwrite">Replaces existing keysets: what was masked with them is lost without a backup.</param>
    /// <returns>The files written.</returns>
    /// <exception cref="LoginEtlException">
    /// <c>KeysetExists</c>, <c>KeysetPathsClash</c>, <c>KeysetUnwritable</c>: no file was left behind that was not there before.
    /// </exception>
    public static IReadOnlyList<NewKeyset> Create(string folder, string privateKeyPath, bool overwrite)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        ArgumentException.ThrowIfNullOrWhiteSpace(privateKeyPath);
        var paths = KeyAttribute.All.Select(name => KeyFolder.PathOf(folder, name)).Append(privateKeyPath).ToList();
        if (!overwrite && paths.FirstOrDefault(File.Exists) is { } existing)
        {
            throw new LoginEtlException(
                "KeysetExists", FaultKind.Configuration, $"The key file {existing} exists already; nothing was written.",
                "Choose another folder. Overwriting makes everything masked with the old keys unrecoverable without a backup.");
        }

        if (paths.Select(Path.GetFullPath).Distinct().Count() < paths.Count)
        {
            throw new LoginEtlException(
                "KeysetPathsClash", FaultKind.Configuration,
                $"The private key's file {privateKeyPath} is the file of another keyset; nothing was written.",
                "Choose a path for the private half outside of the key folder.");
        }

        using var pair = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
        var parameters = pair.ExportParameters(includePrivateParameters: true);
        var pairId = NewKeyId();
        var created = paths.Where(p => !File.Exists(p)).ToList();
        try
        {
            // First the private half: a public key without it would seal bodies that nobody can ever read.
            var privateHalf = Store(privateKeyPath, $"{KeyAttribute.Quarantine} (private)", TinkTypes.EciesPrivateKey,
                "ASYMMETRIC_PRIVATE", pairId, EciesKeys.WritePrivate(parameters));
            return
            [
                Secret(folder, KeyAttribute.Ip, TinkTypes.AesSivKey, KeyMaterial.AesSivLength, KeyMaterial.WriteAesSiv),
                Secret(folder, KeyAttribute.DeviceId, TinkTypes.AesSivKey, KeyMaterial.AesSivLength, KeyMaterial.WriteAesSiv),
                Secret(folder, KeyAttribute.LineId, TinkTypes.HmacKey, KeyMaterial.HmacLength, KeyMaterial.WriteHmac),
                Secret(folder, KeyAttribute.Audit, TinkTypes.HmacKey, KeyMaterial.HmacLength, KeyMaterial.WriteHmac),
                Store(KeyFolder.PathOf(folder, KeyAttribute.Quarantine), KeyAttribute.Quarantine, TinkTypes.EciesPublicKey,
                    "ASYMMETRIC_PUBLIC", pairId, EciesKeys.WritePublic(parameters)),
                privateHalf,
            ];
        }
        catch
        {
            created.ForEach(KeyFile.DeleteIfThere);
            throw;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(parameters.D);
        }
    }

    private static NewKeyset Secret(
        string folder, string attribute, string typeUrl, int length, Func<KeyBytes, KeyBytes> serialise)
    {
        using var key = KeyBytes.Random(length);
        return Store(KeyFolder.PathOf(folder, attribute), attribute, typeUrl, "SYMMETRIC", NewKeyId(), serialise(key));
    }

    private static NewKeyset Store(
        string path, string attribute, string typeUrl, string materialType, uint id, KeyBytes material)
    {
        using (material)
        {
            KeyFile.Write(path, json => KeysetJson.Write(json, typeUrl, materialType, id, [new KeysetKey(id, KeyStatus.Enabled, material)]));
        }

        return new NewKeyset(attribute, Path.GetFullPath(path), id);
    }

    // Tink's key ids are random and never 0.
    private static uint NewKeyId() => (uint)RandomNumberGenerator.GetInt32(1, int.MaxValue);
}
