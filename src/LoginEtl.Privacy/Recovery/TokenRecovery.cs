using LoginEtl.Audit;
using LoginEtl.Faults;
using LoginEtl.Keysets;
using LoginEtl.Tokens;

namespace LoginEtl.Recovery;

/// <summary>Gives rows their personal data back, group by group: no group is opened before its audit line is on disk and anchored.</summary>
public sealed class TokenRecovery : IDisposable
{
    /// <summary>Tokens opened in one go: bounds the plaintext in memory.</summary>
    public const int GroupSize = TokenOpener.GroupSize;

    private readonly Keyring _keyring;
    private readonly AuditLog _audit;
    private readonly RecoveryOptions _options;
    private readonly Dictionary<string, TokenOpener> _openers = [];

    /// <param name="keyring">Stays the caller's.</param>
    /// <param name="audit">Stays the caller's.</param>
    /// <param name="options">Who and why.</param>
    /// <exception cref="LoginEtlException"><c>ReasonMissing</c>.</exception>
    public TokenRecovery(Keyring keyring, AuditLog audit, RecoveryOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _keyring = keyring;
        _audit = audit;
        _options = options;
        options.RequireReason();
    }

    /// <summary>What had to be put right in the audit file before the last group; null when nothing had.</summary>
    public string? Note { get; private set; }

    /// <summary>Records a group, and then opens it. Groups of <see cref="GroupSize"/> at most keep the plaintext in memory bounded.</summary>
    /// <returns>One a row, in their order.</returns>
    /// <exception cref="LoginEtlException">The audit failed, or keys or vault cannot be used: nothing was recovered.</exception>
    public async Task<IReadOnlyList<OpenedPair>> RecoverAsync(IReadOnlyList<MaskedPair> rows, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(rows);
        Note = null;
        var ips = await AskAsync(KeysetName.Ip, rows.Select(r => r.MaskedIp), cancellationToken).ConfigureAwait(false);
        var devices = await AskAsync(KeysetName.DeviceId, rows.Select(r => r.MaskedDeviceId), cancellationToken).ConfigureAwait(false);
        Asked[] asked = [.. new[] { ips, devices }.OfType<Asked>()];
        if (asked.Length > 0)
        {
            Note = await _audit.RecordAsync(
                new AuditEntry
                {
                    Command = _options.Command,
                    Reason = _options.Reason,
                    Attributes = [.. asked.Select(a => a.Attribute)],
                    Tokens = [.. asked.SelectMany(a => a.Tokens)],
                },
                cancellationToken).ConfigureAwait(false);
        }

        // Not before: a process that is killed or dumped has no plaintext without a line.
        var (ofIps, ofDevices) = (ips?.Open(), devices?.Open());
        return [.. rows.Select(r => new OpenedPair(Of(ofIps, r.MaskedIp), Of(ofDevices, r.MaskedDeviceId)))];

        static OpenedToken? Of(Dictionary<string, OpenedToken>? opened, string? token) => token is null ? null : opened![token];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var opener in _openers.Values)
        {
            opener.Dispose();
        }
    }

    // What takes no plaintext: keys are found, and the vault is asked.
    private async Task<Asked?> AskAsync(string attribute, IEnumerable<string?> wanted, CancellationToken cancellationToken)
    {
        var tokens = wanted.OfType<string>().Distinct(StringComparer.Ordinal).ToList();
        if (tokens.Count == 0)
        {
            return null;
        }

        if (!_openers.TryGetValue(attribute, out var opener))
        {
            _openers.Add(attribute, opener = new TokenOpener(_keyring, attribute, _options.Escrow));
        }

        // The others are never there.
        var inVault = _options.Escrow is null ? [] : tokens.Where(t => TokenParts.TryParse(t, out var parts) && parts.Kind == TokenKind.Mac).ToList();
        var originals = _options.Vault is { } vault && inVault.Count > 0
            ? await vault.FindAsync(attribute, inVault, cancellationToken).ConfigureAwait(false)
            : null;
        return new Asked(attribute, tokens, opener, originals);
    }

    // The tokens of one attribute, each once.
    private sealed record Asked(string Attribute, List<string> Tokens, TokenOpener Opener, IReadOnlyDictionary<string, ReadOnlyMemory<byte>>? Originals)
    {
        public Dictionary<string, OpenedToken> Open() => Tokens.Zip(Opener.Open(Tokens, Originals)).ToDictionary(t => t.First, t => t.Second, StringComparer.Ordinal);
    }
}
