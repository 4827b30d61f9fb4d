using LoginEtl.Faults;

namespace LoginEtl.Keysets;

/// <summary>A key source as the user names it: a kind, and what is behind its colon.</summary>
internal sealed record KeySource(string Kind, string Rest)
{
    private const string File = "file", Env = "env", Secret = "secret", Kms = "awskms", Exec = "exec";

    /// <summary>Reads a URI, or the path of a folder.</summary>
    /// <exception cref="LoginEtlException"><c>KeySourceUnknown</c>.</exception>
    public static KeySource Parse(string uri)
    {
        var colon = uri.IndexOf(':', StringComparison.Ordinal);
        // One letter before a colon is a Windows drive.
        if (colon <= 1 || uri.AsSpan(0, colon).IndexOfAny('/', '\\', '.') >= 0)
        {
            return new KeySource(File, uri);
        }

        var kind = uri[..colon].ToLowerInvariant();
        var rest = uri[(colon + 1)..];
        if (kind == File && rest.StartsWith("//", StringComparison.Ordinal))
        {
            rest = Uri.TryCreate(uri, UriKind.Absolute, out var absolute) ? absolute.LocalPath : "";
        }

        return kind is not (File or Env or Secret or Kms or Exec)
            ? throw new LoginEtlException(
                ErrorId.KeySourceUnknown, "The key source is of a kind that is not known.",
                "Use file:FOLDER, env:VARIABLE, secret:VAULT/NAME, exec:PROGRAM or awskms:FOLDER.")
            : kind is File or Kms && rest.Split('?')[0].Length == 0
                ? throw new LoginEtlException(
                    ErrorId.KeySourceUnknown, $"A key source of the kind '{kind}:' names no folder.", $"Use {kind}:FOLDER.")
                : new KeySource(kind, rest);
    }

    /// <summary>Reads all its keysets.</summary>
    /// <exception cref="LoginEtlException">As <see cref="Keyring.Open(string, KeyAccess)"/>.</exception>
    public Keyring Read(KeyAccess access) => Kind switch
    {
        Env => EnvironmentKeys.Read(Rest),
        Secret => SecretKeys.Read(Rest, access),
        Exec => ProgramKeys.Read(Rest, access),
        _ => ReadFolder(access),
    };

    /// <summary>The folder, whose keysets can be changed; the caller disposes of it.</summary>
    /// <exception cref="LoginEtlException">
    /// <c>KeysetReadOnly</c>: it is none; <c>KeySourceUnavailable</c>, <c>KeySourceUnknown</c>, <c>PathInvalid</c>.
    /// </exception>
    public KeyFolder Folder(KeyAccess access)
    {
        if (Kind == File)
        {
            return new KeyFolder(Resolve(access, Rest));
        }

        if (Kind != Kms)
        {
            throw new LoginEtlException(
                ErrorId.KeysetReadOnly, $"Keys of the kind '{Kind}:' can be used here, and not changed.",
                "Change them in a key folder (file: or awskms:), and put them back where they are kept.");
        }

        var service = access.KeyService ?? throw new LoginEtlException(
            ErrorId.KeySourceUnavailable, "Key sources of the kind 'awskms:' need AWS KMS, which this host does not bring.", "Use file:FOLDER or env:VARIABLE here.");
        var parts = Rest.Split('?', 2);
        return new KeyFolder(Resolve(access, parts[0]), new EnvelopeEncryption(service(), Settings(parts.ElementAtOrDefault(1) ?? ""), access.Stop));
    }

    // From here on every error names the folder.
    private static string Resolve(KeyAccess access, string folder) => Quotable.RequirePath(access.ResolveFolder(folder), "The key source");

    private Keyring ReadFolder(KeyAccess access)
    {
        using var folder = Folder(access);
        return folder.Read();
    }

    private static KmsSettings Settings(string query)
    {
        var settings = new KmsSettings(KeyId: null);
        foreach (var pair in query.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var (name, value) = pair.Split('=', 2) is [var n, var v] ? (n, Uri.UnescapeDataString(v)) : (pair, "");
            settings = (name, value.Length > 0) switch
            {
                ("key", true) => settings with { KeyId = value },
                ("region", true) => settings with { Region = value },
                ("profile", true) => settings with { ProfileName = value },
                _ => throw new LoginEtlException(
                    ErrorId.KeySourceUnknown, "A key source of the kind 'awskms:' has settings that are not known.",
                    "Use awskms:FOLDER?key=ARN-OR-ALIAS&region=REGION&profile=PROFILE; each of the three may be left out."),
            };
        }

        return settings;
    }
}
