using LoginEtl.Audit;
using LoginEtl.Faults;
using LoginEtl.Keysets;
using LoginEtl.Tokens;

namespace LoginEtl.Recovery;

/// <summary>Gives rows their personal data back, group by group: no group leaves before its audit line is on disk and anchored.</summary>
public sealed class TokenRecovery : IDisposable
{
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

    /// <summary>Opens a group. Groups of <see cref="TokenOpener.GroupSize"/> at most keep the plaintext in memory bounded.</summary>
    /// <returns>One a row, in their order.</returns>
    /// <exception cref="LoginEtlException">The audit failed, or keys or vault cannot be used: nothing was recovered.</exception>
    public async Task<IReadOnlyList<OpenedPair>> RecoverAsync(IReadOnlyList<MaskedPair> rows, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(rows);
        var ips = await OpenAsync(KeyAttribute.Ip, rows.Select(r => r.MaskedIp), cancellationToken).ConfigureAwait(false);
        var devices = await OpenAsync(KeyAttribute.DeviceId, rows.Select(r => r.MaskedDeviceId), cancellationToken).ConfigureAwait(false);
        var pairs = rows.Select(r => new OpenedPair(Of(ips, r.MaskedIp), Of(devices, r.MaskedDeviceId))).ToList();
        if (ips.Count + devices.Count == 0)
        {
            return pairs;
        }

        Note = await _audit.RecordAsync(
            new AuditEntry
            {
                Command = _options.Command,
                Reason = _options.Reason,
                Attributes = [.. ips.Count > 0 ? [KeyAttribute.Ip] : Array.Empty<string>(), .. devices.Count > 0 ? [KeyAttribute.DeviceId] : Array.Empty<string>()],
                Tokens = [.. ips.Keys, .. devices.Keys],
                Opened = ips.Values.Concat(devices.Values).Count(o => o.Refusal is null),
            },
            cancellationToken).ConfigureAwait(false);
        return pairs;

        static OpenedToken? Of(Dictionary<string, OpenedToken> opened, string? token) => token is null ? null : opened[token];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var opener in _openers.Values)
        {
            opener.Dispose();
        }
    }

    private async Task<Dictionary<string, OpenedToken>> OpenAsync(string attribute, IEnumerable<string?> wanted, CancellationToken cancellationToken)
    {
        var tokens = wanted.OfType<string>().Distinct(StringComparer.Ordinal).ToList();
        if (tokens.Count == 0)
        {
            return [];
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
        var opened = opener.Open(tokens, originals);
        return tokens.Zip(opened).ToDictionary(t => t.First, t => t.Second, StringComparer.Ordinal);
    }
}
