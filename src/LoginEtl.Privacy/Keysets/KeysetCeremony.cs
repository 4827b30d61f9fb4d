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
    /// and the private halves elsewhere; each file for its owner alone (0600), each complete or not there at all. Of two who do
    /// so at once in one folder the second waits, and finds what the first made.
    /// </summary>
    /// <param name="folder">Made when missing (0700).</param>
    /// <param name="privateKeyPath">
    /// File of the quarantine's private half, outside of the folder, to be moved away from the masking host; the vault's,
    /// where there is one, becomes <c>escrow.json</c> beside it.
    /// </param>
    /// <param name="options">Which, and how.</param>
    /// <returns>The files written.</returns>
    /// <exception cref="LoginEtlException">
    /// <c>KeysetExists</c>, <c>KeysetPathsClash</c>, <c>KeysetBusy</c>, <c>KeysetUnwritable</c>: no file was left behind that was
    /// not there before.
    /// </exception>
    public static IReadOnlyList<NewKeyset> Create(string folder, string privateKeyPath, NewKeysetOptions options)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        ArgumentException.ThrowIfNullOrWhiteSpace(privateKeyPath);
        ArgumentNullException.ThrowIfNull(options);
        // What would be refused makes no folder either.
        if (Wanted(folder, privateKeyPath, options).Count == 0)
        {
            return [];
        }

        using var keys = new KeyFolder(folder, Wrap(options));
        var isNew = !Directory.Exists(folder);
        KeyFile.MakeFolder(folder);
        using var held = KeyFolderLock.Take(folder);
        try
        {
            return Make(keys, Wanted(folder, privateKeyPath, options), options.Overwrite);
        }
        catch when (isNew && !KeysetName.All.Any(n => File.Exists(KeyFolder.PathOf(folder, n))))
        {
            held.Remove();
            throw;
        }
    }

    private static EnvelopeEncryption? Wrap(NewKeysetOptions options) => options.Kms is not { } kms ? null
        : options.KeyService is { } service ? new EnvelopeEncryption(service(), kms, options.Stop)
        : throw new ArgumentException("There is no key service.", nameof(options));

    private static List<NewKeyset> Make(KeyFolder keys, List<Wish> wishes, bool overwrite)
    {
        var added = new List<string>();
        var pairs = wishes.Where(w => w.PrivatePath is not null).ToDictionary(w => w.Name, _ => KeyPair.New(KeyIds.New([])));
        try
        {
            // First the private halves: a public key without its own would seal what nobody can ever read.
            var privateHalves = wishes.Where(w => w.PrivatePath is not null)
                .Select(w => Adding(w.PrivatePath!, () => StorePrivate(w.PrivatePath!, w.Name, pairs[w.Name], overwrite))).ToList();
            return [.. wishes.Select(w => Adding(w.Path, () => Store(keys, w.Name, pairs.GetValueOrDefault(w.Name), overwrite))), .. privateHalves];
        }
        catch
        {
            added.ForEach(KeyFile.DeleteIfThere);
            throw;
        }
        finally
        {
            foreach (var pair in pairs.Values)
            {
                pair.Dispose();
            }
        }

        // Only what this call wrote, where there was nothing before, is taken away again.
        NewKeyset Adding(string path, Func<NewKeyset> store)
        {
            var isNew = !overwrite || !File.Exists(path);
            var made = store();
            if (isNew)
            {
                added.Add(path);
            }

            return made;
        }
    }

    /// <summary>Where the private half of a public keyset goes.</summary>
    internal static string PrivatePathOf(string privateKeyPath, string name) => name == KeysetName.Quarantine
        ? privateKeyPath
        : KeyFolder.PathOf(Path.GetDirectoryName(Path.GetFullPath(privateKeyPath))!, name);

    private static IEnumerable<string> Names(NewKeysetOptions options) =>
        options.Methods.Keysets.Except([KeysetName.Escrow])
            .Concat([KeysetName.LineId, KeysetName.Quarantine, KeysetName.Audit])
            .Concat(options.Methods.UseVault ? [KeysetName.Escrow] : []);

    /// <summary>What is to be made as the folder stands now.</summary>
    private static List<Wish> Wanted(string folder, string privateKeyPath, NewKeysetOptions options)
    {
        var wishes = Names(options)
            .Select(n => new Wish(n, KeyFolder.PathOf(folder, n), KeysetName.IsPublic(n) ? PrivatePathOf(privateKeyPath, n) : null))
            .Where(w => !options.MissingOnly || !File.Exists(w.Path))
            .ToList();
        var privatePaths = wishes.Select(w => w.PrivatePath).OfType<string>().ToList();
        if (!options.Overwrite && wishes.Select(w => w.Path).Concat(privatePaths).FirstOrDefault(File.Exists) is { } existing)
        {
            throw KeyFile.Exists(existing);
        }

        var halves = privatePaths.Select(Path.GetFullPath).ToList();
        if (halves.Distinct().Count() < halves.Count
            || halves.Intersect(KeysetName.All.Select(n => Path.GetFullPath(KeyFolder.PathOf(folder, n)))).Any())
        {
            throw new LoginEtlException(
                ErrorId.KeysetPathsClash,
                $"The private key's file {privateKeyPath} is the file of another keyset, or beside it; nothing was written.",
                "Choose a path for the private half outside of the key folder.");
        }

        return wishes;
    }

    private static NewKeyset Store(KeyFolder folder, string name, KeyPair? pair, bool overwrite)
    {
        using var material = pair is null ? KeyTemplate.Of(name).NewMaterial() : KeyBytes.CopyOf(pair.PublicHalf.Span);
        var id = pair?.Id ?? KeyIds.New([]);
        folder.WriteKeyset(name, id, [new KeysetKey(id, KeyStatus.Enabled, material)], overwrite);
        return new NewKeyset(name, Path.GetFullPath(KeyFolder.PathOf(folder.Path, name)), id);
    }

    private static NewKeyset StorePrivate(string path, string name, KeyPair pair, bool overwrite)
    {
        KeyFolder.WriteFile(path, KeyTemplate.Private, pair.Id, [new KeysetKey(pair.Id, KeyStatus.Enabled, pair.PrivateHalf)], overwrite);
        return new NewKeyset($"{name} (private)", Path.GetFullPath(path), pair.Id) { IsPrivate = true };
    }

    /// <summary>A keyset to be made.</summary>
    private sealed record Wish(string Name, string Path, string? PrivatePath);
}
