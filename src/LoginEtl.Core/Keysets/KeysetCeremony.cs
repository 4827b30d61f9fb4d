using LoginEtl.Faults;

namespace LoginEtl.Keysets;

/// <summary>Makes key folders.</summary>
public static class KeysetCeremony
{
    /// <summary>Makes a complete set for the default methods, in clear.</summary>
    /// <inheritdoc cref="Create(string, string, NewKeysetOptions)"/>
    public static IReadOnlyList<NewKeyset> Create(string folder, string privateKeyPath, bool overwrite) =>
        Create(folder, privateKeyPath, new NewKeysetOptions { Overwrite = overwrite });

    /// <summary>
    /// Writes the keysets that the methods take, <c>line_id.json</c>, <c>quarantine.json</c> and <c>audit.json</c> into <paramref name="folder"/>,
    /// and the private halves elsewhere; each file for its owner alone (0600), each complete or not there at all.
    /// </summary>
    /// <param name="folder">Made when missing (0700).</param>
    /// <param name="privateKeyPath">
    /// File of the quarantine's private half, outside of the folder, to be moved away from the masking host; the vault's,
    /// where there is one, becomes <c>escrow.json</c> beside it.
    /// </param>
    /// <param name="options">Which, and how.</param>
    /// <returns>The files written.</returns>
    /// <exception cref="LoginEtlException">
    /// <c>KeysetExists</c>, <c>KeysetPathsClash</c>, <c>KeysetUnwritable</c>: no file was left behind that was not there before.
    /// </exception>
    public static IReadOnlyList<NewKeyset> Create(string folder, string privateKeyPath, NewKeysetOptions options)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        ArgumentException.ThrowIfNullOrWhiteSpace(privateKeyPath);
        ArgumentNullException.ThrowIfNull(options);
        var keys = new KeyFolder(
            folder, options.Kms is { } kms ? new KeyWrap(options.KeyService ?? throw new ArgumentException("There is no key service.", nameof(options)), kms, options.Stop) : null);
        var names = Names(options).Where(n => !options.MissingOnly || !File.Exists(KeyFolder.PathOf(folder, n))).ToList();
        var privatePaths = names.Where(KeyAttribute.IsPublic).ToDictionary(n => n, n => PrivatePathOf(privateKeyPath, n));
        var paths = names.Select(n => KeyFolder.PathOf(folder, n)).Concat(privatePaths.Values).ToList();
        Check(paths, KeyAttribute.All.Select(n => KeyFolder.PathOf(folder, n)), privatePaths.Values, privateKeyPath, options.Overwrite);

        var created = paths.Where(p => !File.Exists(p)).ToList();
        var pairs = privatePaths.ToDictionary(p => p.Key, _ => KeyPair.New(KeyIds.New([])));
        try
        {
            // First the private halves: a public key without its own would seal what nobody can ever read.
            var privateHalves = pairs.Select(p => StorePrivate(privatePaths[p.Key], p.Key, p.Value)).ToList();
            return [.. names.Select(n => Store(keys, n, pairs.GetValueOrDefault(n))), .. privateHalves];
        }
        catch
        {
            created.ForEach(KeyFile.DeleteIfThere);
            throw;
        }
        finally
        {
            foreach (var pair in pairs.Values)
            {
                pair.Dispose();
            }
        }
    }

    /// <summary>Where the private half of a public keyset goes.</summary>
    internal static string PrivatePathOf(string privateKeyPath, string name) => name == KeyAttribute.Quarantine
        ? privateKeyPath
        : KeyFolder.PathOf(Path.GetDirectoryName(Path.GetFullPath(privateKeyPath))!, name);

    private static IEnumerable<string> Names(NewKeysetOptions options) =>
        options.Methods.Keysets.Except([KeyAttribute.Escrow])
            .Concat([KeyAttribute.LineId, KeyAttribute.Quarantine, KeyAttribute.Audit])
            .Concat(options.Methods.UseVault ? [KeyAttribute.Escrow] : []);

    private static void Check(
        List<string> paths, IEnumerable<string> keysets, IEnumerable<string> privatePaths, string privateKeyPath, bool overwrite)
    {
        if (!overwrite && paths.FirstOrDefault(File.Exists) is { } existing)
        {
            throw new LoginEtlException(
                "KeysetExists", FaultKind.Configuration, $"The key file {existing} exists already; nothing was written.",
                "Choose another folder. Overwriting makes everything masked with the old keys unrecoverable without a backup.");
        }

        var halves = privatePaths.Select(Path.GetFullPath).ToList();
        if (halves.Distinct().Count() < halves.Count || halves.Intersect(keysets.Select(Path.GetFullPath)).Any())
        {
            throw new LoginEtlException(
                "KeysetPathsClash", FaultKind.Configuration,
                $"The private key's file {privateKeyPath} is the file of another keyset, or beside it; nothing was written.",
                "Choose a path for the private half outside of the key folder.");
        }
    }

    private static NewKeyset Store(KeyFolder folder, string name, KeyPair? pair)
    {
        using var material = pair is null ? KeyForm.Of(name).NewMaterial() : KeyBytes.CopyOf(pair.PublicHalf.Span);
        var id = pair?.Id ?? KeyIds.New([]);
        folder.WriteKeyset(name, id, [new KeysetKey(id, KeyStatus.Enabled, material)]);
        return new NewKeyset(name, Path.GetFullPath(KeyFolder.PathOf(folder.Path, name)), id);
    }

    private static NewKeyset StorePrivate(string path, string name, KeyPair pair)
    {
        KeyFolder.WriteFile(path, KeyForm.Private, pair.Id, [new KeysetKey(pair.Id, KeyStatus.Enabled, pair.PrivateHalf)]);
        return new NewKeyset($"{name} (private)", Path.GetFullPath(path), pair.Id) { IsPrivate = true };
    }
}
