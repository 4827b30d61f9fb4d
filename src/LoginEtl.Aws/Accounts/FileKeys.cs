using Amazon.Runtime;

namespace LoginEtl.Aws.Accounts;

/// <summary>
/// An access key that stands in the shared files as it is. The SDK reads it once; here it is read again when a file has
/// changed, because whoever rotates keys there writes them anew while runs go on. Thread-safe.
/// </summary>
/// <param name="first">As it was found.</param>
/// <param name="read">Reads it again; null when it cannot be read now.</param>
/// <param name="files">Full paths; they need not exist.</param>
internal sealed class FileKeys(AWSCredentials first, Func<AWSCredentials?> read, IReadOnlyList<string> files) : AWSCredentials
{
    private readonly Lock _lock = new();
    private (AWSCredentials Keys, string Stamp) _current = (first, Stamp(files));

    /// <summary>As last read.</summary>
    public AWSCredentials Current
    {
        get
        {
            lock (_lock)
            {
                var stamp = Stamp(files);
                // A file that is being written may lack the key for a moment: the next call looks again.
                if (stamp != _current.Stamp && read() is { } keys)
                {
                    _current = (keys, stamp);
                }

                return _current.Keys;
            }
        }
    }

    public override ImmutableCredentials GetCredentials() => Current.GetCredentials();

    public override Task<ImmutableCredentials> GetCredentialsAsync() => Task.FromResult(GetCredentials());

    private static string Stamp(IReadOnlyList<string> files) => string.Join('|', files.Select(file =>
    {
        var info = new FileInfo(file);
        return info.Exists ? $"{info.LastWriteTimeUtc.Ticks}:{info.Length}" : "";
    }));
}
