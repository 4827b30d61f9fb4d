using LoginEtl.Faults;

namespace LoginEtl.Keysets;

/// <summary>All keysets of one source. Zeroes its keys when disposed.</summary>
public sealed class Keyring : IDisposable
{
    private readonly Dictionary<string, Keyset> _keysets;

    internal Keyring(string source, Dictionary<string, Keyset> keysets, IReadOnlyList<string> warnings)
    {
        Source = source;
        _keysets = keysets;
        Warnings = warnings;
    }

    /// <summary>Where the keys came from, as a URI without secrets.</summary>
    public string Source { get; }

    /// <summary>What a careful operator should know about this source; free of key material.</summary>
    public IReadOnlyList<string> Warnings { get; }

    /// <summary>
    /// Reads a key source: <c>file:DIR</c> (or just the folder), whose <c>ip.json</c>, <c>device_id.json</c>,
    /// <c>line_id.json</c> and <c>quarantine.json</c> are Tink JSON keysets readable by their owner alone; or
    /// <c>env:NAME</c>, a variable holding one JSON object with those four names as members.
    /// </summary>
    /// <exception cref="LoginEtlException">
    /// <c>KeysetNotFound</c>, <c>KeysetPermissions</c>, <c>KeysetInvalid</c>, <c>KeySourceUnknown</c>.
    /// </exception>
    /// <param name="uri">The key source.</param>
    /// <param name="resolveFolder">How the host reads relative folders; null for the process's working directory.</param>
    public static Keyring Open(string uri, Func<string, string>? resolveFolder = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(uri);
        resolveFolder ??= Path.GetFullPath;
        const string file = "file:", env = "env:";
        if (uri.StartsWith(env, StringComparison.OrdinalIgnoreCase))
        {
            return EnvironmentKeys.Read(uri[env.Length..]);
        }

        if (uri.StartsWith(file, StringComparison.OrdinalIgnoreCase))
        {
            var path = uri[file.Length..];
            if (path.StartsWith("//", StringComparison.Ordinal))
            {
                path = Uri.TryCreate(uri, UriKind.Absolute, out var absolute) ? absolute.LocalPath : "";
            }

            return path.Length > 0 ? KeyFolder.Read(resolveFolder(path)) : throw new LoginEtlException(
                "KeySourceUnknown", FaultKind.Configuration, "A key source of the kind 'file:' names no folder.", "Use file:FOLDER.");
        }

        var colon = uri.IndexOf(':', StringComparison.Ordinal);
        // One letter before a colon is a Windows drive.
        return colon > 1 && uri.AsSpan(0, colon).IndexOfAny('/', '\\', '.') < 0
            ? throw new LoginEtlException(
                "KeySourceUnknown", FaultKind.Configuration, $"Key sources of the kind '{uri[..colon]}:' are not known.",
                "Use file:FOLDER or env:VARIABLE.")
            : KeyFolder.Read(resolveFolder(uri));
    }

    /// <exception cref="LoginEtlException"><c>KeysetNotFound</c>.</exception>
    internal Keyset Get(string attribute) => _keysets.TryGetValue(attribute, out var keyset)
        ? keyset
        : throw new LoginEtlException(
            "KeysetNotFound", FaultKind.Keys, $"The key source {Source} has no keyset '{attribute}'.",
            "Make a complete set with New-LoginKeyset, or add the missing keyset from its backup.");

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var keyset in _keysets.Values)
        {
            keyset.Dispose();
        }
    }
}
